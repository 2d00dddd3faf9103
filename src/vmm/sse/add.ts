import { Op } from "../wasm/opcodes.js";
import type { Format } from "./format.js";
import { RC_DOWN } from "./mxcsr.js";
import { giveInvalid, giveWide, isInfinite, magnitude, noteDenormals } from "./operands.js";
import { binary, type Operation } from "./operation.js";
import { giveRounded, roundingControl } from "./rounding.js";
import { leadingZeros, shiftRightJam, unpack } from "./unpacked.js";

/** a + b, or a - b. */
export function addition(f: Format, subtract: boolean): Operation {
  return binary(subtract ? "Subtract" : "Add", f, (e, core, a, b) => {
    if (subtract) e.assignWide(b, e.xorWide(b, f.sign));
    const opposite = e.compareWide(Op.i64_ne, e.andWide(e.xorWide(a, b), f.sign), 0n);
    const infinite = isInfinite(e, f, a);
    e.when(e.and(e.and(infinite, isInfinite(e, f, b)), opposite), () => giveInvalid(e, f));
    noteDenormals(e, f, a, b);
    e.when(e.or(infinite, isInfinite(e, f, b)), () => giveWide(e, e.selectWide(infinite, a, b)));

    const smaller = e.compareWide(Op.i64_lt_u, magnitude(e, f, a), magnitude(e, f, b));
    const large = e.selectWide(smaller, b, a);
    const small = e.selectWide(smaller, a, b);
    const l = unpack(e, f, large);
    const s = unpack(e, f, small);
    // One place to the right, where nothing is lost, for the carry.
    const low = shiftRightJam(e, e.shrUWide(s.sig, 1n), e.sub(l.exp, s.exp));
    const high = e.shrUWide(l.sig, 1n);
    const sum = e.selectWide(opposite, e.subWide(high, low), e.addWide(high, low));
    const sign = e.andWide(large, f.sign);
    e.when(e.eqzWide(sum), () => {
      const exactZero = e.selectWide(e.eq(roundingControl(e), RC_DOWN), f.sign, 0n);
      giveWide(e, e.selectWide(opposite, exactZero, sign));
    });
    const zeros = leadingZeros(e, sum);
    giveRounded(e, core, f, sign, { exp: e.sub(e.add(l.exp, 1), e.low(zeros)), sig: e.shlWide(sum, zeros) });
  });
}
