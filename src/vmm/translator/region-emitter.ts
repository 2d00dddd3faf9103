import { Event } from "../cpu/events.js";
import * as at from "../cpu/layout.js";
import { countEntry } from "../interpreter/core-functions.js";
import { ExitReason } from "../interpreter/exit.js";
import { Rec } from "../interpreter/record.js";
import { Emitter, type Value } from "../isa/emitter.js";
import { RF } from "../isa/flags.js";
import { MODE_BITS, PE, USUAL } from "../sse/mxcsr.js";
import type { FunctionBuilder, Label } from "../wasm/function.js";
import { Op, SimdMem, ValueType } from "../wasm/opcodes.js";
import { type Block, type CodePage, type Frame, keyIn, targetOf } from "./blocks.js";
import { RETURNS } from "./exit-counts.js";
import { Flag } from "./pending-flags.js";
import type { Region } from "./region.js";
import type { X87Shape } from "./region-x87.js";
import { RegionStage } from "./stage.js";
import { type Linked, newRegisters, type Registers, type Ways } from "./surroundings.js";
import { OFFSET_BITS, Way } from "./ways.js";

const { i32 } = ValueType;

/** Functions that a region's code calls. */
export interface LinkedFunctions extends Linked {
  /** The region's own function. */
  readonly self: number;
  /** (target EIP, 0) -> record or 0; (target EIP, where a return is expected, depth) -> what a region gives: interpreter/core-functions.ts. */
  readonly jump: number;
  readonly call: number;
  /** (request, way, instructions): exit-counts.ts. */
  readonly profile?: number;
}

/** What a region gives when the guest has returned to where its caller expects that. No record has this address. */
const RETURNED = 1;
/** Calls inside each other: a bound for the host's stack. */
const DEEPEST = 100;

/** Parameters (interpreter/core-functions.ts). */
const RECORD = { local: 0 };
const EXPECTED = { local: 1 };
const DEPTH = { local: 2 };
const ENTRY = { local: 3 };

/** Widest range of offsets that a jump by a table is translated for. */
const WIDEST_SWITCH = 3072;

/** All x87 exceptions masked: then none becomes pending inside a region. */
const X87_MASKS = 0x3f;

/** Emits the function by which a region is entered from one of its records: a handler, as the interpreter calls them. */
export function emitEntry(f: FunctionBuilder, region: number): void {
  const e = new Emitter(f);
  // Without the record's position, which only the interpreter's runs have.
  e.setState(at.BUDGET, e.sub(e.state(at.BUDGET), e.loadHost(RECORD, 4, Rec.position)));
  countEntry(e);
  e.put(RECORD);
  e.put(0);
  e.put(0);
  e.put(e.loadHost(RECORD, 4, Rec.immediate));
  f.call(region);
}

/**
 * Emits a region's function. It gives the next record, or 0, as the core module's handlers do: on the way out registers and the budget go
 * back into memory, and the next instruction is looked up by its EIP. Regions live on RESERVE, which is kept in a local and charged block by block. It is never used up: a region is entered, and goes round a loop or on behind a call, only where more than all of its
 * instructions are left. So what ends exactly where the budget does (an event by the deterministic clock, the shadow of STI) is the interpreter's.
 *
 * A call in guest code calls the region of its target: if the guest returns to behind the call, so does the function (RETURNED), and the
 * caller goes on. Whatever else happens, both give what the callee gave: then nobody waits for the return any more.
 */
export class RegionEmitter {
  private readonly e: Emitter;
  private readonly registers: Registers;
  private readonly budget: { local: number };
  private readonly target: { local: number };
  /** Instructions of the present block that were charged and have not retired. */
  private readonly refund: { local: number };
  private readonly way: { local: number };
  private readonly eipPage: { local: number };
  private readonly dispatchTo: { local: number };
  private dispatcher?: Label;
  private readonly stage: RegionStage;
  private readonly tails = new Map<Way, Label>();
  private readonly labels = new Map<number, Label>();
  private block!: Block;
  private node = 0;
  /** What may retire between two looks at the budget. */
  private readonly longest: number;
  /** Whether any of its instructions depends on TOP and tags. */
  private readonly asksShape: boolean;

