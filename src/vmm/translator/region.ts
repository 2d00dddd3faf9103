import { NoBytes } from "../wasm/bytes.js";
import { FunctionBuilder } from "../wasm/function.js";
import { type Block, BlockFinder, type CodePages, instructionsOf, targetOf } from "./blocks.js";
import { InstructionFacts } from "./facts.js";
import { analyse, type Flow } from "./flow.js";
import { JumpTables } from "./jump-tables.js";
import { pagesSeen } from "./pages-seen.js";
import { Flag } from "./pending-flags.js";
import type { X87Shape } from "./region-x87.js";
import { RegionStage } from "./stage.js";
import { type Linked, newRegisters, type RegionMode, type Ways } from "./surroundings.js";

/** An instruction at which a region can be entered: its offset, and TOP and tags as it was found with them. */
export interface RegionEntry {
  readonly offset: number;
  readonly x87: X87Shape;
}

/** What to translate. */
export interface RegionSource {
  /** The request's number. */
  readonly id: number;
  readonly pages: CodePages;
  /** Where it is to be entered: the head first. Instructions of page 0. */
  readonly entries: readonly RegionEntry[];
  /** Linear address at which page 0 was found. */
  readonly linearPage: number;
  /** Offsets at which other regions begin. */
  readonly heads: ReadonlySet<number>;
  /** Offsets of functions that are taken in where they are called. */
  readonly callees: ReadonlySet<number>;
  /** Where its own returns are seen to lead to, then the returns there, and so on. */
  readonly returns: readonly number[];
  readonly code32: boolean;
  /** Instructions at most. */
  readonly longest: number;
  /** It was too large with more of its code. */
  readonly cut: boolean;
  readonly mode: RegionMode;
}

/** One region: found, and learned about by staging its blocks for the first time (`region-emitter.ts` does the second). */
export class Region {
  /** Offsets at which it can be entered: the head, and those of the wanted entries that it came to contain. */
  readonly entries: readonly number[];
  /** By key, in the order of `flow`. */
  readonly blocks: ReadonlyMap<number, Block>;
  readonly flow: Flow<number>;
  /** By key of a block: distances of pages that whoever gets to its end has been in. */
  readonly pagesSeen: ReadonlyMap<number, ReadonlySet<number>>;
  /** General registers that it reads or writes, and those that it writes, one bit each. */
  readonly used: number;
  readonly dirty: number;
  /** The same for XMM registers. */
  readonly usedVectors: number;
  readonly dirtyVectors: number;
  /** The same for physical x87 registers. */
  readonly usedX87: number;
  readonly dirtyX87: number;

  /** Null where the head is nothing that could be translated. */
  static find(memory: Uint8Array, source: RegionSource, link: Linked): Region | null {
    const tables = new JumpTables(memory, source.linearPage, source.mode.user);
    const finder = new BlockFinder(memory, source.pages, source.code32, tables, source.heads, source.callees, source.returns);
    const blocks = finder.find(
      source.entries.map(({ offset }) => offset),
      source.longest,
    );
    const entries = learn(blocks, source, link);
    return blocks.has(source.entries[0].offset) ? new Region(source, entries, blocks) : null;
  }

  private constructor(
    readonly source: RegionSource,
    entries: readonly number[],
    blocks: Map<number, Block>,
  ) {
    this.entries = entries;
    this.flow = analyse(entries, (key) => blocks.get(key)?.successors ?? []);
    this.blocks = new Map(
      this.flow.order.flatMap((key) => {
        const block = key === undefined ? undefined : blocks.get(key);
        return block ? [[block.key, block]] : [];
      }),
    );
    this.pagesSeen = pagesSeen(this.flow, this.blocks);
    liveness(this.blocks);
    const facts = [...this.blocks.values()].map((block) => block.facts);
    this.dirty = facts.reduce((all, one) => all | one.dirty, 0);
    this.used = facts.reduce((all, one) => all | one.used, this.dirty);
    this.dirtyVectors = facts.reduce((all, one) => all | one.dirtyVectors, 0);
    this.dirtyX87 = facts.reduce((all, one) => all | one.dirtyX87, 0);
    this.usedX87 = facts.reduce((all, one) => all | one.usedX87, this.dirtyX87);
    this.usedVectors = facts.reduce((all, one) => all | one.usedVectors, this.dirtyVectors);
  }

  /** It has code of callees, or of where it returns to. */
  get takesIn(): boolean {
    return this.source.callees.size > 0 || this.source.returns.length > 0;
  }
  /** Distances of the pages that its code lies in. */
  get pageDistances(): number[] {
    return [...new Set([...this.blocks.values()].flatMap((block) => block.pages))];
  }
  /** Some of it depends on TOP and tags; or relies on the usual mode of MXCSR. */
  get asksShape(): boolean {
    return [...this.blocks.values()].some(({ facts }) => facts.asksShape);
  }
  get asksMode(): boolean {
    return [...this.blocks.values()].some(({ facts }) => facts.usualMode);
  }
  get instructionCount(): number {
    return instructionsOf(this.blocks.values());
  }
  /** Blocks of its own code, without that of callees. */
  get ownBlocks(): Block[] {
    return [...this.blocks.values()].filter(({ frame }) => frame.number === 0);
  }
  /** Offsets of the functions that its own code calls, whether they are taken in or not. */
  get calls(): number[] {
    const last = this.ownBlocks.flatMap(({ instructions }) => instructions.at(-1) ?? []);
    return [...new Set(last.filter(({ entry }) => entry.name === "call").map(targetOf))];
  }
}

