import * as at from "../cpu/layout.js";
import type { Value, Vector } from "../isa/emitter.js";
import type { Condition, FlagsKind } from "../isa/stage.js";
import { ValueType } from "../wasm/opcodes.js";
import { carryOf, conditionOf, Flag, flagsOfCondition, overflowIn, type Pending, words, writeWords } from "./pending-flags.js";
import { SiteStage, UNCONDITIONAL } from "./stage-site.js";

/** The flags of the translating stage: statements (pending-flags.ts) until somebody may read the words in memory. */
export abstract class FlagStage extends SiteStage {
  protected pending: Pending = words;
  /** As it was when the instruction began: what a leave before it must write. */
  protected before: Pending = words;

  /** The block ends: what is pending goes into memory, flags if somebody behind this point may read one of `live`. */
  settleFor(live: number): void {
    if (live || this.mode.strict) writeWords(this, this.pending);
    this.x87.flush();
  }
  /** Leaves before the instruction; `curable`: a region that is made again may do without that. */
  protected leave(curable = true): void {
    if (this.learning) return;
    this.settleBefore();
    this.ways.leaveBefore(this.number, curable);
  }
  /** What is pending goes into memory as it was when the instruction began. */
  protected settleBefore(): void {
    if (this.facts.liveBefore || this.mode.strict) writeWords(this, this.before);
    this.x87.flushBefore();
  }

  protected uses(flags: number): void {
    if (this.learning) this.facts.reads |= flags & ~this.facts.writes;
  }
  /** False: nobody will read what the instruction says. */
  protected sets(flags: number): boolean {
    if (this.learning) {
      if (this.nesting === UNCONDITIONAL) this.facts.writes |= flags;
      else {
        this.facts.conditional = true;
        // As when it is emitted. A condition that is known only while learning would hide what depends on it.
        this.pending = words;
      }
      return true;
    }
    return this.facts.liveAfter !== 0 || this.mode.strict;
  }
  /** Flags that are set on one path only go into memory at once. */
  private become(pending: Pending): void {
    if (this.nesting === UNCONDITIONAL) this.pending = pending;
    else writeWords(this, pending);
  }
  protected settle(): void {
    writeWords(this, this.pending);
    this.pending = words;
  }
  private needs(flags: number): boolean {
    return this.learning || this.mode.strict || (this.facts.liveAfter & flags) !== 0;
  }

  flags(op: FlagsKind, size: number, { a = 0, b = 0, r }: { a?: Value; b?: Value; r: Value }): void {
    if (this.sets(Flag.all)) this.become({ kind: "result", op, size, a, b, r });
  }
  flagsKeepCarry(op: "add" | "sub", size: number, { r }: { a: Value; b: Value; r: Value }): void {
    if (!this.sets(Flag.overflow | Flag.rest)) return;
    const carry = this.needs(Flag.carry) ? carryOf(this, this.pending) : 0;
    this.become({ kind: "step", op, size, r, carry });
  }
  flagsResult(size: number, r: Value, cf: Value, of: Value): void {
    if (this.sets(Flag.all)) this.become({ kind: "shift", size, r, cf, of });
  }
  setCarry(cf: Value): void {
    if (!this.sets(Flag.carry)) return;
    if (this.needs(Flag.overflow | Flag.rest)) this.replaceCarryOverflow(cf, overflowIn(this, this.pending));
    else this.become({ kind: "carryOverflow", cf, of: 0 });
  }
  setCarryOverflow(cf: Value, of: Value): void {
    if (!this.sets(Flag.carry | Flag.overflow)) return;
    if (this.needs(Flag.rest)) this.replaceCarryOverflow(cf, of);
    else this.become({ kind: "carryOverflow", cf, of });
  }
  private replaceCarryOverflow(cf: Value, of: Value): void {
    if (this.nesting === UNCONDITIONAL) this.settle();
    const kept = this.and(this.state(at.FLAGS_AUX), 0x3fff_ffff);
    this.setState(at.FLAGS_AUX, this.or(kept, this.or(this.shl(cf, 31), this.shl(this.xor(cf, of), 30))));
  }
  arithmeticFlags(): Value {
    this.uses(Flag.all);
    this.settle();
    this.f.call(this.link.arithmeticFlags);
    return this.take();
  }
  setArithmeticFlags(image: Value): void {
    if (this.learning && this.nesting === UNCONDITIONAL) this.facts.writes |= Flag.all;
    this.put(image);
    this.f.call(this.link.setArithmeticFlags);
    this.pending = words;
  }
  override flagsOfNumbers(width: 4 | 8, a: Vector, b: Vector): void {
    if (!this.sets(Flag.all)) return;
    const number = (v: Vector) => {
      this.putElement(width, v);
      return this.take(width === 4 ? ValueType.f32 : ValueType.f64);
    };
    this.become({ kind: "numbers", width, a: number(a), b: number(b) });
  }
  carry(): Value {
    this.uses(Flag.carry);
    return carryOf(this, this.pending);
  }
  condition(cc: Condition): Value {
    this.uses(flagsOfCondition(cc));
    return conditionOf(this, cc, this.pending);
  }
}
