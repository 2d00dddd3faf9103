/** Reads 32-bit ELF executables for the i386 (System V ABI, "Object Files"), as far as a boot loader has to. The file is not trusted. */
import { ImageError } from "./image-error.js";

/** What goes where: `data`, then zeros up to `bytes`, from a physical address on. */
export interface Segment {
  address: number;
  data: Uint8Array;
  bytes: number;
  /**
   * It holds nothing but the file's own headers, of which linkers make a segment in front of the first section, wherever that falls: with the code at
   * 1 MiB, in the hole below. Nobody misses it where there is no memory. Never so with the segment that is entered.
   */
  dispensable: boolean;
}

/** The section header table, for what symbols and debugging are found by. */
export interface Sections {
  /** As in the file, 40 bytes each. */
  headers: Uint8Array;
  /** Index of the section with the names. */
  nameSection: number;
  /** Sections that no segment brings to memory: which, and their contents. */
  unloaded: { index: number; data: Uint8Array }[];
}

export interface Elf32 {
  /** Ascending and apart from each other. */
  segments: Segment[];
  /** Physical address. */
  entry: number;
  /** null where there are none, or they can't be read. */
  sections: Sections | null;
}

export const SECTION_HEADER_BYTES = 40;
/** Fields of a section header. */
export const SH_ADDR = 12;
const SH_TYPE = 4;
const SH_OFFSET = 16;
const SH_SIZE = 20;
const SHT_NULL = 0;
const SHT_NOBITS = 8;

const ELF_HEADER_BYTES = 52;
const PROGRAM_HEADER_BYTES = 32;
const ELFMAG = 0x464c457f;
const ELFCLASS32 = 1;
const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const ET_EXEC = 2;
const EM_386 = 3;
const PT_LOAD = 1;

/** @param head the file from its beginning, @throws ImageError `image_rejected` unless it is an i386 executable by its header */
export function checkElf32(head: Uint8Array): void {
  const view = viewOf(head);
  if (head.length < ELF_HEADER_BYTES || view.getUint32(0, true) !== ELFMAG) reject("it is no ELF file");
  if (view.getUint8(4) === ELFCLASS64) reject("it is a 64-bit ELF file; Multiboot starts 32-bit code, and this processor is 32-bit");
  if (view.getUint8(4) !== ELFCLASS32 || view.getUint8(5) !== ELFDATA2LSB || view.getUint16(18, true) !== EM_386)
    reject("it is an ELF file for another processor than the i386");
  if (view.getUint16(16, true) !== ET_EXEC) reject("it is an ELF file, but no executable");
}

/** @throws ImageError `image_rejected`, with the reason */
export function readElf32(file: Uint8Array): Elf32 {
  checkElf32(file);
  const view = viewOf(file);
  const [entry, tableOffset] = [view.getUint32(24, true), view.getUint32(28, true)];
  const [entryBytes, count] = [view.getUint16(42, true), view.getUint16(44, true)];
  if (count === 0) reject("it has no program headers");
  if (entryBytes !== PROGRAM_HEADER_BYTES || tableOffset + count * entryBytes > file.length) reject("its program headers cannot be read");

  const segments: Segment[] = [];
  let physicalEntry = entry;
  for (let n = 0; n < count; n++) {
    const header = tableOffset + n * entryBytes;
    const u32 = (offset: number) => view.getUint32(header + offset, true);
    const [type, offset, virtual, address, fileBytes, bytes] = [u32(0), u32(4), u32(8), u32(12), u32(16), u32(20)];
    if (type !== PT_LOAD || bytes === 0) continue;
    if (fileBytes > bytes) reject("a segment has more bytes in the file than in memory");
    if (offset + fileBytes > file.length) reject("a segment lies outside the file");
    const dispensable = offset + bytes <= tableOffset + count * entryBytes;
    segments.push({ address, data: file.subarray(offset, offset + fileBytes), bytes, dispensable });
    // Kernels that will map themselves high often have a virtual entry. Loaders start them where it was loaded.
    if (entry >= virtual && entry < virtual + bytes) physicalEntry = entry - virtual + address;
  }
  if (segments.length === 0) reject("it has nothing to load");
  for (const segment of segments) if (holds(segment, physicalEntry)) segment.dispensable = false;
  return { segments: apart(segments), entry: physicalEntry, sections: readSections(file) };
}

/** Whether a physical address lies in a segment. */
export function holds({ address, bytes }: Segment, physical: number): boolean {
  return physical >= address && physical < address + bytes;
}

function apart(segments: Segment[]): Segment[] {
  segments.sort((a, b) => a.address - b.address);
  for (let n = 1; n < segments.length; n++)
    if (segments[n - 1].address + segments[n - 1].bytes > segments[n].address) reject("its segments overlap in memory");
  return segments;
}

/** Symbols are a convenience: where the table is damaged, there is none. */
function readSections(file: Uint8Array): Sections | null {
  const view = viewOf(file);
  const [offset, entryBytes, count, nameSection] = [
    view.getUint32(32, true),
    view.getUint16(46, true),
    view.getUint16(48, true),
    view.getUint16(50, true),
  ];
  if (entryBytes !== SECTION_HEADER_BYTES || offset + count * entryBytes > file.length || nameSection >= count) return null;
  const unloaded: Sections["unloaded"] = [];
  let unloadedBytes = 0;
  for (let index = 0; index < count; index++) {
    const u32 = (field: number) => view.getUint32(offset + index * entryBytes + field, true);
    const [type, begin, bytes] = [u32(SH_TYPE), u32(SH_OFFSET), u32(SH_SIZE)];
    if (type === SHT_NULL || type === SHT_NOBITS || u32(SH_ADDR) !== 0 || bytes === 0) continue;
    if (begin + bytes > file.length) return null;
    unloaded.push({ index, data: file.subarray(begin, begin + bytes) });
    unloadedBytes += bytes;
  }
  // Sections of a file lie apart in it: what adds up to more would only fill the guest's memory with copies.
  if (unloadedBytes > file.length) return null;
  return { headers: file.subarray(offset, offset + count * entryBytes), nameSection, unloaded };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function reject(reason: string): never {
  throw new ImageError("image_rejected", `The kernel is rejected: ${reason}.`);
}
