import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { unpackGzip } from "../../src/images/gzip.js";
import { ImageError } from "../../src/images/image-error.js";
import { checkMultiboot, readMultiboot } from "../../src/images/multiboot.js";
import {
  ADDRESS_FIELDS,
  elf32,
  join,
  MAGIC,
  MEMORY_INFO,
  multibootHeader,
  multibootKernel,
  PAGE_ALIGN,
  type SyntheticElf,
  type SyntheticHeader,
  VIDEO_MODE,
} from "./synthetic-multiboot.js";

const MIB = 0x100000;
const code = Uint8Array.from({ length: 100 }, (_, n) => n);
const header = multibootHeader();
const pad = (bytes: number) => new Uint8Array(bytes);

/** An ELF kernel whose only segment begins with the header. */
const elf = (overrides: Partial<SyntheticElf> = {}) =>
  elf32({ segments: [{ address: MIB, data: join(header, code) }], entry: MIB + header.length, ...overrides });

/** A kernel that says itself where it goes: header first, at 1 MiB. */
const flat = (addresses: Partial<NonNullable<SyntheticHeader["addresses"]>> = {}, before = 0) =>
  join(
    pad(before),
    multibootHeader({
      flags: ADDRESS_FIELDS,
      addresses: { header: MIB + before, load: MIB, loadEnd: 0, bssEnd: 0, entry: MIB + before + 32, ...addresses },
    }),
    code,
  );

describe("finding the header", () => {
  it.each([0, 4, 8192 - 32 - 100])("anywhere in the first 8 KiB: at %i", (before) => {
    expect(readMultiboot(flat({}, before)).entry).toBe(MIB + before + 32);
  });

  it("passes over the magic without a correct checksum behind it", () => {
    const decoy = multibootHeader({ checksum: 1 });
    expect(readMultiboot(elf({ segments: [{ address: MIB, data: join(decoy, header, code) }] })).entry).toBe(MIB + 12);
  });

  it.each([
    ["behind the first 8 KiB", flat({}, 8192)],
    ["across the end of the first 8 KiB", flat({}, 8192 - 8)],
    ["at an address that is no multiple of 4", flat({}, 2)],
    ["with a wrong checksum", multibootKernel().map((byte, at) => (at === 52 + 32 + 8 ? byte ^ 1 : byte))],
    ["in an empty file", pad(0)],
    ["in one that ends behind the magic", multibootHeader().subarray(0, 4)],
  ])("not %s", (_where, file) => {
    expect(() => readMultiboot(file)).toThrow(/not a Multiboot kernel/);
    expect(() => checkMultiboot(file)).toThrow(ImageError);
  });

  it("refuses address fields that are cut off", () => {
    expect(() => readMultiboot(flat().subarray(0, 20))).toThrow(/cut off/);
  });

  it.each([PAGE_ALIGN, MEMORY_INFO, VIDEO_MODE, 0x8000_0000])("meets requirement 0x%x, or may leave it", (flags) => {
    expect(readMultiboot(multibootKernel(code, { flags })).segments).toHaveLength(1);
  });

  it.each([8, 0x8000])("refuses requirement 0x%x, which it doesn't know", (flags) => {
    expect(() => readMultiboot(multibootKernel(code, { flags }))).toThrow(`flags 0x${flags.toString(16)}`);
  });
});

describe("a kernel with address fields", () => {
  it("is loaded from where its header's address says, to the end of the file", () => {
    expect(readMultiboot(flat({ load: MIB + 4 }, 8))).toEqual({
      segments: [{ address: MIB + 4, data: flat({ load: MIB + 4 }, 8).subarray(4), bytes: 8 - 4 + 32 + 100, dispensable: false }],
      entry: MIB + 40,
      sections: null,
    });
  });

  it("is loaded up to load_end_addr, and zeros follow up to bss_end_addr", () => {
    const [segment] = readMultiboot(flat({ loadEnd: MIB + 50, bssEnd: MIB + 5000 })).segments;
    expect(segment).toMatchObject({ address: MIB, bytes: 5000 });
    expect(segment.data).toHaveLength(50);
  });

  it("may be an ELF file, even a 64-bit one: the fields count", () => {
    const file = join(elf({ patch: { 4: 2 } }).subarray(0, 52), flat({ header: MIB, load: MIB }));
    expect(readMultiboot(file)).toMatchObject({ segments: [{ address: MIB, bytes: 132 }], sections: null });
  });

  it.each([
    ["a load address above the header's", { load: MIB + 1 }, /does not fit/],
    ["a load address before the file's beginning", { load: MIB - 4 }, /does not fit/],
    ["an end before the beginning", { loadEnd: MIB - 1 }, /ends before it begins/],
    ["an end behind the file's", { loadEnd: MIB + 133 }, /132 of 133/],
    ["an end at the top of the address space", { loadEnd: 0xffff_ffff }, /truncated/],
    ["a bss that ends before the data", { loadEnd: MIB + 50, bssEnd: MIB + 49 }, /bss/],
    ["an entry before", { entry: MIB - 1 }, /entry point 0xfffff/],
    ["an entry behind", { entry: MIB + 132 }, /entry point/],
  ])("is rejected for %s", (_what, addresses, reason) => {
    expect(() => readMultiboot(flat(addresses))).toThrow(reason);
  });
});

