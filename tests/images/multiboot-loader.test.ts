import { describe, expect, it } from "vitest";
import { ImageError } from "../../src/images/image-error.js";
import { loadMultiboot, type MultibootFiles } from "../../src/vmx/loader/multiboot.js";
import { elf32, join, multibootHeader, multibootKernel, type SyntheticSegment } from "./synthetic-multiboot.js";

const MIB = 0x100000;
const EBDA = 0x9fc00;
const ram = (mib = 32) => new Uint8Array(mib * MIB);
const code = Uint8Array.from({ length: 100 }, (_, n) => n + 1);

/** Guest memory after the kernel was loaded, as the kernel would look at it. */
class Loaded {
  readonly registers: { eax?: number; ebx?: number; esp?: number };
  readonly entry: ReturnType<typeof loadMultiboot>;
  private readonly view: DataView;

  constructor(
    files: Partial<MultibootFiles> = {},
    readonly memory = ram(),
  ) {
    this.view = new DataView(memory.buffer, memory.byteOffset);
    this.entry = loadMultiboot(memory, { kernel: multibootKernel(code), cmdline: "kernel", modules: [], ...files });
    this.registers = this.entry.registers;
  }
  u32(address: number): number {
    return this.view.getUint32(address, true);
  }
  /** A field of the information structure. */
  info(offset: number): number {
    return this.u32((this.registers.ebx ?? 0) + offset);
  }
  text(address: number): string {
    const end = this.memory.indexOf(0, address);
    return Buffer.from(this.memory.subarray(address, end)).toString("utf8");
  }
  bytes(address: number, count: number): Uint8Array {
    return this.memory.slice(address, address + count);
  }
}

const kernelAt = (...segments: SyntheticSegment[]) =>
  elf32({ segments: [{ address: MIB, data: multibootHeader() }, ...segments], entry: MIB });

