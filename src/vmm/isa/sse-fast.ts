import { DOUBLE, type Format } from "../sse/format.js";
import { Op, Simd, SimdLane, ValueType } from "../wasm/opcodes.js";
import type { Value, Vector } from "./emitter.js";
import type { Elements } from "./sse-elements.js";
import type { Helper, Requirement, Stage } from "./stage.js";

/*
 * The fast path of floating point: WebAssembly rounds to nearest, has no flags and makes what NaNs it likes. So its operations serve
 * where MXCSR asks for no more and the operands and results can raise nothing that is not in MXCSR already. Everything else goes to the
 * exact operations of src/vmm/sse.
 *
 * Numbers that are neither NaN nor denormal are called ordinary here. Most are normal, which one look at the exponent tells; the tests
 * that decide precisely come behind that.
 */

export type Arithmetic = "add" | "sub" | "mul" | "div" | "sqrt";

/** WebAssembly's operations on the lanes of a format, of one and of several. */
const SCALAR: Readonly<Record<4 | 8, Readonly<Record<Arithmetic, Op>>>> = {
  4: { add: Op.f32_add, sub: Op.f32_sub, mul: Op.f32_mul, div: Op.f32_div, sqrt: Op.f32_sqrt },
  8: { add: Op.f64_add, sub: Op.f64_sub, mul: Op.f64_mul, div: Op.f64_div, sqrt: Op.f64_sqrt },
};
const SINGLES = {
  abs: Simd.f32x4_abs,
  add: Simd.f32x4_add,
  sub: Simd.f32x4_sub,
  mul: Simd.f32x4_mul,
  div: Simd.f32x4_div,
  sqrt: Simd.f32x4_sqrt,
  pmin: Simd.f32x4_pmin,
  pmax: Simd.f32x4_pmax,
  eq: Simd.f32x4_eq,
  lt: Simd.f32x4_lt,
  le: Simd.f32x4_le,
  gt: Simd.f32x4_gt,
  ge: Simd.f32x4_ge,
} as const;
const DOUBLES = {
  abs: Simd.f64x2_abs,
  add: Simd.f64x2_add,
  sub: Simd.f64x2_sub,
  mul: Simd.f64x2_mul,
  div: Simd.f64x2_div,
  sqrt: Simd.f64x2_sqrt,
  pmin: Simd.f64x2_pmin,
  pmax: Simd.f64x2_pmax,
  eq: Simd.f64x2_eq,
  lt: Simd.f64x2_lt,
  le: Simd.f64x2_le,
  gt: Simd.f64x2_gt,
  ge: Simd.f64x2_ge,
} as const;

/** Bytes of constants that were asked for: there are few, and hundreds of handlers are emitted when a machine starts. */
const constants = new Map<string, readonly number[]>();
function repeated(bits: bigint, width: number): readonly number[] {
  const key = `${bits}/${width}`;
  let bytes = constants.get(key);
  if (!bytes) {
    bytes = Array.from({ length: 16 }, (_, i) => Number((bits >> BigInt(8 * (i % width))) & 0xffn));
    constants.set(key, bytes);
  }
  return bytes;
}
/** All ones but in the first `used` bytes. */
const UNUSED = Array.from({ length: 16 }, (_, used) => Array.from({ length: 16 }, (_, i) => (i < used ? 0 : 0xff)));

/** Elements in the fast path. Tests give a `Test`: of one lane 0 or 1, of several a vector of all-ones and zero. */
export abstract class FastLanes<Test> {
  readonly format: Format;

  constructor(
    protected readonly x: Stage,
    readonly elements: Elements,
  ) {
    this.format = elements.format;
  }

  /** What WebAssembly makes of `a` and `b`; a root only of `b`. The rest of `a` stays. */
  abstract arithmetic(op: Arithmetic, a: Vector, b: Vector): Vector;

  abstract isZero(v: Vector): Test;
  abstract isOrdinary(v: Vector): Test;
  abstract isFinite(v: Vector): Test;
  /** Finite, and above the smallest normal number: that one may have been tiny before it was rounded. */
  abstract isSafe(v: Vector): Test;
  /** Magnitude below that of these bits; never for NaNs. */
  abstract isBelow(v: Vector, bits: bigint): Test;
  abstract isAtLeast(v: Vector, bits: bigint): Test;
  /** Whether these are the same number. */
  isSame(a: Vector, b: Vector): Test {
    return this.isZero(this.arithmetic("sub", a, b));
  }
  abstract both(a: Test, b: Test): Test;
  abstract either(a: Test, b: Test): Test;
  /** Whether a test holds in all lanes. */
  abstract all(test: Test): Value;

  /** Whether each lane is normal; `safe`: and of none of the two lowest exponents. No zero is. */
  protected abstract isNormal(v: Vector, safe: boolean): Value;

