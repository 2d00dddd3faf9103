import type { Emitter, Value, Wide } from "../isa/emitter.js";
import { Op, ValueType } from "../wasm/opcodes.js";
import type { Format } from "./format.js";
import { magnitude } from "./operands.js";

/** The magnitude sig / 2^63 * 2^(exp - bias) of a finite number; the top bit of `sig` is set, or it is 0. */
export interface Unpacked {
  readonly exp: Value;
  readonly sig: Wide;
}

export function unpack(e: Emitter, f: Format, v: Wide): Unpacked {
  const bits = magnitude(e, f, v);
  const exp = e.temp();
  const sig = e.temp(ValueType.i64);
  e.when(
    e.compareWide(Op.i64_lt_u, bits, f.minNormal),
    () => {
      const zeros = leadingZeros(e, bits);
      e.assign(exp, e.sub(64 - f.fraction, e.low(zeros)));
      e.assignWide(sig, e.shlWide(bits, zeros));
    },
    () => {
      e.assign(exp, e.low(e.shrUWide(bits, BigInt(f.fraction))));
      e.assignWide(sig, e.orWide(e.shlWide(bits, BigInt(63 - f.fraction)), 1n << 63n));
    },
  );
  return { exp, sig };
}

/** 64 for 0. */
export function leadingZeros(e: Emitter, v: Wide): Wide {
  e.putWide(v);
  e.f.op(Op.i64_clz);
  return e.take(ValueType.i64);
}

/** v >> count (not negative), the lowest bit set if anything but zeros went out: enough to round by. */
export function shiftRightJam(e: Emitter, v: Wide, count: Value): Wide {
  const wide = e.wideU(count);
  const lost = e.compareWide(Op.i64_ne, e.shlWide(v, e.subWide(64n, wide)), 0n);
  const near = e.orWide(e.shrUWide(v, wide), e.wideU(lost));
  const shifted = e.selectWide(e.gtU(count, 63), e.wideU(e.compareWide(Op.i64_ne, v, 0n)), near);
  // A count of 0 loses nothing, where `lost` would have looked at all of v.
  return e.selectWide(e.eqz(count), v, shifted);
}

/** -1, 0 or 1 by the sign. */
export function signOf(e: Emitter, v: Wide): Wide {
  return e.wideS(e.sub(e.compareWide(Op.i64_gt_s, v, 0n), e.compareWide(Op.i64_lt_s, v, 0n)));
}