  constructor(
    private readonly f: FunctionBuilder,
    private readonly link: LinkedFunctions,
    private readonly region: Region,
  ) {
    this.e = new Emitter(f);
    this.longest = region.instructionCount;
    this.asksShape = [...region.blocks.values()].some(({ facts }) => facts.asksShape);
    this.registers = newRegisters(f);
    this.budget = { local: f.local(i32) };
    this.target = { local: f.local(i32) };
    this.refund = { local: f.local(i32) };
    this.way = { local: f.local(i32) };
    this.eipPage = { local: f.local(i32) };
    this.dispatchTo = { local: f.local(i32) };
    const ways: Ways = {
      leaveBefore: (number, curable) => this.leaveAt(number, curable),
      leaveBehind: (number) => this.leaveBehind(number, Way.outside),
      leaveForEvents: (number) => this.leaveBehind(number, Way.events),
      goTo: (offset) => this.goTo(offset, this.block.callee ?? this.block.frame),
      goToEip: (target) => this.switchTo(target),
      takesIn: () => this.block.callee !== undefined,
      call: (target, offset) => this.call(target, offset),
      returnTo: (target) => this.returnTo(target),
      budgetLeft: () => this.budgetLeft(),
      leftBehind: (number) => this.leftBehind(number),
      again: (iterations, number, repeat, settle) => this.again(iterations, number, repeat, settle),
    };
    this.stage = new RegionStage(f, this.registers, region.source.mode, link, ways, false);
  }

  emit(): void {
    const { f, e } = this;
    this.guard();
    this.load();
    if ([...this.region.blocks.values()].some((block) => block.calls)) e.assign(this.eipPage, e.state(at.EIP_PAGE));
    if (this.region.entries.length > 1) e.assign(this.dispatchTo, ENTRY);
    const tail = f.block();
    const ways = Object.values(Way);
    for (const way of ways) this.tails.set(way, f.block());
    this.tree(0);
    for (const way of ways.toReversed()) {
      f.end();
      e.assign(this.way, way);
      f.br(tail);
    }
    f.end();
    this.leave();
  }

  // Borders

  /** What the code was made for must hold; otherwise the entry is the interpreter's. */
  private guard(): void {
    const { e } = this;
    const gates = new Set<number>();
    for (const { facts } of this.region.blocks.values()) for (const gate of facts.gates) gates.add(gate);
    let bad = e.eqz(e.gtS(e.state(at.RESERVE), this.longest));
    for (const gate of gates) bad = e.or(bad, e.state(gate));
    const { entries, blocks } = this.region;
    const head = blocks.get(this.head) as Block;
    for (const distance of head.pages) if (distance !== 0) bad = e.or(bad, this.isElsewhere(distance));
    if (this.asksShape)
      for (const [i, offset] of entries.entries()) {
        const differs = this.shapeDiffers((blocks.get(offset) as Block).facts.shape);
        bad = e.or(bad, entries.length === 1 ? differs : e.select(e.eq(ENTRY, i), differs, 0));
      }
    if (gates.has(at.X87_GATE)) bad = e.or(bad, e.xor(e.and(e.state(at.X87_CONTROL), X87_MASKS), X87_MASKS));
    if ([...this.region.blocks.values()].some(({ facts }) => facts.usualMode)) {
      const precision = this.region.source.mode.inexact ? PE : 0;
      bad = e.or(bad, e.xor(e.and(e.state(at.MXCSR), MODE_BITS | precision), USUAL | precision));
    }
    e.seldom(bad, () => this.giveEntry());
    e.recycle();
  }