describe("an ELF kernel", () => {
  it("has its segments in the order of their physical addresses", () => {
    const segments = [
      { address: 3 * MIB, virtual: 0xc030_0000, bytes: 5000 },
      { address: MIB, virtual: 0xc010_0000, data: join(header, code), bytes: 200 },
      { type: 4, address: 0, data: pad(8) },
      { address: 2 * MIB },
    ];
    expect(readMultiboot(elf({ segments })).segments).toEqual([
      { address: MIB, data: join(header, code), bytes: 200, dispensable: false },
      { address: 3 * MIB, data: pad(0), bytes: 5000, dispensable: false },
    ]);
  });

  it.each([
    ["virtual, becomes physical", 0xc010_0010],
    ["physical, stays", MIB + 16],
  ])("has an entry that, where it is %s", (_what, entry) => {
    expect(readMultiboot(elf({ segments: [{ address: MIB, virtual: 0xc010_0000, data: join(header, code) }], entry })).entry).toBe(
      MIB + 16,
    );
  });

  it("brings the table of its sections, and those that no segment loads", () => {
    const names = Uint8Array.of(0, 0x2e, 0x61, 0);
    const file = elf({ sections: [{ address: MIB, data: code }, { data: names }], nameSection: 2 });
    const { sections } = readMultiboot(file);
    expect(sections).toMatchObject({ nameSection: 2, unloaded: [{ index: 2, data: names }] });
    expect(sections?.headers).toEqual(file.subarray(file.length - 120));
  });

  it.each([
    ["outside the file", [{ data: code, offset: 0xffff_fff0 }]],
    ["that add up to more than the file", Array.from({ length: 20 }, () => ({ data: pad(0), offset: 0, bytes: 500 }))],
  ])("does without sections %s", (_what, sections) => {
    expect(readMultiboot(elf({ sections })).sections).toBeNull();
  });

  const segment = { address: MIB, data: join(header, code) };
  it.each([
    ["64-bit", elf({ patch: { 4: 2 } }), /64-bit/],
    ["for another processor", elf({ patch: { 18: 40 } }), /another processor/],
    ["big-endian", elf({ patch: { 5: 2 } }), /another processor/],
    ["no executable", elf({ patch: { 16: 1 } }), /no executable/],
    ["no ELF at all", join(pad(16), header), /no ELF file/],
    ["without program headers", elf({ patch: { 44: 0 } }), /no program headers/],
    ["with program headers behind its end", elf({ patch: { 31: 0xff } }), /cannot be read/],
    ["with program headers of another size", elf({ patch: { 42: 56 } }), /cannot be read/],
    ["with nothing to load", elf({ segments: [{ ...segment, type: 4 }] }), /nothing to load/],
    [
      "with a segment outside the file",
      elf({ segments: [segment, { address: 0, offset: 0xffff_ffff, fileBytes: 2 }] }),
      /outside the file/,
    ],
    ["with a segment smaller than in the file", elf({ segments: [{ ...segment, bytes: 50 }] }), /more bytes in the file/],
    ["with segments that overlap", elf({ segments: [segment, { address: MIB + 111, data: code }] }), /overlap/],
    ["with an entry outside", elf({ entry: MIB + 112 }), /entry point/],
    ["truncated", elf().subarray(0, 100), /outside the file/],
  ])("is rejected where it is %s", (_what, file, reason) => {
    expect(() => readMultiboot(file)).toThrow(reason);
    expect(() => readMultiboot(file)).toThrow(ImageError);
  });
});

it("answers every damaged byte of a header with a kernel or a typed error", () => {
  for (const file of [elf({ sections: [{ data: code }] }), flat()]) {
    for (let at = 0; at < 200; at++) {
      for (const byte of [0, 1, 0x7f, 0x80, 0xff]) {
        const damaged = file.map((old, n) => (n === at ? byte : old));
        for (const read of [readMultiboot, checkMultiboot]) {
          try {
            read(damaged);
          } catch (error) {
            expect(error, `byte ${at} = ${byte}`).toBeInstanceOf(ImageError);
          }
        }
      }
    }
  }
});

describe("a packed kernel", () => {
  it("is checked by its head alone", () => {
    const large = join(
      multibootKernel(),
      Uint8Array.from({ length: 100_000 }, (_, n) => Math.imul(n, 0x9e3779b1) >>> 24),
    );
    expect(() => checkMultiboot(gzipSync(large).subarray(0, 16_384))).not.toThrow();
    expect(() => checkMultiboot(gzipSync(pad(100_000)).subarray(0, 16_384))).toThrow(/not a Multiboot kernel/);
  });

  it.each([
    ["damaged", Uint8Array.of(0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)],
    ["cut off", gzipSync(multibootKernel()).subarray(0, 30)],
  ])("is rejected where it is %s", async (_what, file) => {
    await expect(unpackGzip(file)).rejects.toThrow(/cannot be unpacked/);
    await expect(unpackGzip(file)).rejects.toBeInstanceOf(ImageError);
  });

  it("is rejected where a few bytes unpack to more than a kernel may have", async () => {
    await expect(unpackGzip(gzipSync(pad(MIB)), MIB)).resolves.toHaveLength(MIB);
    await expect(unpackGzip(gzipSync(pad(MIB + 1)), MIB)).rejects.toThrow(/more than a kernel may have/);
  });
});

it("the magic in these tests is that of the specification", () => {
  expect(Buffer.from(header).toString("hex")).toBe("02b0ad1b03000000fb4f52e4");
  expect(MAGIC).toBe(0x1badb002);
});
