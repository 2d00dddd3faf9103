/** What a Multiboot kernel is told (Multiboot Specification 0.6.96, section 3.3): the information structure, and all that it points to. */
import { SECTION_HEADER_BYTES, type Sections, SH_ADDR } from "../../images/elf32.js";
import type { E820Entry } from "./e820.js";
import { EBDA, HIGH_MEMORY } from "./low-memory.js";

export interface MultibootFacts {
  memoryBytes: number;
  memoryMap: readonly E820Entry[];
  cmdline: string;
  /** Physical addresses; `end` is that of the byte behind the last. */
  modules: readonly { start: number; end: number; cmdline: string }[];
  /** With the addresses that sections outside of segments were loaded at, by index. */
  sections: { table: Sections; addresses: ReadonlyMap<number, number> } | null;
}

const LOADER_NAME = "worldswitch";

const INFO_BYTES = 116;
/** Fields of the structure. */
const Info = {
  flags: 0,
  memLower: 4,
  memUpper: 8,
  cmdline: 16,
  modsCount: 20,
  modsAddr: 24,
  symsNum: 28,
  symsSize: 32,
  symsAddr: 36,
  symsShndx: 40,
  mmapLength: 44,
  mmapAddr: 48,
  bootLoaderName: 64,
} as const;
const Flag = { memory: 1 << 0, cmdline: 1 << 2, modules: 1 << 3, elfSections: 1 << 5, memoryMap: 1 << 6, bootLoaderName: 1 << 9 } as const;

const MODULE_BYTES = 16;
const MMAP_ENTRY_BYTES = 24;
const MMAP_TYPE = { usable: 1, reserved: 2 } as const;

/** The bytes to be put at `base` (a multiple of 16), the structure first. Their number depends on the facts alone. */
export function multibootInfo(facts: MultibootFacts, base: number): Uint8Array {
  const { memoryBytes, memoryMap, cmdline, modules, sections } = facts;
  const block = new Block(base);
  const info = block.reserve(INFO_BYTES);
  const set = (field: number, value: number) => info.setUint32(field, value, true);
  set(Info.flags, Flag.memory | Flag.cmdline | Flag.modules | Flag.memoryMap | Flag.bootLoaderName | (sections ? Flag.elfSections : 0));
  set(Info.memLower, EBDA >> 10);
  set(Info.memUpper, (memoryBytes - HIGH_MEMORY) >> 10);

  set(Info.mmapLength, memoryMap.length * MMAP_ENTRY_BYTES);
  set(Info.mmapAddr, block.end);
  for (const { start, bytes, type } of memoryMap) {
    const entry = block.reserve(MMAP_ENTRY_BYTES);
    // The entry's size doesn't count itself.
    entry.setUint32(0, MMAP_ENTRY_BYTES - 4, true);
    entry.setBigUint64(4, BigInt(start), true);
    entry.setBigUint64(12, BigInt(bytes), true);
    entry.setUint32(20, MMAP_TYPE[type], true);
  }

  set(Info.modsCount, modules.length);
  set(Info.modsAddr, block.end);
  const entries = modules.map(() => block.reserve(MODULE_BYTES));
  modules.forEach(({ start, end, cmdline }, n) => {
    entries[n].setUint32(0, start, true);
    entries[n].setUint32(4, end, true);
    entries[n].setUint32(8, block.text(cmdline), true);
  });

  if (sections) {
    const { headers, nameSection } = sections.table;
    set(Info.symsNum, headers.length / SECTION_HEADER_BYTES);
    set(Info.symsSize, SECTION_HEADER_BYTES);
    set(Info.symsAddr, block.end);
    set(Info.symsShndx, nameSection);
    const table = block.reserve(headers.length);
    new Uint8Array(table.buffer).set(headers);
    for (const [index, address] of sections.addresses) table.setUint32(index * SECTION_HEADER_BYTES + SH_ADDR, address, true);
  }
  set(Info.cmdline, block.text(cmdline));
  set(Info.bootLoaderName, block.text(LOADER_NAME));
  return block.bytes();
}

/** Pieces one behind the other, each at a multiple of 4. */
class Block {
  private readonly pieces: { at: number; bytes: Uint8Array }[] = [];
  private size = 0;

  constructor(private readonly base: number) {}

  /** Address of the next piece. */
  get end(): number {
    return this.base + this.size;
  }

  reserve(bytes: number): DataView {
    const view = new DataView(new ArrayBuffer(bytes));
    this.add(new Uint8Array(view.buffer));
    return view;
  }

  /** A string, terminated; gives its address. */
  text(text: string): number {
    return this.add(Buffer.from(`${text}\0`, "utf8"));
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.size);
    for (const { at, bytes } of this.pieces) all.set(bytes, at - this.base);
    return all;
  }

  private add(bytes: Uint8Array): number {
    const at = this.end;
    this.pieces.push({ at, bytes });
    this.size += Math.ceil(bytes.length / 4) * 4;
    return at;
  }
}
