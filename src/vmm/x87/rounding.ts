import { X87_CONTROL, X87_STATUS } from "../cpu/layout.js";
import type { Emitter, Temp, Value, Wide } from "../isa/emitter.js";
import type { Helper, HelperLinker } from "../isa/stage.js";
import { Op, ValueType } from "../wasm/opcodes.js";
import { callHelper, report } from "./exceptions.js";
import { EXTENDED, giveExtended, isNotZeroWide, topBit, variableWide } from "./unpacked.js";
import { type Double, shiftRightJam } from "./wide.js";
import {
  C1,
  EXPONENT,
  INTEGER_BIT,
  OE,
  PC,
  PC_DOUBLE,
  PC_EXTENDED,
  PC_SINGLE,
  PE,
  RC,
  RC_DOWN,
  RC_NEAREST,
  RC_ZERO,
  SIGN,
  UE,
  WRAP,
} from "./words.js";

/** Half of a unit in the last place, when the places below it are 64 bits. */
export const HALF = INTEGER_BIT;
/** Bits of a 64-bit significand that are below the 24 and 53 bits of the other precisions. */
export const SINGLE_CUT = 40n;
export const DOUBLE_CUT = 11n;

/**
 * Whether to round away from zero: (sign 0 or SIGN, bits below the last place, last place odd) -> 0 or 1, by rounding control.
 */
export const roundsUp: Helper = {
  name: "x87RoundsUp",
  params: [ValueType.i32, ValueType.i64, ValueType.i32],
  results: [ValueType.i32],
  emit(e) {
    const sign: Temp = { local: 0 };
    const below: Temp = { local: 1 };
    const odd: Temp = { local: 2 };
    const rc = e.and(e.state(X87_CONTROL), RC);
    e.when(e.eq(rc, RC_NEAREST), () => {
      // Above half of a unit, or just that below an odd number.
      e.put(e.compareWide(Op.i64_gt_u, below, e.subWide(HALF, e.wideU(odd))));
      e.f.op(Op.return);
    });
    e.when(e.eq(rc, RC_ZERO), () => {
      e.put(0);
      e.f.op(Op.return);
    });
    e.put(e.and(e.compareWide(Op.i64_ne, below, 0n), e.eq(sign, e.select(e.eq(rc, RC_DOWN), SIGN, 0))));
  },
};

/** Moves the lowest `bits` (less than 64) of `high` to `low`. */
export function cut(e: Emitter, a: Double, bits: bigint): void {
  e.assignWide(a.low, e.orWide(e.shlWide(a.high, 64n - bits), isNotZeroWide(e, a.low)));
  e.assignWide(a.high, e.andWide(a.high, -1n << bits));
}

/** Cuts what lies below the last place of the precision in force; gives the unit in that place. */
function cutToControl(e: Emitter, a: Double): Temp {
  const pc = e.and(e.state(X87_CONTROL), PC);
  const unit = variableWide(e, 1n);
  const cutBits = (bits: bigint) => {
    e.assignWide(unit, 1n << bits);
    cut(e, a, bits);
  };
  e.when(e.eq(pc, PC_DOUBLE), () => cutBits(DOUBLE_CUT));
  e.when(e.eq(pc, PC_SINGLE), () => cutBits(SINGLE_CUT));
  return unit;
}

/** Rounds what has been cut; gives PE and C1. `high` becomes 0 if it carries out. */
export function roundCut(e: Emitter, core: HelperLinker, sign: Value, a: Double, unit: Wide): Value {
  callHelper(e, core, roundsUp, sign, a.low, e.compareWide(Op.i64_ne, e.andWide(a.high, unit), 0n));
  const up = e.take();
  e.when(up, () => e.assignWide(a.high, e.addWide(a.high, unit)));
  return e.or(e.select(e.eqzWide(a.low), 0, PE), e.select(up, C1, 0));
}

/** Whether a masked overflow gives infinity, not the largest finite number. */
export function overflowsToInfinity(e: Emitter, core: HelperLinker, sign: Value): Value {
  callHelper(e, core, roundsUp, sign, -1n, 0);
  return e.take();
}

