/**
 * Reads and validates Multiboot 1 kernels (Multiboot Specification 0.6.96, section 3.1). Pure: uploads and the loader share it, and neither trusts the
 * file.
 */
import { checkElf32, type Elf32, holds, readElf32 } from "./elf32.js";
import { isGzip, unpackGzipHead } from "./gzip.js";
import { ImageError } from "./image-error.js";

/** The header lies within the first bytes of the file, and as much is needed to find it. */
export const MULTIBOOT_SEARCH = 8192;
const MAGIC = 0x1badb002;
const LEAST_HEADER = 12;

/** Flags: what the kernel needs (0 to 15), and what it has (16 up; unknown ones don't matter). */
const PAGE_ALIGN = 1 << 0;
const MEMORY_INFO = 1 << 1;
const VIDEO_MODE = 1 << 2;
const ADDRESS_FIELDS = 1 << 16;
const REQUIREMENTS = 0xffff;
/** Modules are always put at page boundaries, and memory is always described. A video mode is only recommended: the kernel is told of none. */
const MET = PAGE_ALIGN | MEMORY_INFO | VIDEO_MODE;

/** Fields of the header. */
const HEADER_ADDR = 12;
const LOAD_ADDR = 16;
const LOAD_END_ADDR = 20;
const BSS_END_ADDR = 24;
const ENTRY_ADDR = 28;
const ADDRESS_FIELDS_END = 32;
const VIDEO_FIELDS_END = 48;

interface Header {
  /** Of the header in the file. */
  offset: number;
  /** null: the file is ELF. */
  addresses: { header: number; load: number; loadEnd: number; bssEnd: number; entry: number } | null;
}

/** @param file unpacked, whole. @throws ImageError `image_rejected`, with the reason */
export function readMultiboot(file: Uint8Array): Elf32 {
  const header = findHeader(file);
  const kernel = header.addresses ? readByAddresses(file, header.offset, header.addresses) : readElf32(file);
  const { entry, segments } = kernel;
  if (!segments.some((segment) => holds(segment, entry))) reject(`its entry point ${hex(entry)} is not in what it loads`);
  return kernel;
}

/**
 * As much as can be told from the beginning of a file, packed or not: at least its first 16 KiB, where it has that much.
 * @throws ImageError `image_rejected`, with the reason
 */
export function checkMultiboot(head: Uint8Array): void {
  const unpacked = isGzip(head) ? unpackGzipHead(head) : head;
  if (!findHeader(unpacked).addresses) checkElf32(unpacked);
}

function findHeader(file: Uint8Array): Header {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const searched = Math.min(file.length, MULTIBOOT_SEARCH);
  for (let offset = 0; offset + LEAST_HEADER <= searched; offset += 4) {
    const u32 = (field: number) => view.getUint32(offset + field, true);
    if (u32(0) !== MAGIC || (u32(0) + u32(4) + u32(8)) % 2 ** 32 !== 0) continue;
    const flags = u32(4);
    const unknown = flags & REQUIREMENTS & ~MET;
    if (unknown) reject(`it requires something that is not in Multiboot 0.6.96 (flags ${hex(unknown)})`);
    if (offset + headerBytes(flags) > searched) reject("its Multiboot header is cut off");
    if (!(flags & ADDRESS_FIELDS)) return { offset, addresses: null };
    const [header, load, loadEnd] = [u32(HEADER_ADDR), u32(LOAD_ADDR), u32(LOAD_END_ADDR)];
    return { offset, addresses: { header, load, loadEnd, bssEnd: u32(BSS_END_ADDR), entry: u32(ENTRY_ADDR) } };
  }
  return reject("it is not a Multiboot kernel (no header with a correct checksum in the first 8 KiB)");
}

function headerBytes(flags: number): number {
  if (flags & VIDEO_MODE) return VIDEO_FIELDS_END;
  return flags & ADDRESS_FIELDS ? ADDRESS_FIELDS_END : LEAST_HEADER;
}

/** Section 3.1.3. The header's own address says which part of the file lies at the load address. */
function readByAddresses(file: Uint8Array, headerOffset: number, addresses: NonNullable<Header["addresses"]>): Elf32 {
  const { header, load, loadEnd, bssEnd, entry } = addresses;
  const begin = headerOffset - (header - load);
  if (header < load || begin < 0) reject("its load address does not fit the address of its header");
  const loaded = loadEnd === 0 ? file.length - begin : loadEnd - load;
  if (loaded < 0) reject("it ends before it begins in memory");
  if (begin + loaded > file.length) reject(`it is truncated: ${file.length - begin} of ${loaded} bytes`);
  const bytes = bssEnd === 0 ? loaded : bssEnd - load;
  if (bytes < loaded) reject("its bss ends before its data does");
  const segment = { address: load, data: file.subarray(begin, begin + loaded), bytes, dispensable: false };
  return { segments: [segment], entry, sections: null };
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function reject(reason: string): never {
  throw new ImageError("image_rejected", `The kernel is rejected: ${reason}.`);
}
