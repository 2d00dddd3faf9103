import { FLAGS_AUX, FLAGS_RESULT } from "../cpu/layout.js";
import type { Emitter, Temp, Value } from "../isa/emitter.js";
import { auxiliary, carryOverflow, conditionOfWords, overflowOf, stepAuxiliary } from "../isa/flag-words.js";
import type { Condition, FlagsKind } from "../isa/stage.js";
import { Op } from "../wasm/opcodes.js";

/*
 * The arithmetic flags inside a region: what an instruction said about them stays a statement until something asks. Then `cond` is one
 * comparison, and the two words in memory are written only where someone behind this point may read them.
 */

/** Sets of flags, as far as instructions that change some and keep others tell them apart. */
export const Flag = { carry: 1, overflow: 2, rest: 4, all: 7 } as const;

export type Pending =
  /** The words in memory hold (or nobody will look). */
  | { readonly kind: "words" }
  | { readonly kind: "result"; readonly op: FlagsKind; readonly size: number; readonly a: Value; readonly b: Value; readonly r: Value }
  /** INC or DEC; `carry` is 0 or 1. */
  | { readonly kind: "step"; readonly op: "add" | "sub"; readonly size: number; readonly r: Value; readonly carry: Value }
  /** A shift: ZF, SF, PF from `r`, AF clear. */
  | { readonly kind: "shift"; readonly size: number; readonly r: Value; readonly cf: Value; readonly of: Value }
  /** A comparison of two floating point numbers of 4 or 8 bytes, of which none is a NaN. */
  | { readonly kind: "numbers"; readonly width: 4 | 8; readonly a: Temp; readonly b: Temp }
  /** CF and OF alone; the others are dead. */
  | { readonly kind: "carryOverflow"; readonly cf: Value; readonly of: Value };

/** Lowest of the bits in FLAGS_AUX that PF is corrected by. */
const PARITY_CORRECTION = 8;

export const words: Pending = { kind: "words" };

/** The flags that condition `cc` looks at. */
export function flagsOfCondition(cc: Condition): number {
  return [Flag.overflow, Flag.carry, Flag.rest, Flag.carry | Flag.rest, Flag.rest, Flag.rest, Flag.overflow | Flag.rest, Flag.all][cc >> 1];
}

const NONE: readonly number[] = [];

/** Locals that must keep their contents while these flags are pending. */
export function localsOf(p: Pending): readonly number[] {
  switch (p.kind) {
    case "words":
      return NONE;
    case "result":
      return locals(p.a, p.b, p.r);
    case "step":
      return locals(p.r, p.carry);
    case "shift":
      return locals(p.r, p.cf, p.of);
    case "numbers":
      return locals(p.a, p.b);
    case "carryOverflow":
      return locals(p.cf, p.of);
  }
}
function locals(...values: readonly Value[]): number[] {
  const found: number[] = [];
  for (const v of values) if (typeof v !== "number") found.push(v.local);
  return found;
}

function resultWord(e: Emitter, p: Pending): Value {
  if (p.kind === "words" || p.kind === "carryOverflow") return e.state(FLAGS_RESULT);
  // ZF or not, and not SF. Their PF would be the opposite of what it is.
  if (p.kind === "numbers") return compare(e, "ne", p);
  return e.sext(p.r, p.size);
}
function auxiliaryWord(e: Emitter, p: Pending): Value {
  switch (p.kind) {
    case "words":
      return e.state(FLAGS_AUX);
    case "result":
      return auxiliary(e, p.op, p.size, p.a, p.b, p.r);
    case "numbers":
      return e.or(carryOverflow(e, compare(e, "lt", p), 0), e.shl(compare(e, "eq", p), PARITY_CORRECTION));
    case "step":
      return stepAuxiliary(e, p.op, p.size, p.r, e.shl(p.carry, 31));
    default:
      return carryOverflow(e, p.cf, p.of);
  }
}

