import { Event } from "../cpu/events.js";
import * as at from "../cpu/layout.js";
import { ExitReason } from "../interpreter/exit.js";
import { Rec } from "../interpreter/record.js";
import type { Emitter, Value } from "../isa/emitter.js";
import { RF } from "../isa/flags.js";
import type { FunctionBuilder, Label } from "../wasm/function.js";
import { FunctionBuilder as Scratch } from "../wasm/function.js";
import { Mem, Op, ValueType } from "../wasm/opcodes.js";
import { type Block, BlockFinder, type CodePages } from "./blocks.js";
import { InstructionFacts } from "./facts.js";
import { analyse, type Flow } from "./flow.js";
import { Flag } from "./pending-flags.js";
import { type Linked, type RegionMode, RegionStage, type Ways } from "./stage.js";

const { i32 } = ValueType;

/** Instructions that a region is made of at most. V8 gives functions of more than 8,192 virtual registers a poorer register allocator. */
const LIMIT = 300;

/** What to translate. */
export interface RegionSource {
  readonly pages: CodePages;
  /** Offset of the head in page 0. */
  readonly head: number;
  readonly code32: boolean;
  readonly mode: RegionMode;
}

/** Functions that the module has to link, as staging for the first time has found. */
export interface LinkedFunctions extends Linked {
  /** (target EIP, 0) -> record or 0: interpreter/core-functions.ts. */
  readonly jump: number;
}

/** Why a region is left, beside a fault to come: an argument of its tail. */
const Way = {
  /** To the instruction at offset `target`. */
  relative: 0,
  /** To the EIP in `target`. */
  absolute: 1,
  /** To the region's own first instruction, which is the interpreter's this time. */
  head: 2,
  /** To the instruction at offset `target`, with the monitor looking at events first. */
  events: 3,
} as const;
type Way = (typeof Way)[keyof typeof Way];

/**
 * One region: found, learned about, then emitted as a function (record) -> next record or 0, which is what the core module calls for a record
 * that it has no hot handler for. Its record is the region's head.
 *
 * On entry BUDGET counts the head's position, as for every record; what the region has left is BUDGET + RESERVE, kept in a local and
 * charged block by block. On the way out registers and the budget go back into memory, and the next instruction is looked up by EIP.
 *
 * A region never uses the budget up: it is entered, and goes round a loop, only where more than all of its instructions are left. So what ends exactly
 * where the budget does (an event by the deterministic clock, the shadow of STI) is the interpreter's.
 */
export class Region {
  readonly blocks: ReadonlyMap<number, Block>;
  private readonly flow: Flow<number>;
  private readonly used: number;
  private readonly dirty: number;

  /** Null where the head is nothing that could be translated. */
  static find(memory: Uint8Array, source: RegionSource, link: Linked): Region | null {
    const finder = new BlockFinder(memory, source.pages, source.code32);
    const blocks = finder.find(source.head, LIMIT);
    learn(blocks, source.mode, link);
    return blocks.get(source.head)?.instructions.length ? new Region(source, blocks) : null;
  }

  private constructor(
    private readonly source: RegionSource,
    blocks: Map<number, Block>,
  ) {
    this.flow = analyse(source.head, (start) => blocks.get(start)?.successors ?? []);
    this.blocks = new Map(this.flow.order.flatMap((start) => (blocks.has(start) ? [[start, blocks.get(start) as Block]] : [])));
    liveness(this.blocks);
    let [used, dirty] = [0, 0];
    for (const { facts } of this.blocks.values()) {
      used |= facts.used;
      dirty |= facts.dirty;
    }
    this.used = used | dirty;
    this.dirty = dirty;
  }

  get instructionCount(): number {
    return countInstructions(this.blocks);
  }

  /** Emits the function's body. */
  emit(f: FunctionBuilder, link: LinkedFunctions): void {
    new RegionEmitter(f, link, this.source, this.flow, this.blocks, this.used, this.dirty).emit();
  }
}