describe("loading a Multiboot kernel", () => {
  it("puts it where it wants to be, and starts it with the magic, the information structure and a stack", () => {
    const loaded = new Loaded();
    expect(loaded.bytes(MIB + 12, 100)).toEqual(code);
    expect(loaded.entry.eip).toBe(MIB + 12);
    expect(loaded.registers.eax).toBe(0x2badb002);
    expect(loaded.registers.esp).toBeLessThan(EBDA);
  });

  it("gives it flat segments", () => {
    const { entry, memory } = new Loaded();
    const table = Buffer.from(memory.subarray(entry.gdtBase, entry.gdtBase + entry.gdtLimit + 1));
    expect(table.readBigUInt64LE(entry.codeSelector)).toBe(0x00cf_9b00_0000_ffffn);
    expect(table.readBigUInt64LE(entry.dataSelector)).toBe(0x00cf_9300_0000_ffffn);
  });

  it("clears its bss, whatever was there", () => {
    const loaded = new Loaded({ kernel: multibootKernel(code, { bss: 5000 }) }, ram().fill(0xee));
    expect(loaded.bytes(MIB + 112, 5000)).toEqual(new Uint8Array(5000));
    expect(loaded.memory[MIB + 112 + 5000]).toBe(0xee);
  });

  it("says how much memory there is, and where", () => {
    const loaded = new Loaded();
    expect([loaded.info(4), loaded.info(8)]).toEqual([639, 31 * 1024]);
    const map = [];
    for (let at = loaded.info(48); at < loaded.info(48) + loaded.info(44); at += loaded.u32(at) + 4)
      map.push([1, 2, 3, 4, 5].map((word) => loaded.u32(at + 4 * word)));
    expect(map).toEqual([
      [0, 0, EBDA, 0, 1],
      [EBDA, 0, 0x400, 0, 2],
      [0xf0000, 0, 0x10000, 0, 2],
      [MIB, 0, 31 * MIB, 0, 1],
    ]);
  });

  it("hands over command line, modules at page boundaries behind the kernel, and its name; and says that it did", () => {
    const modules = [
      { data: Uint8Array.of(1, 2, 3), cmdline: "first with words" },
      { data: new Uint8Array(4097).fill(7), cmdline: "zweites für später" },
      { data: new Uint8Array(), cmdline: "" },
    ];
    const loaded = new Loaded({ cmdline: "kernel a=1", modules });
    expect(loaded.text(loaded.info(16))).toBe("kernel a=1");
    expect(loaded.text(loaded.info(64))).toBe("worldswitch");
    expect(loaded.info(0)).toBe(1 | 4 | 8 | 0x40 | 0x200);
    expect(loaded.info(20)).toBe(3);
    const entries = [0, 1, 2].map((n) => [0, 4, 8].map((field) => loaded.u32(loaded.info(24) + 16 * n + field)));
    expect(entries.map(([start, end]) => [start, end])).toEqual([
      [MIB + 0x1000, MIB + 0x1003],
      [MIB + 0x2000, MIB + 0x3001],
      [MIB + 0x4000, MIB + 0x4000],
    ]);
    entries.forEach(([start, , string], n) => {
      expect(loaded.bytes(start, modules[n].data.length)).toEqual(modules[n].data);
      expect(loaded.text(string)).toBe(modules[n].cmdline);
    });
  });

  it("says that there are no modules", () => {
    expect(new Loaded().info(20)).toBe(0);
  });

  it("hands over its section headers, with addresses for what no segment brought", () => {
    const names = Uint8Array.from(Buffer.from("\0.text\0", "latin1"));
    const kernel = elf32({
      segments: [{ address: MIB, data: join(multibootHeader(), code) }],
      entry: MIB + 12,
      sections: [{ address: MIB, data: code }, { data: names }],
      nameSection: 2,
    });
    const loaded = new Loaded({ kernel, modules: [{ data: code, cmdline: "m" }] });
    expect(loaded.info(0) & 0x20).toBe(0x20);
    expect([loaded.info(28), loaded.info(32), loaded.info(40)]).toEqual([3, 40, 2]);
    const address = (section: number) => loaded.u32(loaded.info(36) + 40 * section + 12);
    expect([address(0), address(1), address(2)]).toEqual([0, MIB, MIB + 0x1000]);
    expect(loaded.bytes(address(2), names.length)).toEqual(names);
    expect(loaded.u32(loaded.info(24)), "the module comes behind").toBe(MIB + 0x2000);
  });

  it("leaves out sections that would take more than a quarter of memory", () => {
    const kernel = (bytes: number) =>
      elf32({
        segments: [{ address: MIB, data: multibootHeader() }],
        entry: MIB,
        sections: [{ data: new Uint8Array(bytes) }],
      });
    expect(new Loaded({ kernel: kernel(8 * MIB) }).info(0) & 0x20).toBe(0x20);
    expect(new Loaded({ kernel: kernel(8 * MIB + 1) }).info(0) & 0x20).toBe(0);
  });

  it("keeps its tables apart from a kernel in low memory", () => {
    const data = new Uint8Array(0x90000 - 0x2000).fill(0xcc);
    const loaded = new Loaded({
      kernel: kernelAt({ address: 0x2000, data }, { address: 0x9f000, data: new Uint8Array(0xc00).fill(0xdd) }),
    });
    expect(Buffer.compare(loaded.bytes(0x2000, data.length), data)).toBe(0);
    const { ebx = 0, esp = 0 } = loaded.registers;
    expect(esp - 4096).toBeGreaterThanOrEqual(0x90000);
    expect(ebx).toBeLessThan(0x9f000);
  });

  it("puts them behind everything else where the kernel fills low memory, which it may do down to address 0", () => {
    const data = new Uint8Array(EBDA).fill(0xcc);
    const loaded = new Loaded({ kernel: kernelAt({ address: 0, data }), modules: [{ data: code, cmdline: "m" }] });
    expect(Buffer.compare(loaded.bytes(0, EBDA), data)).toBe(0);
    expect(loaded.registers.ebx).toBeGreaterThan(loaded.u32(loaded.info(24) + 4));
  });

  it("does without a segment of nothing but the file's headers, where no memory is", () => {
    const headers = { offset: 0, fileBytes: 52 + 2 * 32 };
    expect(new Loaded({ kernel: kernelAt({ address: 0xff000, ...headers }) }).entry.eip).toBe(MIB);
    expect(new Loaded({ kernel: kernelAt({ address: 0x200000, ...headers }) }).u32(0x200000), "ELF").toBe(0x464c457f);
    expect(() => new Loaded({ kernel: kernelAt({ address: 0xff000, ...headers, fileBytes: 52 + 2 * 32 + 1 }) })).toThrow(ImageError);
    const nothingElse = elf32({
      segments: [{ address: 0xff000, offset: 0, fileBytes: 84 }],
      entry: 0xff010,
      sections: [{ data: multibootHeader() }],
    });
    expect(() => new Loaded({ kernel: nothingElse })).toThrow(/loads at 0xff000/);
  });

  it("leaves the words of a BIOS that kernels look for", () => {
    const { memory } = new Loaded();
    expect(Buffer.from(memory.subarray(0x413, 0x415)).readUInt16LE()).toBe(639);
    expect(Buffer.from(memory.subarray(0x40e, 0x410)).readUInt16LE() << 4).toBe(EBDA);
  });
});

