import { PAGE_SIZE } from "../cpu/layout.js";
import { Decoder, MAX_LENGTH, NEEDS_MORE } from "../decode/decoder.js";
import { BlockFacts } from "./facts.js";
import { type Instruction, instructionOf } from "./instruction.js";
import type { JumpTables } from "./jump-tables.js";

/** A page that a region may take code from. */
export interface CodePage {
  /** Host address of its first byte. */
  readonly host: number;
  /** One bit a byte: covered by an instruction that the interpreter has decoded. Code beyond that is taken to be cold, or no code at all. */
  readonly covered: Uint32Array;
}

/** Straight-line code that is entered at its first instruction only. */
export interface Block {
  readonly start: number;
  instructions: Instruction[];
  readonly facts: BlockFacts;
  /** Offsets where it may go on, as far as they are known: first what falls through. */
  successors: number[];
  /** Falls into the instruction at this offset; undefined: its last instruction never falls through. */
  falls?: number;
  /** Distances (in pages, from the head's page) of the pages that its code lies in: one, or two where its last instruction goes on in the next. */
  readonly pages: readonly number[];
  /** Its last instruction is a call. */
  calls?: boolean;
  /** Its last instruction jumps by a table, to one of `successors` as far as is known. */
  switches?: boolean;
}

/** How an instruction ends a block. */
const ALWAYS = new Set(["jmp", "ret", "jmpIndirect"]);
/** Calls, which come back behind themselves if all goes well. */
const CALLS = new Set(["call", "callIndirect"]);
const CONDITIONAL = /^(j(?!mp)|loop)/;

/** The pages of a region, by their distance in pages from the head's page. */
export type CodePages = ReadonlyMap<number, CodePage>;

/**
 * Finds the blocks of a region: what can be reached from its entries by direct branches, breadth first, up to so many instructions. Where other
 * regions begin (`heads`) it ends: going on there costs nanoseconds, translating the same code again for each head of a large loop far more.
 */
export class BlockFinder {
  private readonly decoder = new Decoder();
  private readonly joined = new Uint8Array(2 * MAX_LENGTH);
  private readonly decoded = new Map<number, Instruction | null>();

  constructor(
    private readonly memory: Uint8Array,
    private readonly pages: CodePages,
    private readonly code32: boolean,
    private readonly tables: JumpTables,
    private readonly heads: ReadonlySet<number>,
  ) {}

  /** The instruction at an offset; null where its page isn't known, it hasn't been decoded by the interpreter, or it goes on in a page that isn't. */
  private at(offset: number): Instruction | null {
    let found = this.decoded.get(offset);
    if (found === undefined) {
      found = this.decode(offset);
      this.decoded.set(offset, found);
    }
    return found;
  }
  private decode(offset: number): Instruction | null {
    const length = this.lengthAt(offset);
    for (let i = 0; i < length; i++) if (!this.covered(offset + i)) return null;
    return length === 0 ? null : instructionOf(this.decoder, offset);
  }
  /** Length of the instruction at an offset, which the decoder then describes; 0: none. */
  private lengthAt(offset: number): number {
    const page = this.pages.get(pageOf(offset));
    if (!page) return 0;
    const { decoder, memory, joined } = this;
    const start = page.host + (offset & (PAGE_SIZE - 1));
    const end = page.host + PAGE_SIZE;
    const length = decoder.decode(memory, start, end, this.code32);
    if (length !== NEEDS_MORE) return length;
    const next = this.pages.get(pageOf(offset) + 1);
    if (!next) return 0;
    joined.set(memory.subarray(start, end));
    joined.set(memory.subarray(next.host, next.host + MAX_LENGTH), end - start);
    return Math.max(0, decoder.decode(joined, 0, end - start + MAX_LENGTH, this.code32));
  }
  /** Whether a store to this byte would be noticed: all of an instruction's must be. */
  private covered(offset: number): boolean {
    const bits = this.pages.get(pageOf(offset))?.covered;
    const inPage = offset & (PAGE_SIZE - 1);
    return bits !== undefined && (bits[inPage >> 5] & (1 << (inPage & 31))) !== 0;
  }

