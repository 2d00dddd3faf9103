/** Multiboot kernels with nothing to run in them but what a test gives; what it wants to be wrong, it overrides. */
export const MAGIC = 0x1badb002;
export const PAGE_ALIGN = 1;
export const MEMORY_INFO = 2;
export const VIDEO_MODE = 4;
export const ADDRESS_FIELDS = 0x10000;

export interface SyntheticHeader {
  flags?: number;
  checksum?: number;
  addresses?: { header: number; load: number; loadEnd: number; bssEnd: number; entry: number };
}

/** 12, 32 or 48 bytes, as the flags have it. */
export function multibootHeader({ flags = PAGE_ALIGN | MEMORY_INFO, checksum, addresses }: SyntheticHeader = {}): Uint8Array {
  const { header = 0, load = 0, loadEnd = 0, bssEnd = 0, entry = 0 } = addresses ?? {};
  const fields = [MAGIC, flags, checksum ?? -(MAGIC + flags)];
  if (flags & (ADDRESS_FIELDS | VIDEO_MODE)) fields.push(header, load, loadEnd, bssEnd, entry);
  if (flags & VIDEO_MODE) fields.push(0, 1024, 768, 32);
  return words(...fields);
}

export interface SyntheticSegment {
  type?: number;
  virtual?: number;
  address: number;
  data?: Uint8Array;
  /** By default those of `data`. */
  fileBytes?: number;
  bytes?: number;
  offset?: number;
}

export interface SyntheticElf {
  segments: SyntheticSegment[];
  entry: number;
  /** Allocated ones have an address. The first, of no type, is there anyway. */
  sections?: { address?: number; data: Uint8Array; bytes?: number; offset?: number }[];
  nameSection?: number;
  /** Bytes of the ELF header to be others. */
  patch?: Record<number, number>;
}

/** An ELF executable: header, program headers, contents of segments and sections, section headers. */
export function elf32({ segments, entry, sections = [], nameSection = 0, patch = {} }: SyntheticElf): Uint8Array {
  let offset = 52 + 32 * segments.length;
  const contents: { offset: number; data: Uint8Array }[] = [];
  const place = (data: Uint8Array) => {
    const at = offset;
    contents.push({ offset: at, data });
    offset += Math.ceil(data.length / 4) * 4;
    return at;
  };
  const none = new Uint8Array();
  const programHeaders = segments.map(({ type = 1, address, virtual = address, data = none, ...other }) => {
    const { offset = place(data), fileBytes = data.length, bytes = fileBytes } = other;
    return words(type, offset, virtual, address, fileBytes, bytes, 7, 4);
  });
  const sectionHeaders = sections.map(({ address = 0, data, ...other }) => {
    const { offset = place(data), bytes = data.length } = other;
    return words(0, 1, 0, address, offset, bytes, 0, 0, 1, 0);
  });
  const sectionTable = offset;
  const file = new Uint8Array(sections.length > 0 ? sectionTable + 40 * (1 + sections.length) : offset);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  file.set(words(2 | (3 << 16), 1, entry, 52, sections.length > 0 ? sectionTable : 0, 0, 52 | (32 << 16)), 16);
  view.setUint16(44, segments.length, true);
  if (sections.length > 0) {
    view.setUint16(46, 40, true);
    view.setUint16(48, 1 + sections.length, true);
    view.setUint16(50, nameSection, true);
  }
  programHeaders.forEach((header, n) => {
    file.set(header, 52 + 32 * n);
  });
  for (const { offset, data } of contents) file.set(data, offset);
  sectionHeaders.forEach((header, n) => {
    file.set(header, sectionTable + 40 * (1 + n));
  });
  for (const [at, byte] of Object.entries(patch)) file[Number(at)] = byte;
  return file;
}

/** An ELF kernel of one segment at 1 MiB that begins with its header, then `code`, where it is entered; `bss` zeros follow. */
export function multibootKernel(
  code: Uint8Array = Uint8Array.of(0xf4),
  { bss = 0, flags }: { bss?: number; flags?: number } = {},
): Uint8Array {
  const header = multibootHeader({ flags });
  const data = join(header, code);
  return elf32({ segments: [{ address: 0x100000, data, bytes: data.length + bss }], entry: 0x100000 + header.length });
}

export function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

export function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, n) => {
    view.setInt32(4 * n, value | 0, true);
  });
  return bytes;
}
