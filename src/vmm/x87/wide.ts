import type { Emitter, Temp, Wide } from "../isa/emitter.js";
import { Op } from "../wasm/opcodes.js";
import { isNotZeroWide, leadingZeros, variableWide } from "./unpacked.js";

/** A 128-bit number in two variables. */
export interface Double {
  readonly high: Temp;
  readonly low: Temp;
}

/** The upper half of a product of 64-bit numbers, from four products of 32-bit halves. */
export function productHigh(e: Emitter, a: Wide, b: Wide): Wide {
  const upper = (x: Wide) => (typeof x === "bigint" ? x >> 32n : e.shrUWide(x, 32n));
  const lower = (x: Wide) => (typeof x === "bigint" ? x & 0xffff_ffffn : e.andWide(x, 0xffff_ffffn));
  const [aHigh, aLow, bHigh, bLow] = [upper(a), lower(a), upper(b), lower(b)];
  const first = e.mulWide(aHigh, bLow);
  const second = e.mulWide(aLow, bHigh);
  // Three halves: what they carry into the upper 64 bits is at most 2.
  const middle = e.addWide(e.addWide(lower(first), lower(second)), upper(e.mulWide(aLow, bLow)));
  return e.addWide(e.addWide(e.mulWide(aHigh, bHigh), e.addWide(upper(first), upper(second))), upper(middle));
}

/** The 128-bit product of two 64-bit numbers. */
export function product(e: Emitter, a: Wide, b: Wide): Double {
  return { high: variableWide(e, productHigh(e, a, b)), low: variableWide(e, e.mulWide(a, b)) };
}

/** Shifts right by `n` (any number from 0 on); what falls out below the 128 bits is kept as a one in the lowest bit. */
export function shiftRightJam(e: Emitter, a: Double, n: Wide): void {
  e.when(
    e.compareWide(Op.i64_ge_u, n, 64n),
    () => {
      e.assignWide(a.low, e.orWide(a.high, isNotZeroWide(e, a.low)));
      e.assignWide(a.high, 0n);
      e.when(
        e.compareWide(Op.i64_ge_u, n, 128n),
        () => e.assignWide(a.low, isNotZeroWide(e, a.low)),
        () => e.assignWide(a.low, e.orWide(e.shrUWide(a.low, n), isNotZeroWide(e, lowest(e, a.low, n)))),
      );
    },
    () => {
      e.when(e.eqz(e.eqzWide(n)), () => {
        const lost = isNotZeroWide(e, lowest(e, a.low, n));
        e.assignWide(a.low, e.orWide(e.orWide(e.shrUWide(a.low, n), e.shlWide(a.high, e.subWide(0n, n))), lost));
        e.assignWide(a.high, e.shrUWide(a.high, n));
      });
    },
  );
}

/** The lowest n mod 64 bits. */
function lowest(e: Emitter, a: Wide, n: Wide): Wide {
  return e.andWide(a, e.subWide(e.shlWide(1n, n), 1n));
}

/** a * 2^64 shifted right by `n` as `shiftRightJam` does. The usual distances, up to 63, take no branch but one. */
export function shiftRightFrom(e: Emitter, a: Wide, n: Wide): Double {
  const out: Double = { high: variableWide(e, e.shrUWide(a, n)), low: variableWide(e, shiftLeftOut(e, a, n)) };
  e.when(e.compareWide(Op.i64_ge_u, n, 64n), () => {
    const lost = isNotZeroWide(e, out.low);
    e.assignWide(out.low, e.selectWide(e.compareWide(Op.i64_ge_u, n, 128n), 1n, e.orWide(out.high, lost)));
    e.assignWide(out.high, 0n);
  });
  return out;
}

/** a << (64 - n) for n modulo 64, 0 for n = 0. */
export function shiftLeftOut(e: Emitter, a: Wide, n: Wide): Wide {
  return e.shlWide(e.shlWide(a, 1n), e.xorWide(n, 63n));
}

/** Shifts left until the top bit is set; gives by how much. `high` must not be 0. */
export function normalizeDouble(e: Emitter, a: Double): Temp {
  const n = leadingZeros(e, a.high);
  e.assignWide(a.high, e.orWide(e.shlWide(a.high, n), e.shrUWide(e.shrUWide(a.low, 1n), e.xorWide(n, 63n))));
  e.assignWide(a.low, e.shlWide(a.low, n));
  return n;
}
