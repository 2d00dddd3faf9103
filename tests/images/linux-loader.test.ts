import { describe, expect, it } from "vitest";
import { ImageError } from "../../src/images/image-error.js";
import type { BootState } from "../../src/vmm/cpu/boot-state.js";
import { loadLinux } from "../../src/vmx/loader/linux.js";
import { syntheticKernel } from "./synthetic-kernel.js";

const MIB = 2 ** 20;
const ram = (mib: number) => new Uint8Array(mib * MIB);
const view = (memory: Uint8Array) => new DataView(memory.buffer, memory.byteOffset, memory.byteLength);

describe("loading Linux by the 32-bit boot protocol", () => {
  const memory = ram(32);
  const code = new Uint8Array(1000).map((_, index) => index * 7);
  const kernel = syntheticKernel({ code });
  const initrd = new Uint8Array(5000).map((_, index) => index * 3);
  const entry = loadLinux(memory, { kernel, initrd, cmdline: "console=ttyS0 quiet" });
  const bootParams = ({ registers: { esi = 0 } }: BootState) => esi;
  const params = memory.subarray(bootParams(entry), bootParams(entry) + 4096);
  const u32 = (offset: number) => view(params).getUint32(offset, true);

  it("puts the protected-mode part at its load address and starts there", () => {
    expect(entry.eip).toBe(0x100000);
    expect(memory.subarray(0x100000, 0x100000 + 1000)).toEqual(code);
  });

  it("copies the setup header and no more, and leaves the rest of boot_params zero", () => {
    // What the loader fills in: type_of_loader, vid_mode, ramdisk_image, ramdisk_size, cmd_line_ptr.
    const written = new Set([0x1fa, 0x1fb, 0x210, ...[0x218, 0x21c, 0x228].flatMap((field) => [field, field + 1, field + 2, field + 3])]);
    for (let offset = 0x1f1; offset < 0x26c; offset++)
      if (!written.has(offset)) expect(params[offset], `0x${offset.toString(16)}`).toBe(kernel[offset]);
    expect(params.subarray(0x26c, 0x2d0).every((byte) => byte === 0)).toBe(true);
    expect(params.subarray(0x2d0 + 4 * 20).every((byte) => byte === 0)).toBe(true);
    expect(params.subarray(0, 0x1e8).every((byte) => byte === 0)).toBe(true);
    expect(params[0x1ef], "sentinel").toBe(0);
    expect(params[0x210]).toBe(0xff);
  });

  it("hands over the command line, terminated", () => {
    const at = u32(0x228);
    expect(Buffer.from(memory.subarray(at, at + 20)).toString("latin1")).toBe("console=ttyS0 quiet\0");
  });

  it("puts the initrd into the highest pages", () => {
    expect(u32(0x21c)).toBe(5000);
    expect(u32(0x218)).toBe(32 * MIB - 2 * 4096);
    expect(memory.subarray(u32(0x218), u32(0x218) + 5000)).toEqual(initrd);
  });

  it("maps exactly the memory there is", () => {
    const map = Array.from({ length: params[0x1e8] }, (_, index) => {
      const at = 0x2d0 + index * 20;
      return [view(params).getBigUint64(at, true), view(params).getBigUint64(at + 8, true), u32(at + 16)];
    });
    expect(map).toEqual([
      [0n, 0x9fc00n, 1],
      [0x9fc00n, 0x400n, 2],
      [0xf0000n, 0x10000n, 2],
      [0x100000n, BigInt(31 * MIB), 1],
    ]);
    expect(view(memory).getUint16(0x40e, true) << 4).toBe(0x9fc00);
    expect(view(memory).getUint16(0x413, true) << 10).toBe(0x9fc00);
  });

  it("sets up flat segments", () => {
    expect(entry).toMatchObject({ codeSelector: 0x10, dataSelector: 0x18, gdtLimit: 31 });
    const descriptor = (selector: number) =>
      view(memory)
        .getBigUint64(entry.gdtBase + selector, true)
        .toString(16)
        .padStart(16, "0");
    expect(descriptor(0x10)).toBe("00cf9b000000ffff");
    expect(descriptor(0x18)).toBe("00cf93000000ffff");
  });

  it("keeps the initrd below the address that the kernel names", () => {
    const low = ram(32);
    const at = bootParams(loadLinux(low, { kernel: syntheticKernel({ initrdAddressMax: 0x13f_ffff }), initrd, cmdline: "" }));
    expect(view(low).getUint32(at + 0x218, true)).toBe(0x1400000 - 2 * 4096);
  });

  it.each([undefined, new Uint8Array()])("boots without an initrd", (none) => {
    const bare = ram(32);
    const at = bootParams(loadLinux(bare, { kernel, initrd: none, cmdline: "" }));
    expect(view(bare).getBigUint64(at + 0x218, true)).toBe(0n);
  });

  it("takes memory that is part of a larger buffer", () => {
    const outer = new Uint8Array(33 * MIB);
    expect(loadLinux(outer.subarray(MIB), { kernel, cmdline: "x" })).toEqual({ ...entry });
    expect(outer.subarray(2 * MIB, 2 * MIB + 1000)).toEqual(code);
    expect(Buffer.compare(outer.subarray(0, MIB), ram(1))).toBe(0);
  });
});

describe("what cannot boot", () => {
  const big = syntheticKernel({ initSize: 0x1000000 });
  it.each([
    ["no kernel", { kernel: new Uint8Array(10_000), cmdline: "" }, 32, /not a Linux bzImage/],
    ["too little memory for the kernel", { kernel: big, cmdline: "" }, 31, /has 31 MiB, kernel and initrd need at least 32 MiB/],
    ["too little memory for the initrd", { kernel: big, initrd: new Uint8Array(4097), cmdline: "" }, 32, /need at least 33 MiB/],
    [
      "an initrd limit below the kernel",
      { kernel: syntheticKernel({ initrdAddressMax: 0xff_ffff }), initrd: new Uint8Array(1), cmdline: "" },
      32,
      /highest address/,
    ],
    [
      "a command line longer than the kernel takes",
      { kernel: syntheticKernel({ cmdlineMax: 10 }), cmdline: "x".repeat(11) },
      32,
      /11 bytes/,
    ],
    ["a command line with a line feed", { kernel: big, cmdline: "a\nb" }, 32, /ASCII/],
    ["a command line beyond ASCII", { kernel: big, cmdline: "ä" }, 32, /ASCII/],
  ])("is rejected, with nothing written: %s", (_name, files, mib, reason) => {
    const memory = ram(mib);
    expect(() => loadLinux(memory, files)).toThrow(reason);
    expect(() => loadLinux(memory, files)).toThrow(ImageError);
    expect(Buffer.compare(memory, ram(mib))).toBe(0);
  });
});