  private get head(): number {
    return this.region.entries[0];
  }
  /** Not 0 where TOP and tags aren't these. */
  private shapeDiffers({ top, tags }: X87Shape): Value {
    const { e } = this;
    return e.or(e.xor(e.state(at.X87_TOP), top), e.xor(e.state(at.X87_TAGS), tags));
  }

  /** Registers and budget out of memory, and back there. */
  private load(): void {
    const { e } = this;
    const { general, vector, significand, signExponent } = this.registers;
    const { used, usedVectors, usedX87 } = this.region;
    for (let n = 0; n < 8; n++) {
      if (used & (1 << n)) e.assign({ local: general[n] }, e.state(at.GPR + 8 * n));
      if (usedVectors & (1 << n)) this.assignVector(vector[n], at.XMM + 16 * n);
      if (usedX87 & (1 << n)) {
        e.assignWide({ local: significand[n] }, e.loadHostWide(0, at.X87 + 16 * n));
        e.assign({ local: signExponent[n] }, e.loadHost(0, 2, at.X87 + 16 * n + 8));
      }
    }
    e.assign(this.budget, e.state(at.RESERVE));
    e.recycle();
  }
  private assignVector(local: number, address: number): void {
    this.f.i32(0).simdMem(SimdMem.v128_load, address).set(local);
  }
  private store(how?: Value): void {
    const { e } = this;
    const { general, vector, significand, signExponent } = this.registers;
    const { dirty, dirtyVectors, dirtyX87 } = this.region;
    for (let n = 0; n < 8; n++) {
      if (dirty & (1 << n)) e.setState(at.GPR + 8 * n, { local: general[n] });
      if (dirtyVectors & (1 << n)) e.storeHostVector(0, { local: vector[n] }, at.XMM + 16 * n);
      if (dirtyX87 & (1 << n)) {
        e.storeHostWide(0, { local: significand[n] }, at.X87 + 16 * n);
        e.storeHost(0, 2, { local: signExponent[n] }, at.X87 + 16 * n + 8);
      }
    }
    if (how !== undefined && this.link.profile !== undefined) {
      for (const v of [this.region.source.id, how, e.sub(e.state(at.RESERVE), this.budget)]) e.put(v);
      this.f.call(this.link.profile);
    }
    e.setState(at.RESERVE, this.budget);
    e.recycle();
  }

  /** Gives the entry to the interpreter: its copy, or where the record isn't known, by way of that. */
  private giveEntry(): void {
    const { f, e } = this;
    e.when(RECORD, () => {
      e.setState(at.BUDGET, e.add(e.state(at.BUDGET), e.loadHost(RECORD, 4, Rec.position)));
      e.put(e.loadHost(RECORD, 4, Rec.target));
      f.op(Op.return);
    });
    this.jump(e.add(e.state(at.EIP_PAGE), this.head));
  }
  private jump(eip: Value): void {
    this.e.put(eip);
    this.f.i32(0).call(this.link.jump).op(Op.return);
  }

  private leave(): void {
    const { f, e } = this;
    e.assign(this.budget, e.add(this.budget, this.refund));
    this.store(this.way);
    const switches = [...this.region.blocks.values()].some((block) => block.switches);
    const exits = e.shl(this.way, 3);
    e.storeHostWide(exits, e.addWide(e.loadHostWide(exits, at.REGION_EXITS), 1n), at.REGION_EXITS);
    e.when(e.ltU(this.way, switches ? Way.events : Way.indirect), () => this.countLeave());
    e.when(e.eq(this.way, Way.entry), () => this.giveEntry());
    e.when(e.ne(this.way, Way.indirect), () => e.assign(this.target, e.add(this.target, e.state(at.EIP_PAGE))));
    e.when(e.eq(this.way, Way.events), () => {
      e.setState(at.EIP, this.target);
      e.setState(at.EXIT_RECORD, 0);
      e.setState(at.EXIT_REASON, ExitReason.Events);
      f.i32(0).op(Op.return);
    });
    this.jump(this.target);
    f.op(Op.unreachable);
  }

