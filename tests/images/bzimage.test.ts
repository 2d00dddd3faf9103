import { describe, expect, it } from "vitest";
import { readBzImage } from "../../src/images/bzimage.js";
import { ImageError } from "../../src/images/image-error.js";
import { type SyntheticKernel, syntheticKernel } from "./synthetic-kernel.js";

describe("reading a bzImage", () => {
  it("says where the protected-mode part lies, loads and runs", () => {
    expect(readBzImage(syntheticKernel())).toEqual({
      protocol: 0x20f,
      setupBytes: 2560,
      protectedModeBytes: 1000,
      headerEnd: 0x26c,
      loadAddress: 0x100000,
      initrdAddressMax: 0x7fff_ffff,
      cmdlineMax: 2047,
      runAddress: 0x1000000,
      runBytes: 0x100000,
    });
  });

  it("takes zero setup sectors for four, as old boot sectors mean it", () => {
    expect(readBzImage(syntheticKernel({ setupSects: 0 })).setupBytes).toBe(2560);
  });

  it("runs an old kernel without preferred address where it was loaded", () => {
    const image = readBzImage(syntheticKernel({ protocol: 0x206, headerEnd: 0x240, initSize: 0xffff_ffff }));
    expect(image).toMatchObject({ runAddress: 0x100000, runBytes: 1000 });
  });

  it("needs only the head of the file, and its length", () => {
    const file = syntheticKernel();
    expect(readBzImage(file.subarray(0, 1024), file.length)).toEqual(readBzImage(file));
  });

  it("reads a file in the middle of a larger buffer", () => {
    const file = syntheticKernel();
    const buffer = new Uint8Array(file.length + 77);
    buffer.set(file, 77);
    expect(readBzImage(buffer.subarray(77))).toEqual(readBzImage(file));
  });

  const rejected: [string, RegExp, SyntheticKernel][] = [
    ["a boot protocol from before 2.06", /2\.05 is older/, { protocol: 0x205 }],
    ["a zImage", /zImage/, { loadflags: 0 }],
    ["a truncated file", /truncated: 1000 of 1024/, { syssize: 64 }],
    ["a header that ends within itself", /no plausible end/, { headerEnd: 0x240 }],
    ["a payload outside the file", /payload/, { payload: { offset: 0xffff_fff0, bytes: 100 } }],
    ["a 64-bit kernel", /64-bit/, { xloadflags: 1 }],
    ["a load address below 1 MiB", /0xf0000/, { loadAddress: 0xf0000 }],
    ["a load address at the end of the address space", /0xfffffff0/, { loadAddress: 0xffff_fff0 }],
    ["a preferred address beyond 4 GiB", /memory below 2 GiB/, { prefAddress: 0x1_0000_0000n }],
    ["a size beyond 2 GiB", /memory below 2 GiB/, { initSize: 0xffff_ffff }],
  ];
  it.each(rejected)("rejects %s", (_name, reason, kernel) => {
    expect(() => readBzImage(syntheticKernel(kernel))).toThrow(reason);
  });

  it.each([
    ["an empty file", new Uint8Array()],
    ["a short file", syntheticKernel().subarray(0, 600)],
    ["a file that ends within its real-mode code", syntheticKernel().subarray(0, 2560)],
    ["something else", new Uint8Array(4096).fill(0x41)],
  ])("rejects %s with a typed error", (_name, file) => {
    expect(() => readBzImage(file)).toThrow(ImageError);
  });

  it("answers every damaged header with a result or a typed error", () => {
    const file = syntheticKernel();
    for (let offset = 0x1f1; offset < 0x26c; offset++) {
      for (const value of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
        const damaged = file.slice();
        damaged[offset] = value;
        try {
          const image = readBzImage(damaged);
          expect(image.setupBytes + image.protectedModeBytes).toBe(file.length);
          expect(image.loadAddress).toBeGreaterThanOrEqual(0x100000);
          expect(image.runAddress + image.runBytes).toBeLessThanOrEqual(0x8000_0000);
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError);
        }
      }
    }
  });
});