  /** @returns the blocks by offset, the first entry's first; empty where there is nothing to translate. */
  find(entries: readonly number[], limit: number): Map<number, Block> {
    const starts = this.starts(entries, limit);
    const blocks = new Map<number, Block>();
    for (const start of starts) {
      const pages = [pageOf(start)];
      const block: Block = { start, instructions: [], facts: new BlockFacts(), successors: [], pages };
      for (let offset = start; ; ) {
        const instruction = this.at(offset);
        if (!instruction) {
          block.falls = offset;
          break;
        }
        block.instructions.push(instruction);
        offset += instruction.length;
        if (pageOf(offset - 1) !== pages[0]) pages.push(pageOf(offset - 1));
        const { name } = instruction.entry;
        if (ALWAYS.has(name)) {
          if (name === "jmp") block.successors.push(targetOf(instruction));
          if (name === "jmpIndirect") {
            block.successors.push(...this.targets(block.instructions));
            block.switches = true;
          }
          break;
        }
        if (CALLS.has(name)) {
          block.calls = true;
          block.falls = offset;
          block.successors.push(offset);
          break;
        }
        if (CONDITIONAL.test(name)) {
          block.falls = offset;
          block.successors.push(offset, targetOf(instruction));
          break;
        }
        if (instruction.definition.ends) {
          block.falls = offset;
          break;
        }
        if (this.heads.has(offset)) {
          block.falls = offset;
          break;
        }
        if (starts.has(offset) || pageOf(offset) !== pages[0]) {
          block.falls = offset;
          block.successors.push(offset);
          break;
        }
        if (block.instructions.length >= limit) {
          block.falls = offset;
          break;
        }
      }
      if (block.instructions.length > 0) blocks.set(start, block);
    }
    for (const block of blocks.values()) block.successors = block.successors.filter((offset) => blocks.has(offset));
    return blocks;
  }

  /** Where the indirect jump at the end of straight code may lead to, as far as its table tells. */
  private targets(code: readonly Instruction[]): number[] {
    return this.tables.targets(code).filter((offset) => this.at(offset));
  }

  /** Offsets where blocks begin. */
  private starts(entries: readonly number[], limit: number): Set<number> {
    const starts = new Set<number>();
    const waiting = [...entries];
    const seen = new Set<number>();
    let count = 0;
    for (let start = waiting.shift(); start !== undefined; start = waiting.shift()) {
      if (starts.has(start) || !this.at(start) || (this.heads.has(start) && !entries.includes(start))) continue;
      starts.add(start);
      const code: Instruction[] = [];
      for (let offset = start; !seen.has(offset); ) {
        if (count >= limit) return starts;
        const instruction = this.at(offset);
        if (!instruction) break;
        seen.add(offset);
        code.push(instruction);
        count++;
        offset += instruction.length;
        const { name } = instruction.entry;
        if (name === "jmp") waiting.push(targetOf(instruction));
        if (name === "jmpIndirect") waiting.push(...this.targets(code));
        if (CONDITIONAL.test(name)) waiting.push(offset, targetOf(instruction));
        if (CALLS.has(name)) waiting.push(offset);
        // A block ends with its page.
        if (pageOf(offset) !== pageOf(start)) waiting.push(offset);
        if (
          this.heads.has(offset) ||
          pageOf(offset) !== pageOf(start) ||
          ALWAYS.has(name) ||
          CALLS.has(name) ||
          CONDITIONAL.test(name) ||
          instruction.definition.ends
        )
          break;
      }
    }
    return starts;
  }
}

/** Distance in pages of the page that an offset lies in. */
export function pageOf(offset: number): number {
  return Math.floor(offset / PAGE_SIZE);
}

export function targetOf({ offset, length, immediate }: Instruction): number {
  return offset + length + immediate;
}