/** Writes the words that stand for pending flags. */
export function writeWords(e: Emitter, p: Pending): void {
  if (p.kind === "words") return;
  const aux = auxiliaryWord(e, p);
  if (p.kind !== "carryOverflow") e.setState(FLAGS_RESULT, resultWord(e, p));
  e.setState(FLAGS_AUX, aux);
}

type Numbers = Extract<Pending, { kind: "numbers" }>;
const COMPARISONS = {
  eq: { 4: Op.f32_eq, 8: Op.f64_eq },
  ne: { 4: Op.f32_ne, 8: Op.f64_ne },
  lt: { 4: Op.f32_lt, 8: Op.f64_lt },
  le: { 4: Op.f32_le, 8: Op.f64_le },
} as const;
function compare(e: Emitter, how: keyof typeof COMPARISONS, { width, a, b }: Numbers): Value {
  e.f.get(a.local).get(b.local).op(COMPARISONS[how][width]);
  return e.take();
}
/** CF: less, ZF: equal; the others are clear. By cc >> 1. */
function ofNumbers(e: Emitter, test: number, p: Numbers): Value {
  if (test === 1) return compare(e, "lt", p);
  if (test === 3) return compare(e, "le", p);
  return test === 2 || test === 7 ? compare(e, "eq", p) : 0;
}

/** CF, 0 or 1. */
export function carryOf(e: Emitter, p: Pending): Value {
  if (p.kind === "result") {
    if (p.op === "sub") return e.ltU(p.a, p.b);
    if (p.op === "add") return e.ltU(p.r, p.a);
    if (p.op === "logic") return 0;
  }
  if (p.kind === "step") return p.carry;
  if (p.kind === "numbers") return compare(e, "lt", p);
  if (p.kind === "shift" || p.kind === "carryOverflow") return p.cf;
  return e.shrU(auxiliaryWord(e, p), 31);
}

/** Condition `cc`: 0 or 1, or anything but 0 for true. */
export function conditionOf(e: Emitter, cc: Condition, p: Pending): Value {
  if (p.kind === "numbers") {
    const v = ofNumbers(e, cc >> 1, p);
    return cc & 1 ? e.eqz(v) : v;
  }
  const v = p.kind === "words" || p.kind === "carryOverflow" ? undefined : known(e, cc >> 1, p);
  if (v !== undefined) return cc & 1 ? e.eqz(v) : v;
  if (cc >> 1 === 1) {
    const carry = carryOf(e, p);
    return cc & 1 ? e.eqz(carry) : carry;
  }
  return conditionOfWords(
    e,
    cc,
    () => resultWord(e, p),
    () => auxiliaryWord(e, p),
  );
}

/** Where one comparison answers. */
function known(e: Emitter, test: number, p: Exclude<Pending, { kind: "words" | "carryOverflow" | "numbers" }>): Value | undefined {
  const { r, size } = p;
  if (test === 4) return e.ltS(e.sext(r, size), 0);
  if (test === 5) return e.eqz(e.and(e.popcnt(e.and(r, 0xff)), 1));
  if (p.kind === "result" && p.op === "sub") {
    const signed = () => [e.sext(p.a, size), e.sext(p.b, size)] as const;
    switch (test) {
      case 1:
        return e.ltU(p.a, p.b);
      case 2:
        return e.eq(p.a, p.b);
      case 3:
        return e.eqz(e.ltU(p.b, p.a));
      case 6:
        return e.ltS(...signed());
      case 7: {
        const [a, b] = signed();
        return e.eqz(e.ltS(b, a));
      }
    }
  }
  if (p.kind === "result" && p.op === "logic") {
    const signed = e.sext(r, size);
    if (test === 0 || test === 1) return 0;
    if (test === 6) return e.ltS(signed, 0);
    if (test === 7) return e.eqz(e.gtS(signed, 0));
    return e.eqz(r);
  }
  return test === 2 ? e.eqz(r) : undefined;
}

/** OF, 0 or 1. */
export function overflowIn(e: Emitter, p: Pending): Value {
  if (p.kind === "shift" || p.kind === "carryOverflow") return p.of;
  if (p.kind === "numbers") return 0;
  return overflowOf(e, auxiliaryWord(e, p));
}
