import { describe, expect, it } from "vitest";
import { flag, integer, list, SavedStateError, versioned } from "../../src/vmm/devices/saved.js";

const shape = versioned(1, { level: integer(-2, 2), on: flag, bytes: list(integer(0, 255), 1, 3) });
const good = { version: 1 as const, level: -2, on: true, bytes: [1, 2] };

describe("saved state", () => {
  it("comes back as it was, without what doesn't belong to it", () => {
    expect(shape(JSON.parse(JSON.stringify({ ...good, more: 1 })), "device")).toEqual(good);
  });

  it.each([
    ["device", null],
    ["device", 7],
    ["device", { ...good, version: 2 }],
    ["device.level", { ...good, level: 3 }],
    ["device.level", { ...good, level: 0.5 }],
    ["device.level", { ...good, level: Number.NaN }],
    ["device.level", { ...good, level: "1" }],
    ["device.on", { ...good, on: 1 }],
    ["device.bytes", { ...good, bytes: [] }],
    ["device.bytes", { ...good, bytes: { length: 2 } }],
    ["device.bytes.1", { ...good, bytes: [0, 256] }],
  ])("is refused at %s", (path, value) => {
    let error: unknown;
    try {
      shape(value, "device");
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SavedStateError);
    expect((error as SavedStateError).path).toBe(path);
  });
});