  /** For whoever decides what to translate again: returns to somebody who no longer waits for them can't be helped. */
  private countLeave(): void {
    const { e } = this;
    const slot = at.LEAVES + 8 * (this.region.source.id % at.LEAVES_SLOTS);
    e.setState(slot, e.add(e.state(slot), 1));
    const offset = e.sub(this.target, e.select(e.eq(this.way, Way.indirect), e.state(at.EIP_PAGE), 0));
    e.setState(slot + 4, e.or(e.shl(this.way, OFFSET_BITS), e.and(offset, (1 << OFFSET_BITS) - 1)));
  }

  // Blocks

  /** The code of a node and of all that it dominates. */
  private tree(number: number): void {
    const { f } = this;
    const node = this.region.flow.nodes[number];
    if (node.isLoop) this.labels.set(number, f.loop());
    const dispatches = this.region.flow.order[number] === undefined;
    if (dispatches) this.dispatcher = f.loop();
    for (const merge of node.merges) this.labels.set(merge, f.block());
    if (dispatches) this.dispatch();
    else this.body(number);
    for (const merge of node.merges.toReversed()) {
      f.end();
      this.tree(merge);
    }
    if (dispatches) f.end();
    if (node.isLoop) f.end();
  }

  /** To the block whose number among the dispatched ones is in a local. */
  private dispatch(): void {
    const { f, region } = this;
    const { numbers, nodes, dispatched } = region.flow;
    const to = dispatched.map((offset) => numbers.get(offset) as number);
    const own = to.filter((number) => !nodes[number].isMerge);
    const blocks = new Map(own.map((number) => [number, f.block()]));
    const labels = to.map((number) => blocks.get(number) ?? (this.labels.get(number) as Label));
    f.get(this.dispatchTo.local).brTable(labels, labels[0]);
    for (const number of own.toReversed()) {
      f.end();
      this.tree(number);
    }
  }

  private body(number: number): void {
    const { e, stage } = this;
    const block = this.blockOf(number);
    this.block = block;
    this.node = number;
    e.assign(this.budget, e.sub(this.budget, block.instructions.length));
    e.recycle();
    stage.startBlock(block.facts);
    for (const [i, instruction] of block.instructions.entries()) stage.emit(instruction, i, block.facts.instructions[i]);
    if (block.falls !== undefined) this.goTo(block.falls, block.frame);
  }

  /** On to the instruction at `offset` of a frame; emits what follows there, if nothing else leads to it. */
  private goTo(offset: number, frame: Frame): void {
    const { stage, node } = this;
    const { flow } = this.region;
    const number = flow.numbers.get(keyIn(frame, offset));
    if (number === undefined || !flow.nodes[node].successors.includes(number)) {
      stage.settleFor(Flag.all);
      this.leaveToOffset(offset);
      return;
    }
    stage.settleFor(this.blockOf(number).facts.instructions[0].liveBefore);
    this.goToNode(number);
  }
  private goToNode(number: number): void {
    const { f, node, block, region } = this;
    const to = this.blockOf(number);
    this.unlessElsewhere(to);
    if (number <= node) this.unlessExhausted(to.start);
    if (region.flow.nodes[node].byDispatcher.has(number)) {
      this.e.assign(this.dispatchTo, region.flow.dispatched.indexOf(to.key));
      f.br(this.dispatcher as Label);
      return;
    }
    if (number <= node || region.flow.nodes[number].isMerge) {
      f.br(this.labels.get(number) as Label);
      return;
    }
    this.tree(number);
    this.block = block;
    this.node = node;
  }

  /** Of any node but the dispatcher. */
  private blockOf(number: number): Block {
    const { flow, blocks } = this.region;
    return blocks.get(flow.order[number] as number) as Block;
  }

