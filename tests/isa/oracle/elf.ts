import { background, ORACLE_STATE, ORACLE_TEXT, PAGE, pages, writablePages } from "../layout.js";
import { IMAGES, STATE_SIZE } from "./memory.js";
import { oracleText } from "./program.js";

interface Segment {
  readonly address: bigint;
  readonly flags: number;
  readonly content: Uint8Array;
  readonly memorySize: number;
}

const R = 4;
const W = 2;
const X = 1;
const HEADER = 64;
const PROGRAM_HEADER = 56;

/** The oracle as a static ELF64 executable: the case's pages, the text, the images of writable pages, and zeroed memory. */
export function oracleExecutable(): Uint8Array {
  const { text, entry } = oracleText();
  const images = new Uint8Array(writablePages.length * PAGE);
  writablePages.forEach((page, i) => {
    images.set(background(page), i * PAGE);
  });
  const segments: Segment[] = [
    ...pages
      .filter((page) => !page.writable)
      .map((page) => ({ address: BigInt(page.address), flags: R | X, content: background(page), memorySize: PAGE })),
    // Filled by the program itself. The LOW page is not here: a host that forbids it would not load the file.
    ...pages
      .filter((page) => page.writable && page.address >= 0x10000)
      .map((page) => ({ address: BigInt(page.address), flags: R | W | X, content: new Uint8Array(0), memorySize: PAGE })),
    { address: ORACLE_TEXT, flags: R | X, content: text, memorySize: text.length },
    { address: IMAGES, flags: R | W, content: images, memorySize: images.length },
    { address: ORACLE_STATE, flags: R | W, content: new Uint8Array(0), memorySize: STATE_SIZE },
  ];
  segments.sort((a, b) => (a.address < b.address ? -1 : 1));
  return executable(segments, ORACLE_TEXT + BigInt(entry));
}

function executable(segments: readonly Segment[], entry: bigint): Uint8Array {
  const contentSize = segments.reduce((sum, s) => sum + Math.ceil(s.content.length / PAGE) * PAGE, 0);
  const file = new Uint8Array(PAGE + contentSize);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // ELF, 64 bits, little endian, version 1
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 62, true); // EM_X86_64
  view.setUint32(20, 1, true);
  view.setBigUint64(24, entry, true);
  view.setBigUint64(32, BigInt(HEADER), true); // e_phoff
  view.setUint16(52, HEADER, true);
  view.setUint16(54, PROGRAM_HEADER, true);
  view.setUint16(56, segments.length, true);
  let offset = PAGE;
  segments.forEach((segment, i) => {
    const at = HEADER + i * PROGRAM_HEADER;
    view.setUint32(at, 1, true); // PT_LOAD
    view.setUint32(at + 4, segment.flags, true);
    view.setBigUint64(at + 8, BigInt(segment.content.length === 0 ? 0 : offset), true);
    view.setBigUint64(at + 16, segment.address, true);
    view.setBigUint64(at + 24, segment.address, true);
    view.setBigUint64(at + 32, BigInt(segment.content.length), true);
    view.setBigUint64(at + 40, BigInt(segment.memorySize), true);
    view.setBigUint64(at + 48, BigInt(PAGE), true);
    file.set(segment.content, offset);
    offset += Math.ceil(segment.content.length / PAGE) * PAGE;
  });
  return file;
}
