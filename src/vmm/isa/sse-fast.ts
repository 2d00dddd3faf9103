import { MXCSR } from "../cpu/layout.js";
import type { Format } from "../sse/format.js";
import { DAZ, EXCEPTIONS, FTZ, MASK_SHIFT, PE, RC_SHIFT } from "../sse/mxcsr.js";
import { Simd, ValueType } from "../wasm/opcodes.js";
import type { Value, Vector } from "./emitter.js";
import type { Helper, Stage } from "./stage.js";

/*
 * The fast path of floating point: WebAssembly rounds to nearest, has no flags and makes what NaNs it likes. So its operations serve
 * where MXCSR asks for no more and the operands and results can raise nothing that is not in MXCSR already; which vectors of all-ones
 * and zero tell, lane by lane. Everything else goes to the exact operations of src/vmm/sse.
 */

/** All exceptions masked, rounding to nearest, no DAZ, no FTZ, and PE set already: inexact results change nothing. */
const MODE = (EXCEPTIONS << MASK_SHIFT) | (3 << RC_SHIFT) | DAZ | FTZ | PE;
const USUAL = (EXCEPTIONS << MASK_SHIFT) | PE;
export function usualMode(x: Stage): Value {
  return x.eq(x.and(x.state(MXCSR), MODE), USUAL);
}

/** WebAssembly's operations on the lanes of a format. */
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

/** Vectors of one format in the fast path. */
export class FastLanes {
  private readonly ops: typeof SINGLES | typeof DOUBLES;

  constructor(
    private readonly x: Stage,
    private readonly format: Format,
    private readonly lanes: number,
  ) {
    this.ops = format.width === 4 ? SINGLES : DOUBLES;
  }

  compute(op: keyof typeof SINGLES, a: Vector, b?: Vector): Vector {
    return this.x.vector(this.ops[op], a, b);
  }
  /** The same bits in every lane. */
  constant(bits: bigint): Vector {
    this.x.f.v128(repeated(bits, this.format.width));
    return this.x.take(ValueType.v128);
  }
  both(a: Vector, b: Vector): Vector {
    return this.x.vector(Simd.v128_and, a, b);
  }
  either(a: Vector, b: Vector): Vector {
    return this.x.vector(Simd.v128_or, a, b);
  }

  isZero(v: Vector): Vector {
    return this.compute("eq", v, this.constant(0n));
  }
  /** Neither NaN nor denormal. */
  isOrdinary(v: Vector): Vector {
    return this.either(this.compute("ge", this.compute("abs", v), this.constant(this.format.minNormal)), this.isZero(v));
  }
  isFinite(v: Vector): Vector {
    return this.compute("lt", this.compute("abs", v), this.constant(this.format.infinity));
  }
  /** Finite, and above the smallest normal number: that one may have been tiny before it was rounded. */
  isSafe(v: Vector): Vector {
    return this.both(this.isFinite(v), this.compute("gt", this.compute("abs", v), this.constant(this.format.minNormal)));
  }
  /** Magnitude below that of these bits; never for NaNs. */
  isBelow(v: Vector, bits: bigint): Vector {
    return this.compute("lt", this.compute("abs", v), this.constant(bits));
  }
  isAtLeast(v: Vector, bits: bigint): Vector {
    return this.compute("ge", this.compute("abs", v), this.constant(bits));
  }

  /** Whether a test holds in all lanes that count. */
  all(test: Vector): Value {
    const { x } = this;
    const used = this.lanes * this.format.width;
    x.f.get(test.local);
    if (used < 16) {
      x.f.v128(UNUSED[used]);
      x.f.simd(Simd.v128_or);
    }
    x.f.simd(Simd.i8x16_all_true);
    return x.take();
  }
}

/** `fast` if `ok`, otherwise what the exact helper makes of (a, b, parameter), or an exception. */
export function fastOrExact(x: Stage, ok: Value, fast: Vector, exact: Helper, a: Vector, b: Vector, parameter: Value = 0): Vector {
  const result = x.temp(ValueType.v128);
  x.f.get(fast.local).set(result.local);
  x.when(x.eqz(ok), () => {
    x.f.get(a.local).get(b.local);
    x.put(parameter);
    x.callHelper(exact);
    const unmasked = x.take();
    x.f.set(result.local);
    x.when(unmasked, () => x.callout("simdException"));
  });
  return result;
}