const ignore = () => {};
const nowhere: Ways = {
  leaveBefore: ignore,
  leaveBehind: ignore,
  leaveForEvents: ignore,
  goTo: ignore,
  goToEip: ignore,
  takesIn: () => false,
  call: ignore,
  returnTo: ignore,
  budgetLeft: () => 0,
  leftBehind: () => 0,
  again: ignore,
};

/**
 * Stages every block that is reached for the first time, one that leads to it before it, and cuts it before the first instruction that is left to the
 * interpreter.
 * @returns the entries that are left
 */
function learn(blocks: Map<number, Block>, { entries, mode }: RegionSource, link: Linked): number[] {
  const f = new FunctionBuilder([], [], new NoBytes());
  const stage = new RegionStage(f, newRegisters(f), mode, link, nowhere, true);
  const reached = new Set<number>();
  // What the head leads to comes first: no other entry may say with which shape that is reached.
  for (const { offset, x87 } of entries) {
    if (reached.has(offset) || !shape(blocks.get(offset), x87)) continue;
    const waiting = [offset];
    reached.add(offset);
    for (let start = waiting.shift(); start !== undefined; start = waiting.shift()) {
      const block = blocks.get(start);
      if (!block) continue;
      learnBlock(block, stage);
      if (block.instructions.length === 0) blocks.delete(start);
      // With another shape than it was first reached with, a block is the interpreter's to enter.
      else block.successors = block.successors.filter((to) => shape(blocks.get(to), stage.x87.shape));
      for (const to of block.successors) {
        if (!reached.has(to)) waiting.push(to);
        reached.add(to);
      }
    }
  }
  for (const start of blocks.keys()) if (!reached.has(start)) blocks.delete(start);
  for (const block of blocks.values()) block.successors = block.successors.filter((to) => blocks.has(to));
  const asks = [...blocks.values()].some(({ facts }) => facts.asksShape);
  const left = entries.filter(({ offset, x87 }, i) => {
    const block = blocks.get(offset);
    if (!block || i === 0) return block !== undefined;
    return block.pages.every((distance) => distance === 0) && (!asks || shape(block, x87));
  });
  return [...new Set(left.map(({ offset }) => offset))];
}

function learnBlock(block: Block, stage: RegionStage): void {
  stage.startBlock(block.facts);
  for (const [number, instruction] of block.instructions.entries()) {
    const facts = new InstructionFacts();
    const { used, dirty, usedVectors, dirtyVectors, usedX87, dirtyX87, asksShape } = block.facts;
    stage.emit(instruction, number, facts);
    if (facts.leaves) {
      Object.assign(block.facts, { used, dirty, usedVectors, dirtyVectors, usedX87, dirtyX87, asksShape });
      block.instructions = block.instructions.slice(0, number);
      Object.assign(block, { successors: [], falls: instruction.offset, calls: false, callee: undefined });
      break;
    }
    block.facts.instructions.push(facts);
  }
  // STI at the end of what is translated: its shadow is the interpreter's to keep.
  if (block.facts.instructions.at(-1)?.endsBlock && block.successors.length === 0) {
    const last = block.instructions.pop();
    block.facts.instructions.pop();
    block.falls = last?.offset;
  }
}

/** Says with which TOP and tags a block begins. False: that differs from what was said before. */
function shape(block: Block | undefined, by: X87Shape): boolean {
  if (!block) return false;
  const { facts } = block;
  if (!facts.shaped) Object.assign(facts, { shaped: true, shape: by });
  return facts.shape.top === by.top && facts.shape.tags === by.tags;
}

/** Which flags are read behind each instruction before they are set again. Whoever is outside may read all. */
function liveness(blocks: ReadonlyMap<number, Block>): void {
  const entries = [...blocks.values()].reverse();
  const leaves = new Set(entries.filter((block) => outside(block, blocks)));
  for (const { facts } of entries) for (const one of facts.instructions) one.liveBefore = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of entries) {
      let live = leaves.has(block) ? Flag.all : 0;
      for (const to of block.successors) live |= blocks.get(to)?.facts.instructions[0].liveBefore ?? Flag.all;
      for (let i = block.instructions.length - 1; i >= 0; i--) {
        const one = block.facts.instructions[i];
        one.liveAfter = one.endsBlock ? Flag.all : live;
        live = one.reads | (one.liveAfter & ~one.writes);
        if (live !== one.liveBefore) changed = true;
        one.liveBefore = live;
      }
    }
  }
}

/** Whether a block may go on somewhere outside the region. */
function outside(block: Block, blocks: ReadonlyMap<number, Block>): boolean {
  const last = block.instructions.at(-1);
  // A return may lead to anywhere, whoever has called.
  if (last?.entry.name === "ret") return true;
  const ways = (block.falls === undefined ? 0 : 1) + (last?.kind.transfer ? 1 : 0);
  return block.successors.filter((to) => blocks.has(to)).length < ways;
}