function countInstructions(blocks: ReadonlyMap<number, Block>): number {
  let count = 0;
  for (const { instructions } of blocks.values()) count += instructions.length;
  return count;
}

const ignore = () => {};
const nowhere: Ways = {
  leaveBefore: ignore,
  leaveForEvents: ignore,
  goTo: ignore,
  goToEip: ignore,
  budgetLeft: (e) => e.state(at.BUDGET),
  again: ignore,
};

/** Stages every block for the first time, and cuts it before the first instruction that is left to the interpreter. */
function learn(blocks: Map<number, Block>, mode: RegionMode, link: Linked): void {
  const f = new Scratch([i32], [i32]);
  const registers = Array.from({ length: 8 }, () => f.local(i32));
  const stage = new RegionStage(f, registers, mode, link, nowhere, true);
  for (const [start, block] of blocks) {
    stage.startBlock(block.facts);
    for (const [number, instruction] of block.instructions.entries()) {
      const facts = new InstructionFacts();
      const { used, dirty } = block.facts;
      stage.emit(instruction, number, facts);
      if (facts.leaves) {
        Object.assign(block.facts, { used, dirty });
        block.instructions = block.instructions.slice(0, number);
        block.successors = [];
        block.falls = instruction.offset;
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
    if (block.instructions.length === 0) blocks.delete(start);
  }
  for (const block of blocks.values()) block.successors = block.successors.filter((to) => blocks.has(to));
}

/** Which flags are read behind each instruction before they are set again. Whoever is outside may read all. */
function liveness(blocks: ReadonlyMap<number, Block>): void {
  const entries = [...blocks.values()].reverse();
  for (const { facts } of entries) for (const one of facts.instructions) one.liveBefore = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of entries) {
      let live = outside(block, blocks) ? Flag.all : 0;
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
  const ways = (block.falls === undefined ? 0 : 1) + (last && /^(j|loop|call|ret)/.test(last.entry.name) ? 1 : 0);
  return block.successors.filter((to) => blocks.has(to)).length < ways;
}

class RegionEmitter {
  private readonly registers: readonly number[];
  private readonly budget: number;
  private readonly target: number;
  private readonly refund: number;
  private readonly way: number;
  private readonly stage: RegionStage;
  private tails = new Map<Way, Label>();
  private readonly labels = new Map<number, Label>();
  private block!: Block;
  private node = 0;
  /** What may retire between two looks at the budget. */
  private readonly longest: number;

  constructor(
    private readonly f: FunctionBuilder,
    private readonly link: LinkedFunctions,
    private readonly source: RegionSource,
    private readonly flow: Flow<number>,
    private readonly blocks: ReadonlyMap<number, Block>,
    private readonly used: number,
    private readonly dirty: number,
  ) {
    this.registers = Array.from({ length: 8 }, () => f.local(i32));
    this.longest = countInstructions(blocks);
    this.budget = f.local(i32);
    this.target = f.local(i32);
    this.refund = f.local(i32);
    this.way = f.local(i32);
    const ways: Ways = {
      leaveBefore: (number) => this.leaveAt(number),
      leaveForEvents: (number) => this.leaveForEvents(number),
      goTo: (offset) => this.goTo(offset),
      goToEip: () => this.goToEip(),
      budgetLeft: (e) => this.budgetLeft(e),
      again: (e, iterations, number, repeat) => this.again(e, iterations, number, repeat),
    };
    this.stage = new RegionStage(f, this.registers, source.mode, link, ways, false);
  }

  emit(): void {
    const { f } = this;
    this.enter();
    const tail = f.block();
    for (const way of [Way.events, Way.head, Way.absolute, Way.relative]) this.tails.set(way, f.block());
    this.tree(0);
    for (const way of [Way.relative, Way.absolute, Way.head, Way.events]) {
      f.end();
      f.i32(way).set(this.way).br(tail);
    }
    f.end();
    this.leave();
  }

  // Borders

  private enter(): void {
    const { f } = this;
    this.guard();
    for (let n = 0; n < 8; n++)
      if (this.used & (1 << n))
        f.i32(0)
          .mem(Mem.i32_load, at.GPR + 8 * n)
          .set(this.registers[n]);
    // BUDGET without the head's position.
    f.i32(0);
    f.i32(0).mem(Mem.i32_load, at.BUDGET).get(0).mem(Mem.i32_load, Rec.position).op(Op.i32_sub).tee(this.budget);
    f.mem(Mem.i32_store, at.BUDGET);
    f.get(this.budget).i32(0).mem(Mem.i32_load, at.RESERVE).op(Op.i32_add).set(this.budget);
  }

  /** What the code was made for must hold: else the head is the interpreter's. */
  private guard(): void {
    const { f } = this;
    const { gates, usesX87 } = this.demands();
    f.i32(0).mem(Mem.i32_load, at.BUDGET).get(0).mem(Mem.i32_load, Rec.position).op(Op.i32_sub);
    f.i32(0).mem(Mem.i32_load, at.RESERVE).op(Op.i32_add).i32(this.longest).op(Op.i32_le_s);
    for (const gate of gates) f.i32(0).mem(Mem.i32_load, gate).op(Op.i32_or);
    if (usesX87) f.i32(0).mem(Mem.i32_load, at.X87_CONTROL).i32(0x3f).op(Op.i32_and).i32(0x3f).op(Op.i32_xor).op(Op.i32_or);
    f.if();
    f.get(0).mem(Mem.i32_load, Rec.target).op(Op.return);
    f.end();
  }
  private demands(): { gates: number[]; usesX87: boolean } {
    const gates = new Set<number>();
    for (const { facts } of this.blocks.values()) for (const gate of facts.gates) gates.add(gate);
    return { gates: [...gates], usesX87: gates.has(at.X87_GATE) };
  }

  private leave(): void {
    const { f } = this;
    for (let n = 0; n < 8; n++)
      if (this.dirty & (1 << n))
        f.i32(0)
          .get(this.registers[n])
          .mem(Mem.i32_store, at.GPR + 8 * n);
    f.get(this.budget).get(this.refund).op(Op.i32_add).set(this.budget);
    // BUDGET, where everyone looks, keeps what it had, but never has more than is left.
    f.get(this.budget).i32(0).mem(Mem.i32_load, at.BUDGET).op(Op.i32_gt_s).if();
    f.i32(0).get(this.budget).i32(0).mem(Mem.i32_load, at.BUDGET).op(Op.i32_sub).mem(Mem.i32_store, at.RESERVE);
    f.else();
    f.i32(0).get(this.budget).mem(Mem.i32_store, at.BUDGET);
    f.i32(0).i32(0).mem(Mem.i32_store, at.RESERVE);
    f.end();
    f.get(this.way).i32(Way.head).op(Op.i32_eq).if();
    f.i32(0).i32(0).mem(Mem.i32_load, at.BUDGET).get(0).mem(Mem.i32_load, Rec.position).op(Op.i32_add).mem(Mem.i32_store, at.BUDGET);
    f.get(0).mem(Mem.i32_load, Rec.target).op(Op.return);
    f.end();
    f.get(this.way).i32(Way.absolute).op(Op.i32_ne).if();
    f.get(this.target).i32(0).mem(Mem.i32_load, at.EIP_PAGE).op(Op.i32_add).set(this.target);
    f.end();
    f.get(this.way).i32(Way.events).op(Op.i32_eq).if();
    f.i32(0).get(this.target).mem(Mem.i32_store, at.EIP);
    f.i32(0).i32(0).mem(Mem.i32_store, at.EXIT_RECORD);
    f.i32(0).i32(ExitReason.Events).mem(Mem.i32_store, at.EXIT_REASON);
    f.i32(0).op(Op.return);
    f.end();
    f.get(this.target).i32(0).call(this.link.jump);
  }

  // Blocks

  /** The code of a node and of all that it dominates. */
  private tree(number: number): void {
    const { f } = this;
    const node = this.flow.nodes[number];
    if (node.isLoop) this.labels.set(number, f.loop());
    const merges = [...node.merges];
    for (const merge of merges) this.labels.set(merge, f.block());
    this.body(number);
    for (const merge of merges.reverse()) {
      f.end();
      this.tree(merge);
    }
    if (node.isLoop) f.end();
  }

  private body(number: number): void {
    const { f, stage } = this;
    const block = this.blocks.get(this.flow.order[number]) as Block;
    this.block = block;
    this.node = number;
    f.get(this.budget).i32(block.instructions.length).op(Op.i32_sub).set(this.budget);
    stage.startBlock(block.facts);
    for (const [i, instruction] of block.instructions.entries()) stage.emit(instruction, i, block.facts.instructions[i]);
    if (block.falls !== undefined) this.goTo(block.falls);
  }

  /** On to the instruction at `offset`; emits what follows there, if nothing else leads to it. */
  private goTo(offset: number): void {
    const { f, flow, stage, node } = this;
    const number = flow.numbers.get(offset);
    const target = number === undefined || !flow.nodes[node].successors.includes(number) ? undefined : number;
    if (target === undefined) {
      stage.flagsFor(Flag.all);
      f.i32(offset).set(this.target);
      this.tail(Way.relative);
      return;
    }
    const block = this.blocks.get(offset) as Block;
    stage.flagsFor(block.facts.instructions[0].liveBefore);
    const label = this.labels.get(target);
    if (target <= node) {
      // Every way round a loop looks at the budget.
      f.get(this.budget).i32(this.longest).op(Op.i32_le_s).if();
      f.i32(offset).set(this.target);
      this.tail(Way.relative);
      f.end();
      f.br(label as Label);
    } else if (flow.nodes[target].isMerge) {
      f.br(label as Label);
    } else {
      const { block: here } = this;
      this.tree(target);
      this.block = here;
      this.node = node;
    }
  }
  private goToEip(): void {
    this.f.set(this.target);
    this.tail(Way.absolute);
  }

  private leaveAt(number: number): void {
    const { f, block } = this;
    const { offset } = block.instructions[number];
    this.refundFrom(number);
    if (offset === this.source.head) {
      this.tail(Way.head);
      return;
    }
    f.i32(offset).set(this.target);
    this.tail(Way.relative);
  }
  private budgetLeft(e: Emitter): Value {
    const left = e.sub({ local: this.budget }, this.longest);
    return e.select(e.gtS(left, 0), left, 0);
  }
  private again(e: Emitter, iterations: Value, number: number, repeat: Label): void {
    const { f } = this;
    const left = { local: this.budget };
    e.assign(left, e.sub(left, iterations));
    e.when(e.gtS(left, this.longest), () => f.br(repeat));
    // Left between two iterations, as Cpu.betweenIterations has it.
    e.setState(at.EFLAGS, e.or(e.state(at.EFLAGS), RF));
    e.setState(at.EVENTS, e.or(e.state(at.EVENTS), Event.Resume));
    this.refundFrom(number);
    f.i32(this.block.instructions[number].offset).set(this.target);
    this.tail(Way.relative);
  }
  private leaveForEvents(number: number): void {
    const { offset, length } = this.block.instructions[number];
    this.refundFrom(number + 1);
    this.f.i32(offset + length).set(this.target);
    this.tail(Way.events);
  }
  /** The block was charged as a whole: what comes from instruction `number` on is given back. */
  private refundFrom(number: number): void {
    const count = this.block.instructions.length - number;
    if (count > 0) this.f.i32(count).set(this.refund);
  }
  private tail(way: Way): void {
    this.f.br(this.tails.get(way) as Label);
  }
}
