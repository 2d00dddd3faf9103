import { X87_CONTROL } from "../cpu/layout.js";
import type { Emitter, Value, Wide } from "../isa/emitter.js";
import type { Helper } from "../isa/stage.js";
import { Op, ValueType } from "../wasm/opcodes.js";
import { forbids, report } from "./exceptions.js";
import { isInvalid } from "./nan.js";
import { cut, DOUBLE_CUT, overflowsToInfinity, roundCut, roundNearest, SINGLE_CUT } from "./rounding.js";
import {
  EXTENDED,
  type Extended,
  isInfinity,
  isNanOrUnsupported,
  isZero,
  normalize,
  parameter,
  topBit,
  type Unpacked,
  unpack,
  variableWide,
} from "./unpacked.js";
import { type Double, shiftRightJam } from "./wide.js";
import { BIAS, C1, IE, INTEGER_BIT, OE, PE, QUIET_BIT, RC, RC_NEAREST, UE } from "./words.js";

interface Format {
  /** Places of an extended significand below those of the format. */
  readonly cut: bigint;
  readonly bias: number;
  /** Exponent field of infinities and NaNs. */
  readonly max: number;
  readonly signBit: bigint;
}

const single: Format = { cut: SINGLE_CUT, bias: 127, max: 0xff, signBit: 1n << 31n };
const double: Format = { cut: DOUBLE_CUT, bias: 1023, max: 0x7ff, signBit: 1n << 63n };

/**
 * Rounds to the format of a memory operand: number -> (its bits, whether they are to be stored; not if an unmasked exception forbids
 * it, which for memory operands includes overflow and underflow).
 */
function narrow(name: string, format: Format): Helper {
  return {
    name,
    params: EXTENDED,
    results: [ValueType.i64, ValueType.i32],
    emit(e, core) {
      const a = parameter(0);
      const x = unpack(e, a);
      const signBit = e.selectWide(x.sign, format.signBit, 0n);
      const give = (bits: Wide, stored: Value) => {
        e.putWide(bits);
        e.put(stored);
        e.f.op(Op.return);
      };
      const giveNumber = (field: Wide, sig: Wide) =>
        give(e.orWide(e.orWide(signBit, e.shlWide(field, 63n - format.cut)), fraction(e, sig, format)), 1);

      giveUsual(e, a, x, format);
      e.when(isNanOrUnsupported(e, a), () => {
        e.when(
          isInvalid(e, a),
          () => e.when(forbids(e, core, IE), () => give(0n, 0)),
          () => report(e, core, 0),
        );
        // Unsupported: the indefinite number.
        const unsupported = e.eqz(topBit(e, a.sig));
        e.when(unsupported, () => give(format.signBit | (BigInt(format.max) << (63n - format.cut)) | (QUIET_BIT >> format.cut), 1));
        giveNumber(BigInt(format.max), e.orWide(a.sig, QUIET_BIT));
      });
      e.when(isInfinity(e, a), () => {
        report(e, core, 0);
        giveNumber(BigInt(format.max), 0n);
      });
      e.when(isZero(e, a), () => {
        report(e, core, 0);
        give(signBit, 1);
      });

      normalize(e, x);
      const unit = 1n << format.cut;
      const exactExp = e.variable(e.sub(x.exp, BIAS - format.bias));
      const exp = e.variable(exactExp);
      const rounded: Double = { high: variableWide(e, x.sig), low: variableWide(e, 0n) };
      cut(e, rounded, format.cut);
      const flags = e.variable(roundCut(e, core, x.sign, rounded, unit));
      e.when(e.eqzWide(rounded.high), () => e.assign(exp, e.add(exp, 1)));

      e.when(e.ltS(exp, 1), () => {
        const exact: Double = { high: variableWide(e, x.sig), low: variableWide(e, 0n) };
        shiftRightJam(e, exact, e.wideU(e.sub(1, exactExp)));
        cut(e, exact, format.cut);
        const inexact = roundCut(e, core, x.sign, exact, unit);
        const masked = e.and(e.state(X87_CONTROL), UE);
        e.when(e.eqz(masked), () => {
          report(e, core, UE);
          give(0n, 0);
        });
        report(e, core, e.select(inexact, e.or(inexact, UE), 0));
        giveNumber(e.wideU(topBit(e, exact.high)), exact.high);
      });
      e.when(e.gtS(exp, format.max - 1), () => {
        e.when(e.eqz(e.and(e.state(X87_CONTROL), OE)), () => {
          report(e, core, OE);
          give(0n, 0);
        });
        const infinite = overflowsToInfinity(e, core, x.sign);
        report(e, core, e.or(OE | PE, e.select(infinite, C1, 0)));
        giveNumber(e.selectWide(infinite, BigInt(format.max), BigInt(format.max - 1)), e.selectWide(infinite, 0n, -1n));
      });
      report(e, core, flags);
      giveNumber(e.wideU(exp), rounded.high);
    },
  };
}

/** The usual case: a normal number that becomes one, rounding to nearest, inexact results masked. */
function giveUsual(e: Emitter, a: Extended, x: Unpacked, format: Format): void {
  const field = e.sub(x.exp, BIAS - format.bias);
  const nearest = e.eq(e.and(e.state(X87_CONTROL), PE | RC), PE | RC_NEAREST);
  e.when(e.and(e.and(nearest, topBit(e, a.sig)), e.ltU(e.sub(field, 1), format.max - 2)), () => {
    const below = e.shlWide(x.sig, 64n - format.cut);
    // A carry out of the fraction is one into the exponent.
    const magnitude = roundNearest(e, e.orWide(e.shlWide(e.wideU(field), 63n - format.cut), fraction(e, x.sig, format)), below);
    e.putWide(e.orWide(magnitude, e.selectWide(x.sign, format.signBit, 0n)));
    e.put(1);
    e.f.op(Op.return);
  });
}

/** A significand without its integer bit at the format's place. */
function fraction(e: Emitter, sig: Wide, format: Format): Wide {
  return e.shrUWide(e.andWide(sig, ~INTEGER_BIT), format.cut);
}

/** Number -> (m32 bits, whether to store them). */
export const toSingle = narrow("x87ToSingle", single);
/** Number -> (m64 bits, whether to store them). */
export const toDouble = narrow("x87ToDouble", double);