  /** A jump by a table: to those of its targets that are known, by a table of ours over their offsets. */
  private switchTo(eip: Value): void {
    const { f, e, region, node, block } = this;
    const numbers = region.flow.nodes[node].successors;
    const offsets = numbers.map((number) => this.blockOf(number).start);
    const first = Math.min(...offsets);
    const size = Math.max(...offsets) - first + 1;
    if (!block.switches || numbers.length === 0 || size > WIDEST_SWITCH) {
      this.leaveTo(eip);
      return;
    }
    e.assign(this.target, eip);
    const back = this.stage.saved();
    const labels = numbers.map(() => f.block());
    const elsewhere = this.tails.get(Way.indirect) as Label;
    const table = Array.from({ length: size }, () => elsewhere);
    for (const [i, offset] of offsets.entries()) table[offset - first] = labels[i];
    e.put(e.sub(this.target, e.add(e.state(at.EIP_PAGE), first)));
    e.recycle();
    f.brTable(table, elsewhere);
    for (const number of numbers.toReversed()) {
      f.end();
      back();
      this.goToNode(number);
    }
  }

  /** Where code goes on in a page that it hasn't been in: leaves if the guest's page there is not the one that the code was made from any more. */
  private unlessElsewhere({ start, pages }: Block): void {
    const { e } = this;
    const seen = this.region.pagesSeen.get(this.block.key);
    for (const distance of pages) if (!seen?.has(distance)) e.seldom(this.isElsewhere(distance), () => this.leaveToOffset(start));
    e.recycle();
  }
  private isElsewhere(distance: number): Value {
    const { e } = this;
    const { pages, mode } = this.region.source;
    const page = e.shrU(e.add(e.state(at.EIP_PAGE), distance * at.PAGE_SIZE), 12);
    const slot = e.shl(e.and(page, at.FETCH_CACHE_SLOTS - 1), 3);
    const tag = e.or(e.shl(page, 1), mode.user ? 1 : 0);
    const host = (pages.get(distance) as CodePage).host;
    return e.or(e.xor(e.loadHost(slot, 4, at.FETCH_CACHE), tag), e.xor(e.loadHost(slot, 4, at.FETCH_CACHE + 4), host | 0));
  }

  // Ways out

  private tail(way: Way): void {
    this.f.br(this.tails.get(way) as Label);
  }
  private leaveTo(eip: Value): void {
    this.e.assign(this.target, eip);
    this.tail(Way.indirect);
  }
  private leaveToOffset(offset: number, way: Way = Way.outside): void {
    this.e.assign(this.target, offset);
    this.tail(way);
  }
  /** Leaves to the instruction at `offset` where the budget is used up. */
  private unlessExhausted(offset: number): void {
    this.e.seldom(this.exhausted(), () => this.leaveToOffset(offset, Way.budget));
    this.e.recycle();
  }
  private exhausted(): Value {
    return this.e.ltS(this.budget, this.longest + 1);
  }
  private budgetLeft(): Value {
    const left = this.e.sub(this.budget, this.longest);
    return this.e.select(this.e.gtS(left, 0), left, 0);
  }
  /** The block has been charged as a whole. */
  private leftBehind(number: number): Value {
    return this.e.add(this.e.add(this.budget, this.e.state(at.BUDGET)), this.block.instructions.length - number - 1);
  }
  private leaveAt(number: number, curable: boolean): void {
    const { offset } = this.block.instructions[number];
    this.refundFrom(number);
    const { entries } = this.region;
    const entry = entries.indexOf(offset);
    if (entry >= 0 && entries.length > 1) this.e.when(this.e.eq(ENTRY, entry), () => this.leaveToOffset(offset, Way.entry));
    this.leaveToOffset(offset, entry >= 0 && entries.length === 1 ? Way.entry : curable ? Way.interpreter : Way.budget);
  }
  private leaveBehind(number: number, way: Way): void {
    const { offset, length } = this.block.instructions[number];
    this.refundFrom(number + 1);
    this.leaveToOffset(offset + length, way);
  }
  /** The block was charged as a whole: what comes from instruction `number` on is given back. */
  private refundFrom(number: number): void {
    const count = this.block.instructions.length - number;
    if (count > 0) this.e.assign(this.refund, count);
  }

