import { describe, expect, it } from "vitest";
import { ImageError } from "../../src/images/image-error.js";
import { LARGEST_ROM, loadRom } from "../../src/vmx/loader/rom.js";

describe("loading a ROM", () => {
  it.each([1, 4096, 0x10000, LARGEST_ROM])("of %i bytes: whole pages, the file at their end", (bytes) => {
    const place = new Uint8Array(LARGEST_ROM);
    const shown = loadRom(place, new Uint8Array(bytes).fill(0x90));
    expect(shown).toBe(Math.ceil(bytes / 4096) * 4096);
    expect(place.subarray(shown - bytes, shown).every((byte) => byte === 0x90)).toBe(true);
    expect(place.subarray(0, shown - bytes).every((byte) => byte === 0xff)).toBe(true);
  });

  it.each([0, LARGEST_ROM + 1])("of %i bytes is refused", (bytes) => {
    expect(() => loadRom(new Uint8Array(LARGEST_ROM), new Uint8Array(bytes))).toThrow(ImageError);
  });
});
