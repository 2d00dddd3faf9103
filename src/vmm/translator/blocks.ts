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

/**
 * Code of one function as it stands in a region: its own; that of a call that the region goes on into (and may do at several places); or that of the
 * function that its own returns to, as far as has been seen.
 */
export interface Frame {
  /** 0: the region's own code. */
  readonly number: number;
  /** Calls that it is inside of. */
  readonly depth: number;
  /** Offset of the function. */
  readonly head: number;
  /** Where its return leads to, and the offset there. Undefined: out of the region. */
  readonly caller?: Frame;
  readonly behind: number;
}

/** What a block is known by: for the region's own code its offset. */
export function keyIn({ number }: Frame, offset: number): number {
  return number * 2 ** 33 + offset;
}

/** Straight-line code that is entered at its first instruction only. */
export interface Block {
  readonly key: number;
  readonly start: number;
  readonly frame: Frame;
  instructions: Instruction[];
  readonly facts: BlockFacts;
  /** Blocks where it may go on, as far as they are known: first what falls through. */
  successors: number[];
  /** Falls into the instruction at this offset; undefined: its last instruction never falls through. */
  falls?: number;
  /** Distances (in pages, from the head's page) of the pages that its code lies in: one, or two where its last instruction goes on in the next. */
  readonly pages: readonly number[];
  /** Its last instruction is a call: which leaves the region, and comes back; or goes on with that function's code in it. */
  calls?: boolean;
  callee?: Frame;
  /** Its last instruction jumps by a table, to one of `successors` as far as is known. */
  switches?: boolean;
}

/** The pages of a region, by their distance in pages from the head's page. */
export type CodePages = ReadonlyMap<number, CodePage>;

/**
 * Instructions of a function that is taken in where it is called, at most; and how many calls may be inside each other. Each place has a copy of its own,
 * and what a kernel does between two times that it comes by doesn't fit the processor's caches: with functions up to 120, a fork took a fifth longer
 * than with 40 or 55, and a read from a pipe a twelfth; with 20 at most, the fork took a sixth longer, and the pipe a third.
 */
const LARGEST_CALLEE = 55;
const DEEPEST_FRAME = 6;

/**
 * Copies, inside each other, of a function that calls itself, its own code included: a call of the region by itself costs some 15 cycles and its return as
 * many, since registers go through memory. Naive Fibonacci numbers took 3.2 s with one, and 2.4, 2.1 and 1.9 with two to four.
 */
const UNFOLDED = 4;

const NONE: ReadonlySet<number> = new Set();