  private again(iterations: Value, number: number, repeat: Label, settle: () => void): void {
    const { e } = this;
    e.assign(this.budget, e.sub(this.budget, iterations));
    e.when(e.gtS(this.budget, this.longest), () => this.f.br(repeat));
    // Left between two iterations, as Cpu.betweenIterations has it.
    e.setState(at.EFLAGS, e.or(e.state(at.EFLAGS), RF));
    e.setState(at.EVENTS, e.or(e.state(at.EVENTS), Event.Resume));
    settle();
    this.refundFrom(number);
    this.leaveToOffset(this.block.instructions[number].offset, Way.budget);
    e.recycle();
  }

  // Calls

  private call(target: Value, offset: number): void {
    const { f, e } = this;
    const itself = this.callsItself();
    e.assign(this.target, target);
    e.seldom(e.or(this.exhausted(), e.eqz(e.ltU(DEPTH, DEEPEST))), () => this.tail(Way.indirect));
    if (!itself) this.countCall();
    this.store();
    const expected = e.add(e.state(at.EIP_PAGE), offset);
    const depth = e.add(DEPTH, 1);
    if (itself) {
      e.put(0);
      e.put(expected);
      e.put(depth);
      e.put(0);
      f.call(this.link.self);
    } else {
      e.put(this.target);
      e.put(expected);
      e.put(depth);
      f.call(this.link.call);
    }
    const answer = e.take();
    e.seldom(e.ne(answer, RETURNED), () => {
      e.put(answer);
      f.op(Op.return);
    });
    e.recycle();
    if (!itself) e.setState(at.EIP_PAGE, this.eipPage);
    this.load();
    if (this.asksShape) e.seldom(this.shapeDiffers(this.stage.x87.shape), () => this.leaveToOffset(offset));
    this.unlessExhausted(offset);
  }
  /** For whoever decides whether callees are to be taken in, and the code that returns lead to. */
  private countCall(): void {
    if (!this.region.takesIn) this.count(at.CALLS);
  }
  private countReturn(): void {
    const { e } = this;
    if (this.region.takesIn) return;
    const word = this.count(at.RETURNS);
    e.setState(word + 4, e.sub(this.target, e.state(at.EIP_PAGE)));
  }
  private count(words: number): number {
    const { e } = this;
    const word = words + 8 * (this.region.source.id % at.LEAVES_SLOTS);
    e.setState(word, e.add(e.state(word), 1));
    return word;
  }
  /** Whether the call at the end of the block is to the region's own head. */
  private callsItself(): boolean {
    const call = this.block.instructions.at(-1);
    return call?.entry.name === "call" && targetOf(call) === this.head;
  }
  private returnTo(target: Value): void {
    const { f, e, stage } = this;
    const { depth, caller, behind } = this.block.frame;
    e.assign(this.target, target);
    if (depth === 0)
      e.when(e.and(e.eq(this.target, EXPECTED), e.ne(DEPTH, 0)), () => {
        stage.settleFor(Flag.all);
        this.store(RETURNS);
        f.i32(RETURNED).op(Op.return);
      });
    const elsewhere = () => {
      stage.settleFor(Flag.all);
      if (depth === 0) this.countReturn();
      this.tail(Way.indirect);
    };
    if (!caller) elsewhere();
    else {
      e.seldom(e.ne(this.target, e.add(e.state(at.EIP_PAGE), behind)), elsewhere);
      e.recycle();
      this.goTo(behind, caller);
    }
    e.recycle();
  }
}