  /** (exponent + 1) & this, in the exponent's place, is not 0 for normal numbers: 0 and all ones are what it lacks. */
  protected exponentMask(safe: boolean): bigint {
    const { exponents, fraction } = this.format;
    return BigInt(exponents & (safe ? ~3 : ~1)) << BigInt(fraction);
  }

  normalOr(v: Vector, otherwise: () => Test): Requirement {
    return { usual: () => this.isNormal(v, false), otherwise: () => this.all(otherwise()) };
  }
  safeOr(v: Vector, otherwise: () => Test): Requirement {
    return { usual: () => this.isNormal(v, true), otherwise: () => this.all(otherwise()) };
  }
  isSafelyNormal(v: Vector): Value {
    return this.isNormal(v, true);
  }
  /** That these are ordinary, as far as that isn't known. */
  ordinary(...vectors: Vector[]): Requirement[] {
    const unknown = vectors.filter((v) => !this.x.knowsOrdinary(v, this.elements));
    return unknown.map((v) => this.normalOr(v, () => this.isOrdinary(v)));
  }
  /** Notes that these are ordinary. */
  learn(...vectors: Vector[]): void {
    for (const v of vectors) this.x.learnOrdinary(v, this.elements);
  }
  /** That MXCSR asks for nothing unusual, and that what was rounded is in it already or wasn't. */
  rounding(isExact: () => Test): Requirement {
    const { x } = this;
    return { usual: () => x.usualMode(true), otherwise: () => x.and(x.usualMode(false), this.all(isExact())) };
  }

  /** Whether nothing was rounded for the finite result `v`; perhaps not of a long product. The remainder of a sum is itself exact (Knuth). */
  isExact(op: Arithmetic, a: Vector, b: Vector, v: Vector): Test {
    const add = (left: Vector, right: Vector) => this.arithmetic("add", left, right);
    const sub = (left: Vector, right: Vector) => this.arithmetic("sub", left, right);
    const product = (left: Vector, right: Vector) => this.arithmetic("mul", left, right);
    switch (op) {
      case "add": {
        const other = sub(v, a);
        return this.isZero(add(sub(a, sub(v, other)), sub(b, other)));
      }
      case "sub": {
        const other = sub(v, a);
        return this.isZero(sub(sub(a, sub(v, other)), add(b, other)));
      }
      case "mul":
        return this.either(this.isShort(a, b), this.isZero(v));
      case "div":
        return this.both(this.isShort(v, b), this.isSame(product(v, b), a));
      case "sqrt":
        return this.both(this.isShort(v, v), this.isSame(product(v, v), b));
    }
  }
  /** Whether the lower half of both fractions is 0, so that the product is exact. */
  protected abstract isShort(a: Vector, b: Vector): Test;
  /** Bits that are 0 in short numbers. */
  protected get lowerHalf(): bigint {
    return (1n << BigInt((this.format.fraction + 2) >> 1)) - 1n;
  }
}

/** The lowest lane alone, tested as an integer. Where `magnitude` is spoken of here, the sign has been shifted out. */
export class ScalarLane extends FastLanes<Value> {
  arithmetic(op: Arithmetic, a: Vector, b: Vector): Vector {
    const { x } = this;
    const { width } = this.format;
    x.f.get(a.local);
    if (op !== "sqrt") x.putElement(width, a);
    x.putElement(width, b);
    x.f.op(SCALAR[width][op]).simdLane(width === 4 ? SimdLane.f32x4_replace_lane : SimdLane.f64x2_replace_lane, 0);
    return x.take(ValueType.v128);
  }

  isZero(v: Vector): Value {
    const { x } = this;
    return this.format === DOUBLE ? x.eqzWide(this.wideMagnitude(v)) : x.eqz(this.magnitude(v));
  }
  isOrdinary(v: Vector): Value {
    const { minNormal, infinity } = this.format;
    return this.either(this.isWithin(v, minNormal, infinity + 1n), this.isZero(v));
  }
  isFinite(v: Vector): Value {
    return this.isWithin(v, 0n, this.format.infinity);
  }
  isSafe(v: Vector): Value {
    return this.isWithin(v, this.format.minNormal + 1n, this.format.infinity);
  }
  isBelow(v: Vector, bits: bigint): Value {
    return this.isWithin(v, 0n, bits);
  }
  isAtLeast(v: Vector, bits: bigint): Value {
    return this.isWithin(v, bits, this.format.infinity + 1n);
  }
  both(a: Value, b: Value): Value {
    return this.x.and(a, b);
  }
  either(a: Value, b: Value): Value {
    return this.x.or(a, b);
  }
  all(test: Value): Value {
    return test;
  }

  protected isNormal(v: Vector, safe: boolean): Value {
    const { x, format } = this;
    const mask = this.exponentMask(safe);
    if (format !== DOUBLE) return x.and(x.add(this.low(v), Number(format.minNormal)), Number(mask));
    const fraction = BigInt(format.fraction);
    return x.and(x.add(x.low(x.shrUWide(this.lowWide(v), fraction)), 1), Number(mask >> fraction));
  }

