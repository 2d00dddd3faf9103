import { Event } from "../cpu/events.js";
import * as at from "../cpu/layout.js";
import type { Value, Vector } from "../isa/emitter.js";
import type { Elements } from "../isa/sse-elements.js";
import type { Helper, Requirement } from "../isa/stage.js";
import { PE } from "../sse/mxcsr.js";
import type { Label } from "../wasm/function.js";
import { Addresses, type Located } from "./addresses.js";
import type { BlockFacts, InstructionFacts } from "./facts.js";
import type { Instruction } from "./instruction.js";
import { Flag, localsOf, words } from "./pending-flags.js";
import { OperandStage } from "./stage-operands.js";
import { UNCONDITIONAL } from "./stage-site.js";
import { TemporaryFacts } from "./temporary-facts.js";
import { type VectorFact, VectorFacts } from "./vector-facts.js";

/**
 * The stage that translates: operands are constants and locals, general registers are locals, flags are statements (pending-flags.ts), and
 * whatever is not plain leaves the region before the instruction. Every block is staged twice: once to learn (`facts`, with the code thrown away), once to emit.
 */
export class RegionStage extends OperandStage {
  /** Where another iteration of a repeated string instruction begins. */
  private repeat?: Label;
  private readonly places = new TemporaryFacts<Located>();
  private readonly elements = new TemporaryFacts<VectorFact>();

  // Course of a block

  startBlock(block: BlockFacts): void {
    this.block = block;
    this.addresses = new Addresses(this.places);
    this.vectors = new VectorFacts(this.elements);
    this.pending = words;
    this.x87.startBlock(block);
    for (const group of block.groups.values()) group.local = undefined;
  }

  /** Emits one instruction. */
  emit(instruction: Instruction, number: number, facts: InstructionFacts): void {
    this.instruction = instruction;
    this.number = number;
    this.facts = facts;
    // Flags that change on some paths only are kept in memory.
    if (!this.learning && facts.conditional && (facts.liveAfter || this.mode.strict)) this.settle();
    this.before = this.pending;
    this.x87.startInstruction(instruction.offset);
    const { operands, repeats } = instruction.kind;
    if (repeats) this.repeat = this.f.loop();
    instruction.definition.body(this, instruction.size, ...operands);
    if (repeats) this.f.end();
    this.takeExposed();
    this.commit();
    this.recycleTemporaries();
  }

  private recycleTemporaries(): void {
    this.before = this.pending;
    this.places.forget();
    this.elements.forget();
    this.recycle(localsOf(this.pending));
  }

  /** What is known at the end of a block, so that code of other blocks can be emitted in between. */
  saved(): () => void {
    const { block, addresses, vectors, pending, before, instruction, number, facts, nesting } = this;
    const kept = [...localsOf(pending), ...localsOf(before)];
    const resumeX87 = this.x87.saved();
    return () => {
      resumeX87();
      this.block = block;
      this.addresses = addresses;
      this.vectors = vectors;
      this.pending = pending;
      this.before = before;
      this.instruction = instruction;
      this.number = number;
      this.facts = facts;
      this.nesting = nesting;
      this.retake(kept);
    };
  }

  /** Ends the translated part of the region: the instruction is the interpreter's. */
  private untranslated(): void {
    if (this.nesting === UNCONDITIONAL) this.facts.leaves = true;
    this.leave(!this.instruction.kind.timed);
  }

  // Floating point

  /** An instruction that kept leaving may be one that needs the exact way. */
  private get exact(): boolean {
    return this.mode.exactCalls || this.mode.slow.has(this.instruction.offset);
  }
  override usualMode(inexact: boolean): Value {
    if (this.exact) return super.usualMode(inexact);
    this.block.usualMode = true;
    return this.mode.inexact || !inexact ? 1 : this.and(this.state(at.MXCSR), PE);
  }
  override shortcut(requirements: readonly Requirement[], short: () => void, long: () => void): void {
    const { exact } = this;
    this.nesting++;
    if (exact) super.shortcut(requirements, short, long);
    else {
      const met = this.f.block();
      const unmet = this.f.block();
      this.demand(requirements, unmet);
      this.f.br(met).end();
      this.leave();
      this.f.end();
    }
    this.nesting--;
    if (!exact) short();
  }
  override knowsOrdinary(v: Vector, elements: Elements): boolean {
    return this.vectors.knows(v.local, elements);
  }
  override learnOrdinary(v: Vector, elements: Elements): void {
    if (this.nesting === UNCONDITIONAL) this.vectors.learn(v.local, elements);
  }

  // Control

  private eip(offset: number): Value {
    return this.add(this.state(at.EIP_PAGE), offset);
  }
  currentEip(): Value {
    return this.eip(this.instruction.offset);
  }
  nextEip(): Value {
    return this.eip(this.instruction.offset + this.instruction.length);
  }
  private targetOffset(): number {
    return this.instruction.offset + this.instruction.length + this.instruction.immediate;
  }
  relativeTarget(size: number): Value {
    return this.trunc(this.eip(this.targetOffset()), size);
  }
  checkTarget(): void {
    // The code segment has no limit in the mode that regions are made for.
  }
  jumpRelative(size: number): void {
    if (size !== 4) this.untranslated();
    else if (this.instruction.definition.name === "call" && !this.ways.takesIn()) this.callTo(this.relativeTarget(4));
    else this.ways.goTo(this.targetOffset());
  }
  branch(c: Value, size: number): void {
    if (size !== 4) {
      this.untranslated();
      return;
    }
    if (typeof c === "number") {
      if (c) this.jumpRelative(size);
      return;
    }
    this.put(c);
    this.f.if();
    const back = this.saved();
    this.ways.goTo(this.targetOffset());
    back();
    this.f.end();
  }
  jumpTo(target: Value): void {
    const { name } = this.instruction.definition;
    if (name === "callIndirect") {
      this.callTo(target);
      return;
    }
    if (name === "ret") {
      this.ways.returnTo(target);
      return;
    }
    this.settleFor(Flag.all);
    this.ways.goToEip(target);
  }
  private callTo(target: Value): void {
    this.settleFor(Flag.all);
    this.ways.call(target, this.instruction.offset + this.instruction.length);
    this.pending = words;
  }
  budgetLeft(): Value {
    return this.ways.budgetLeft();
  }
  leftBehind(): Value {
    return this.ways.leftBehind(this.number);
  }
  again(iterations: Value = 1): void {
    if (!this.learning) this.ways.again(iterations, this.number, this.repeat as Label, () => this.settleBefore());
  }
  endBlock(shadow = false): void {
    const leave = () => {
      if (!this.learning) this.ways.leaveForEvents(this.number);
    };
    this.facts.endsBlock = true;
    this.settleFor(Flag.all);
    if (!shadow) leave();
    else
      this.when(this.or(this.state(at.EVENTS), this.state(at.INTERRUPT_LINE)), () => {
        this.setState(at.EVENTS, this.or(this.state(at.EVENTS), Event.Shadow));
        leave();
      });
  }
  raise(): void {
    this.untranslated();
  }
  callout(): void {
    this.untranslated();
  }
  callHelper(helper: Helper): void {
    this.f.call(this.link.helper(helper));
  }
  sensitive(): void {
    if (this.mode.direct) this.untranslated();
  }
}