function rounding(name: string, cutToPrecision: (e: Emitter, a: Double) => Wide): Helper {
  return {
    name,
    params: [ValueType.i32, ValueType.i32, ValueType.i64, ValueType.i64],
    results: EXTENDED,
    emit(e, core) {
      const sign: Temp = { local: 0 };
      const exp: Temp = { local: 1 };
      const a: Double = { high: { local: 2 }, low: { local: 3 } };
      const exact: Double = { high: variableWide(e, a.high), low: variableWide(e, a.low) };
      const exactExp = e.variable(exp);

      const unit = cutToPrecision(e, a);
      const flags = e.variable(roundCut(e, core, sign, a, unit));
      e.when(e.eqzWide(a.high), () => {
        e.assignWide(a.high, INTEGER_BIT);
        e.assign(exp, e.add(exp, 1));
      });

      // Tininess is found after rounding as if the exponent had no bounds (SDM vol. 1, 4.9.1.5).
      e.when(e.ltS(exp, 1), () => {
        e.when(e.and(e.state(X87_CONTROL), UE), () => {
          shiftRightJam(e, exact, e.wideU(e.sub(1, exactExp)));
          const denormalUnit = cutToPrecision(e, exact);
          const inexact = roundCut(e, core, sign, exact, denormalUnit);
          report(e, core, e.select(inexact, e.or(inexact, UE), 0));
          giveExtended(e, exact.high, e.or(sign, topBit(e, exact.high)));
        });
        e.assign(exp, e.add(exp, WRAP));
        e.assign(flags, e.or(flags, UE));
      });

      e.when(e.gtS(exp, EXPONENT - 1), () => {
        e.when(e.and(e.state(X87_CONTROL), OE), () => {
          const infinite = overflowsToInfinity(e, core, sign);
          report(e, core, e.or(OE | PE, e.select(infinite, C1, 0)));
          giveExtended(e, e.selectWide(infinite, INTEGER_BIT, e.subWide(0n, unit)), e.or(sign, e.select(infinite, EXPONENT, EXPONENT - 1)));
        });
        e.assign(exp, e.sub(exp, WRAP));
        e.assign(flags, e.or(flags, OE));
      });
      report(e, core, flags);
      giveExtended(e, a.high, e.or(sign, exp));
    },
  };
}

/**
 * Rounds to the precision in force and to the range of the extended format, reports OE UE PE C1 and gives the number:
 * (sign 0 or SIGN, biased exponent of any size, significand with its top bit set, 64 bits below it).
 */
export const round = rounding("x87Round", cutToControl);
/** The same whatever the precision in force. */
export const roundExtended = rounding("x87RoundExtended", () => 1n);

/** Whether the control word asks for what fast paths do: rounding to nearest, to 64 bits, and inexact results are masked. */
export function isUsual(e: Emitter): Value {
  return e.eq(e.and(e.state(X87_CONTROL), PE | PC | RC), PE | PC_EXTENDED | RC_NEAREST);
}

/** Sets PE and C1 after rounding, where PE is known to be masked; `up` is 0 or 1 in 64 bits. */
export function reportInexact(e: Emitter, below: Wide, up: Wide): void {
  const flags = e.or(e.shl(e.compareWide(Op.i64_ne, below, 0n), Math.log2(PE)), e.shl(e.low(up), Math.log2(C1)));
  e.setState(X87_STATUS, e.or(e.and(e.state(X87_STATUS), ~C1), flags));
}

/**
 * Rounds to nearest where inexact results are masked, and reports that; gives n with one added if it rounds up. `below`: what lies below
 * its last place, which is worth 2^cutBits. Only a tie is less simple than to look at the first of those bits, and seldom.
 */
export function roundNearest(e: Emitter, n: Wide, below: Wide, cutBits = 0n): Wide {
  const up = variableWide(e, e.shrUWide(below, 63n));
  const rounded = variableWide(e, e.addWide(n, cutBits ? e.shlWide(up, cutBits) : up));
  e.when(e.compareWide(Op.i64_eq, below, HALF), () => {
    e.assignWide(up, e.andWide(e.shrUWide(n, cutBits), 1n));
    e.assignWide(rounded, e.andWide(rounded, ~(1n << cutBits)));
  });
  reportInexact(e, below, up);
  return rounded;
}

/**
 * Ends a helper with a number rounded to nearest, where inexact results are masked; `cutBits` of its 64 bits have been cut. The exponent
 * can neither underflow nor, with one added by a carry, overflow.
 */
export function giveNearest(e: Emitter, sign: Value, exp: Value, a: { high: Wide; low: Wide }, cutBits = 0n): void {
  const sig = roundNearest(e, a.high, a.low, cutBits);
  e.when(e.eqzWide(sig), () => giveExtended(e, INTEGER_BIT, e.or(sign, e.add(exp, 1))));
  giveExtended(e, sig, e.or(sign, exp));
}

/**
 * Ends a helper with the rounded number. The usual cases are in line: rounding to nearest, inexact results masked, 64 or 53 bits, an
 * exponent that can neither underflow nor overflow.
 */
export function giveRounded(e: Emitter, core: HelperLinker, sign: Value, exp: Value, a: Double): void {
  const mode = e.and(e.state(X87_CONTROL), PE | PC | RC);
  e.when(e.ltU(e.sub(exp, 1), EXPONENT - 2), () => {
    e.when(e.eq(mode, PE | PC_EXTENDED | RC_NEAREST), () => giveNearest(e, sign, exp, a));
    e.when(e.eq(mode, PE | PC_DOUBLE | RC_NEAREST), () => {
      cut(e, a, DOUBLE_CUT);
      giveNearest(e, sign, exp, a, DOUBLE_CUT);
    });
  });
  callHelper(e, core, round, sign, exp, a.high, a.low);
  e.f.op(Op.return);
}
