import { describe, expect, it } from "vitest";
import { emitCoreModule, HOT_BYTES } from "../../src/vmm/interpreter/core-module.js";
import { handlers, hotCount } from "../../src/vmm/interpreter/handlers.js";
import { HOT } from "../../src/vmm/interpreter/hot-set.js";

describe("the emitted core module", () => {
  const core = emitCoreModule();

  it("is valid WebAssembly", () => {
    expect(WebAssembly.validate(core.bytes)).toBe(true);
  });

  it("keeps its hot function under the size that V8 allocates registers well for", () => {
    expect(core.hotBytes).toBeLessThanOrEqual(HOT_BYTES);
  });

  it("has every handler that the hot set names", () => {
    const known = new Set(handlers.map((handler) => handler.key));
    expect(HOT.filter((key) => !known.has(key))).toEqual([]);
    expect(hotCount).toBe(HOT.length);
  });

  it("is emitted the same every time", () => {
    // Compared as buffers: the runner's own equality takes seconds for 600 KB.
    expect(Buffer.compare(emitCoreModule().bytes, core.bytes)).toBe(0);
  });
});
