import { Event } from "../cpu/events.js";
import * as at from "../cpu/layout.js";
import { RETURNED } from "../interpreter/core-functions.js";
import { Emitter, type Temp, type Value } from "../isa/emitter.js";
import { RF } from "../isa/flags.js";
import type { FunctionBuilder, Label } from "../wasm/function.js";
import { Op, ValueType } from "../wasm/opcodes.js";
import { type Block, type Frame, keyIn, targetOf } from "./blocks.js";
import { RETURNS } from "./exit-counts.js";
import { Flag } from "./pending-flags.js";
import type { Region } from "./region.js";
import { DEPTH, ENTRY, EXPECTED, type LinkedFunctions, RECORD, RegionBorder } from "./region-border.js";
import { RegionStage } from "./stage.js";
import type { Ways } from "./surroundings.js";
import { Way } from "./ways.js";

const { i32 } = ValueType;

/** Calls inside each other: a bound for the host's stack. */
const DEEPEST = 100;

/** Widest range of offsets that a jump by a table is translated for. */
const WIDEST_SWITCH = 3072;

/**
 * Emits a region's function. It gives the next record, or 0, as the core module's handlers do: on the way out registers and the budget go
 * back into memory, and the next instruction is looked up by its EIP. Regions live on RESERVE, which is kept in a local and charged block by block. It is never used up: a region is entered, and goes round a loop or on behind a call, only where more than all of its
 * instructions are left. So what ends exactly where the budget does (an event by the deterministic clock, the shadow of STI) is the interpreter's.
 *
 * A call in guest code calls the region of its target: if the guest returns to behind the call, so does the function (RETURNED), and the
 * caller goes on; regions that the callee goes on to by jumps return in its place. Whatever else happens, both give what the callee gave: then nobody
 * waits for the return any more.
 */
export class RegionEmitter {
  private readonly e: Emitter;
  private readonly border: RegionBorder;
  private readonly budget: Temp;
  private readonly target: Temp;
  private readonly eipPage: Temp;
  private readonly dispatchTo: Temp;
  private dispatcher?: Label;
  private readonly stage: RegionStage;
  private readonly tails = new Map<Way, Label>();
  private readonly labels = new Map<number, Label>();
  private block!: Block;
  private node = 0;

  constructor(
    private readonly f: FunctionBuilder,
    private readonly link: LinkedFunctions,
    private readonly region: Region,
  ) {
    this.e = new Emitter(f);
    this.border = new RegionBorder(this.e, link, region);
    this.budget = this.border.budget;
    this.target = this.border.target;
    this.eipPage = { local: f.local(i32) };
    this.dispatchTo = { local: f.local(i32) };
    const ways: Ways = {
      leaveBefore: (number, curable) => this.leaveAt(number, curable),
      leaveBehind: (number) => {
        this.border.unwind();
        this.leaveBehind(number, Way.outside);
      },
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
    this.stage = new RegionStage(f, this.border.registers, region.source.mode, link, ways, false);
  }

  emit(): void {
    const { f, e } = this;
    this.border.enter();
    if ([...this.region.blocks.values()].some((block) => block.calls)) e.assign(this.eipPage, e.state(at.EIP_PAGE));
    if (this.region.entries.length > 1) e.assign(this.dispatchTo, ENTRY);
    const tail = f.block();
    const ways = Object.values(Way);
    for (const way of ways) this.tails.set(way, f.block());
    this.tree(0);
    for (const way of ways.toReversed()) {
      f.end();
      e.assign(this.border.way, way);
      f.br(tail);
    }
    f.end();
    this.border.leave();
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
    for (const distance of pages) if (!seen?.has(distance)) e.seldom(this.border.isElsewhere(distance), () => this.leaveToOffset(start));
    e.recycle();
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
    return this.e.ltS(this.budget, this.border.longest + 1);
  }
  private budgetLeft(): Value {
    const left = this.e.sub(this.budget, this.border.longest);
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
    if (count > 0) this.e.assign(this.border.refund, count);
  }

  private again(iterations: Value, number: number, repeat: Label, settle: () => void): void {
    const { e } = this;
    e.assign(this.budget, e.sub(this.budget, iterations));
    e.when(e.gtS(this.budget, this.border.longest), () => this.f.br(repeat));
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
    e.seldom(e.or(this.exhausted(), e.eqz(e.ltU(DEPTH, DEEPEST))), () => {
      this.border.unwind();
      this.tail(Way.indirect);
    });
    this.countCall();
    this.border.store();
    const expected = e.add(e.state(at.EIP_PAGE), offset);
    const depth = e.add(DEPTH, 1);
    if (itself) {
      for (const v of [RECORD, expected, depth, 0]) e.put(v);
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
    this.border.load();
    if (this.region.asksShape) e.seldom(this.border.shapeDiffers(this.stage.x87.shape), () => this.leaveToOffset(offset));
    this.unlessExhausted(offset);
  }
  /** For whoever decides whether callees are to be taken in, and the code that returns lead to. */
  private countCall(): void {
    if (!this.region.takesIn) this.border.count(at.CALLS);
  }
  private countReturn(): void {
    const { e } = this;
    if (this.region.takesIn) return;
    this.border.count(at.RETURNS, e.sub(this.target, e.state(at.EIP_PAGE)));
  }
  /** Whether the call at the end of the block is to the region's own head. */
  private callsItself(): boolean {
    const call = this.block.instructions.at(-1);
    return call?.entry.name === "call" && targetOf(call) === this.region.entries[0];
  }
  private returnTo(target: Value): void {
    const { f, e, stage } = this;
    const { depth, caller, behind } = this.block.frame;
    e.assign(this.target, target);
    if (depth === 0)
      e.when(e.and(e.eq(this.target, EXPECTED), e.ne(DEPTH, 0)), () => {
        stage.settleFor(Flag.all);
        this.border.store(RETURNS);
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