  protected isShort(a: Vector, b: Vector): Value {
    const { x, format, lowerHalf } = this;
    if (format === DOUBLE) return x.eqzWide(x.andWide(x.orWide(this.lowWide(a), this.lowWide(b)), lowerHalf));
    return x.eqz(x.and(x.or(this.low(a), this.low(b)), Number(lowerHalf)));
  }

  private isWithin(v: Vector, low: bigint, high: bigint): Value {
    const { x } = this;
    if (this.format === DOUBLE) {
      const distance = x.subWide(this.wideMagnitude(v), low << 1n);
      return x.compareWide(Op.i64_lt_u, distance, BigInt.asIntN(64, (high - low) << 1n));
    }
    return x.ltU(x.sub(this.magnitude(v), Number(low << 1n) | 0), Number((high - low) << 1n) | 0);
  }
  private low(v: Vector): Value {
    this.x.f.get(v.local).simdLane(SimdLane.i32x4_extract_lane, 0);
    return this.x.take();
  }
  private lowWide(v: Vector) {
    this.x.f.get(v.local).simdLane(SimdLane.i64x2_extract_lane, 0);
    return this.x.take(ValueType.i64);
  }
  private magnitude(v: Vector): Value {
    return this.x.shl(this.low(v), 1);
  }
  private wideMagnitude(v: Vector) {
    return this.x.shlWide(this.lowWide(v), 1n);
  }
}

/** All lanes at once; or the lower ones, of what is a vector anyway. */
export class PackedLanes extends FastLanes<Vector> {
  compute(op: keyof typeof SINGLES, a: Vector, b?: Vector): Vector {
    return this.x.vector((this.format === DOUBLE ? DOUBLES : SINGLES)[op], a, b);
  }
  /** The same bits in every lane. */
  constant(bits: bigint): Vector {
    this.x.f.v128(repeated(bits, this.format.width));
    return this.x.take(ValueType.v128);
  }

  arithmetic(op: Arithmetic, a: Vector, b: Vector): Vector {
    return op === "sqrt" ? this.compute(op, b) : this.compute(op, a, b);
  }

  isZero(v: Vector): Vector {
    return this.compute("eq", v, this.constant(0n));
  }
  isOrdinary(v: Vector): Vector {
    return this.either(this.isAtLeast(v, this.format.minNormal), this.isZero(v));
  }
  isFinite(v: Vector): Vector {
    return this.isBelow(v, this.format.infinity);
  }
  isSafe(v: Vector): Vector {
    return this.both(this.isFinite(v), this.compute("gt", this.compute("abs", v), this.constant(this.format.minNormal)));
  }
  isBelow(v: Vector, bits: bigint): Vector {
    return this.compute("lt", this.compute("abs", v), this.constant(bits));
  }
  isAtLeast(v: Vector, bits: bigint): Vector {
    return this.compute("ge", this.compute("abs", v), this.constant(bits));
  }
  both(a: Vector, b: Vector): Vector {
    return this.x.vector(Simd.v128_and, a, b);
  }
  either(a: Vector, b: Vector): Vector {
    return this.x.vector(Simd.v128_or, a, b);
  }
  all(test: Vector): Value {
    const { x } = this;
    const used = this.elements.lanes * this.format.width;
    x.f.get(test.local);
    if (used < 16) {
      x.f.v128(UNUSED[used]);
      x.f.simd(Simd.v128_or);
    }
    x.f.simd(this.format === DOUBLE ? Simd.i64x2_all_true : Simd.i32x4_all_true);
    return x.take();
  }

  protected isShort(a: Vector, b: Vector): Vector {
    const eq = this.format === DOUBLE ? Simd.i64x2_eq : Simd.i32x4_eq;
    return this.x.vector(eq, this.both(this.either(a, b), this.constant(this.lowerHalf)), this.constant(0n));
  }

  protected isNormal(v: Vector, safe: boolean): Value {
    const next = this.x.vector(this.format === DOUBLE ? Simd.i64x2_add : Simd.i32x4_add, v, this.constant(this.format.minNormal));
    return this.all(this.both(next, this.constant(this.exponentMask(safe))));
  }
}

export function fastLanes(x: Stage, elements: Elements): ScalarLane | PackedLanes {
  return elements.lanes === 1 ? new ScalarLane(x, elements) : new PackedLanes(x, elements);
}

/** What the exact helper makes of (a, b, parameter), or an exception. */
export function exactly(x: Stage, exact: Helper, a: Vector, b: Vector, parameter: Value = 0): Vector {
  x.f.get(a.local).get(b.local);
  x.put(parameter);
  x.callHelper(exact);
  const unmasked = x.take();
  const result = x.take(ValueType.v128);
  x.when(unmasked, () => x.callout("simdException"));
  return result;
}