/**
 * Finds the blocks of a region: what can be reached from its entries by direct branches, breadth first, up to so many instructions. Where other
 * regions begin (`heads`) it ends: going on there costs nanoseconds, translating the same code again for each head of a large loop far more.
 * Calls of `callees` go on in the region, as far as there is room: to enter another region for a dozen instructions costs more than they do.
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
    private readonly callees: ReadonlySet<number>,
    private readonly returns: readonly number[],
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
    if (!this.covered(offset, length)) return null;
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
  /** Whether a store to any of these bytes would be noticed. */
  private covered(offset: number, length: number): boolean {
    const here = Math.min(length, PAGE_SIZE - (offset & (PAGE_SIZE - 1)));
    return this.coveredInPage(offset, here) && (here === length || this.coveredInPage(offset + here, length - here));
  }
  private coveredInPage(offset: number, length: number): boolean {
    const bits = this.pages.get(pageOf(offset))?.covered;
    if (!bits) return false;
    const first = offset & (PAGE_SIZE - 1);
    for (let i = first; i < first + length; i++) if ((bits[i >> 5] & (1 << (i & 31))) === 0) return false;
    return true;
  }

  /** @returns the blocks by key, the first entry's first; empty where there is nothing to translate. */
  find(entries: readonly number[], limit: number): Map<number, Block> {
    const blocks = new Map<number, Block>();
    let room = limit;
    const add = (code: readonly Block[]) => {
      for (const block of code) blocks.set(block.key, block);
      room -= instructionsOf(code);
    };
    const [own, ...outer] = this.outerFrames(entries[0]);
    add(this.blocksOf(own, this.starts(entries, limit, this.heads), limit, this.heads));
    for (const caller of outer) add(this.small(caller, caller.head, room));
    let frames = outer.length;
    // What is added meanwhile has its turn, too: outer calls come first.
    for (const block of blocks.values()) {
      const head = this.calleeOf(block, entries);
      if (head === undefined) continue;
      const frame: Frame = { number: frames + 1, depth: block.frame.depth + 1, head, caller: block.frame, behind: block.falls as number };
      // What calls itself leaves half of the room to what it calls besides.
      const code = this.small(frame, head, head === entries[0] ? room - (limit >> 1) : room);
      if (code.length === 0) continue;
      frames++;
      add(code);
      block.callee = frame;
      block.calls = false;
      block.falls = undefined;
      block.successors = [code[0].key];
    }
    for (const block of blocks.values()) block.successors = block.successors.filter((key) => blocks.has(key));
    return blocks;
  }

  /** Offset of the function that a block calls, if that may be taken in there. */
  private calleeOf({ calls, frame, instructions }: Block, entries: readonly number[]): number | undefined {
    const call = instructions.at(-1);
    if (!calls || call?.entry.name !== "call" || frame.depth === DEEPEST_FRAME) return undefined;
    const head = targetOf(call);
    if (!this.callees.has(head) || entries.includes(head, 1)) return undefined;
    const recursive = head === entries[0];
    let inside = recursive ? 1 : 0;
    for (let one = frame; one.depth > 0 && one.caller; one = one.caller) if (one.head === head) inside++;
    return inside < (recursive ? UNFOLDED : 1) ? head : undefined;
  }

  /** The region's own, and outward those that returns are seen to lead to. */
  private outerFrames(head: number): [own: Frame, ...callers: Frame[]] {
    const { returns } = this;
    let frame: Frame = { number: returns.length, depth: 0, head: returns.at(-1) ?? head, behind: 0 };
    const frames: [Frame, ...Frame[]] = [frame];
    for (let number = returns.length - 1; number >= 0; number--) {
      frame = { number, depth: 0, head: number === 0 ? head : returns[number - 1], caller: frame, behind: returns[number] };
      frames.unshift(frame);
    }
    return frames;
  }

  /** The code of a frame, if there is room for it; otherwise nothing. */
  private small(frame: Frame, head: number, room: number): Block[] {
    const most = Math.min(room, LARGEST_CALLEE);
    const code = this.blocksOf(frame, this.starts([head], most + 1, NONE), most, NONE);
    return instructionsOf(code) > most ? [] : code;
  }

  private blocksOf(frame: Frame, starts: ReadonlySet<number>, limit: number, heads: ReadonlySet<number>): Block[] {
    return Array.from(starts, (start) => this.block(frame, start, starts, limit, heads)).filter(
      ({ instructions }) => instructions.length > 0,
    );
  }

  private block(frame: Frame, start: number, starts: ReadonlySet<number>, limit: number, heads: ReadonlySet<number>): Block {
    const pages = [pageOf(start)];
    const block: Block = { key: keyIn(frame, start), start, frame, instructions: [], facts: new BlockFacts(), successors: [], pages };
    const goOn = (...offsets: number[]) => block.successors.push(...offsets.map((offset) => keyIn(frame, offset)));
    for (let offset = start; ; ) {
      const instruction = this.at(offset);
      if (!instruction) {
        block.falls = offset;
        return block;
      }
      block.instructions.push(instruction);
      offset += instruction.length;
      if (pageOf(offset - 1) !== pages[0]) pages.push(pageOf(offset - 1));
      const { name } = instruction.entry;
      const { transfer } = instruction.kind;
      if (transfer === "always") {
        if (name === "jmp") goOn(targetOf(instruction));
        if (name === "ret" && frame.caller) block.successors.push(keyIn(frame.caller, frame.behind));
        if (name === "jmpIndirect") {
          goOn(...this.targets(block.instructions));
          block.switches = true;
        }
        return block;
      }
      if (transfer === "call") block.calls = true;
      const branches = transfer === "conditional";
      const joins = starts.has(offset) || pageOf(offset) !== pages[0];
      if (block.calls || branches || instruction.definition.ends || heads.has(offset) || joins || block.instructions.length >= limit) {
        block.falls = offset;
        if (block.calls || branches || (!instruction.definition.ends && !heads.has(offset) && joins)) goOn(offset);
        if (branches) goOn(targetOf(instruction));
        return block;
      }
    }
  }

  /** Where the indirect jump at the end of straight code may lead to, as far as its table tells. */
  private targets(code: readonly Instruction[]): number[] {
    return this.tables.targets(code).filter((offset) => this.at(offset));
  }

  /** Offsets where blocks begin. */
  private starts(entries: readonly number[], limit: number, heads: ReadonlySet<number>): Set<number> {
    // All entries, however much code the first of them leads to.
    const starts = new Set(entries.filter((entry) => this.at(entry)));
    const waiting = [...entries];
    const followed = new Set<number>();
    const seen = new Set<number>();
    let count = 0;
    for (let start = waiting.shift(); start !== undefined; start = waiting.shift()) {
      if (followed.has(start) || !this.at(start) || (heads.has(start) && !entries.includes(start))) continue;
      followed.add(start);
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
        const { transfer } = instruction.kind;
        if (name === "jmp") waiting.push(targetOf(instruction));
        if (name === "jmpIndirect") waiting.push(...this.targets(code));
        if (transfer === "conditional") waiting.push(offset, targetOf(instruction));
        if (transfer === "call") waiting.push(offset);
        // A block ends with its page.
        if (pageOf(offset) !== pageOf(start)) waiting.push(offset);
        if (heads.has(offset) || pageOf(offset) !== pageOf(start) || transfer !== undefined || instruction.definition.ends) break;
      }
    }
    return starts;
  }
}

/** Instructions of these blocks. */
export function instructionsOf(blocks: Iterable<Block>): number {
  let count = 0;
  for (const { instructions } of blocks) count += instructions.length;
  return count;
}

/** Distance in pages of the page that an offset lies in. */
export function pageOf(offset: number): number {
  return Math.floor(offset / PAGE_SIZE);
}

export function targetOf({ offset, length, immediate }: Instruction): number {
  return offset + length + immediate;
}