describe("what cannot boot", () => {
  const data = new Uint8Array(16);
  const kernel = multibootKernel(code);
  const files = { kernel, cmdline: "", modules: [] };
  it.each([
    ["a kernel that is none", { ...files, kernel: new Uint8Array(9000) }, /not a Multiboot kernel/],
    ["a segment beyond RAM", { ...files, kernel: kernelAt({ address: 32 * MIB - 8, data }) }, /loads at 0x1fffff8 to 0x2000007/],
    ["a segment at the top of the address space", { ...files, kernel: kernelAt({ address: 0xffff_fff8, data }) }, /loads at 0xfffffff8/],
    [
      "a bss of 4 GiB",
      { ...files, kernel: kernelAt({ address: 2 * MIB, data, bytes: 0xffff_ffff }) },
      /RAM is at 0x0 to 0x9fbff and 0x100000 to 0x1ffffff/,
    ],
    ["a segment in video memory", { ...files, kernel: kernelAt({ address: 0xb8000, data }) }, /loads at 0xb8000/],
    ["a segment over the end of low memory", { ...files, kernel: kernelAt({ address: EBDA - 8, data }) }, /loads at 0x9fbf8/],
    ["a module that doesn't fit", { ...files, modules: [{ data: new Uint8Array(31 * MIB), cmdline: "" }] }, /at least 33 MiB/],
    ["a command line that doesn't fit", { ...files, cmdline: "x".repeat(31 * MIB) }, /at least 33 MiB/],
    ["a zero in a module's words", { ...files, modules: [{ data, cmdline: "a\0b" }] }, /zero/],
  ])("is rejected, with nothing written: %s", (_what, wrong, reason) => {
    const memory = ram();
    expect(() => loadMultiboot(memory, wrong)).toThrow(reason);
    expect(() => loadMultiboot(memory, wrong)).toThrow(ImageError);
    expect(Buffer.compare(memory, ram())).toBe(0);
  });
});

it("answers any value in any word of a kernel's headers with a boot state or a typed error", () => {
  const kernel = elf32({
    segments: [
      { address: MIB, data: join(multibootHeader(), code) },
      { address: 2 * MIB, data: code, bytes: 5000 },
    ],
    entry: MIB + 12,
    sections: [{ data: code }, { data: code }],
    nameSection: 2,
  });
  const memory = ram();
  const headers = [...Array(52 + 2 * 32 + 12).keys(), ...Array.from({ length: 120 }, (_, n) => kernel.length - 120 + n)];
  let booted = 0;
  for (const at of headers.filter((at) => at % 4 === 0)) {
    for (const value of [0, 1, MIB, 0x1ff_fff8, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff]) {
      const damaged = kernel.slice();
      new DataView(damaged.buffer).setUint32(at, value, true);
      try {
        const { eip } = loadMultiboot(memory, { kernel: damaged, cmdline: "", modules: [] });
        expect(eip, `word ${at} = ${value}`).toBeLessThan(memory.length);
        booted++;
      } catch (error) {
        expect(error, `word ${at} = ${value}`).toBeInstanceOf(ImageError);
      }
    }
  }
  expect(booted).toBeGreaterThan(100);
});
