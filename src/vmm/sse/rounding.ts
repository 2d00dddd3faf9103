import { MXCSR } from "../cpu/layout.js";
import type { Emitter, Temp, Value, Wide } from "../isa/emitter.js";
import type { Helper, HelperLinker } from "../isa/stage.js";
import { Op, ValueType } from "../wasm/opcodes.js";
import { note } from "./exceptions.js";
import { FORMATS, type Format } from "./format.js";
import { FTZ, MASK_SHIFT, OE, PE, RC_DOWN, RC_NEAREST, RC_SHIFT, RC_UP, UE } from "./mxcsr.js";
import { giveWide, linked } from "./operands.js";
import { shiftRightJam, type Unpacked } from "./unpacked.js";

export function roundingControl(e: Emitter): Value {
  return e.and(e.shrU(e.state(MXCSR), RC_SHIFT), 3);
}
/** Whether rounding control lets what is not exact grow in magnitude always. */
export function roundsAway(e: Emitter, rc: Value, negative: Value): Value {
  return e.eq(rc, e.select(negative, RC_DOWN, RC_UP));
}

/** Cuts `places` bits off; gives what is left, one higher if it is rounded up, and whether bits were lost. */
export function cut(e: Emitter, rc: Value, negative: Value, sig: Wide, places: number): { kept: Wide; inexact: Value } {
  const rest = e.andWide(sig, (1n << BigInt(places)) - 1n);
  const whole = e.shrUWide(sig, BigInt(places));
  const half = 1n << BigInt(places - 1);
  const inexact = e.compareWide(Op.i64_ne, rest, 0n);
  const odd = e.low(e.andWide(whole, 1n));
  const nearest = e.or(e.compareWide(Op.i64_gt_u, rest, half), e.and(e.compareWide(Op.i64_eq, rest, half), odd));
  const up = e.select(e.eq(rc, RC_NEAREST), nearest, e.and(roundsAway(e, rc, negative), inexact));
  return { kept: e.addWide(whole, e.wideU(up)), inexact };
}

/**
 * Rounds to the format by MXCSR, noting OE, UE and PE: (sign bit in its place, exponent, significand as in `Unpacked`, its top bit set and
 * its lowest bit set if the exact value has bits below) -> bits.
 */
function rounding(f: Format): Helper {
  const places = 63 - f.fraction;
  return {
    name: `sseRound${f.name}`,
    params: [ValueType.i64, ValueType.i32, ValueType.i64],
    results: [ValueType.i64],
    emit(e) {
      const sign: Temp = { local: 0 };
      const exp: Temp = { local: 1 };
      const sig: Temp = { local: 2 };
      const masked = (flag: number) => e.and(e.state(MXCSR), flag << MASK_SHIFT);
      const rc = roundingControl(e);
      const negative = e.compareWide(Op.i64_ne, sign, 0n);

      // As if the exponent had no bounds: tininess is found after rounding (SDM vol. 1, 4.9.1.5).
      const rounded = cut(e, rc, negative, sig, places);
      const carried = e.compareWide(Op.i64_eq, rounded.kept, 2n * f.minNormal);
      const unbounded = e.add(exp, carried);
      const precision = e.select(rounded.inexact, PE, 0);

      e.when(e.gtS(unbounded, f.exponents - 1), () => {
        e.when(masked(OE), () => {
          note(e, OE | PE);
          const infinite = e.or(e.eq(rc, RC_NEAREST), roundsAway(e, rc, negative));
          giveWide(e, e.orWide(sign, e.subWide(f.infinity, e.wideU(e.eqz(infinite)))));
        });
        note(e, e.or(OE, precision));
        giveWide(e, 0n);
      });
      e.when(e.ltS(unbounded, 1), () => {
        e.when(e.eqz(masked(UE)), () => {
          note(e, e.or(UE, precision));
          giveWide(e, 0n);
        });
        e.when(e.and(e.state(MXCSR), FTZ), () => {
          note(e, UE | PE);
          giveWide(e, sign);
        });
        const denormal = cut(e, rc, negative, shiftRightJam(e, sig, e.sub(1, exp)), places);
        note(e, e.select(denormal.inexact, UE | PE, 0));
        giveWide(e, e.orWide(sign, denormal.kept));
      });
      note(e, precision);
      // A carry has left 2 * minNormal, which is one in the exponent's place as well: no need to shift it back.
      const exponent = e.shlWide(e.wideS(e.sub(exp, 1)), BigInt(f.fraction));
      e.putWide(e.orWide(sign, e.addWide(exponent, rounded.kept)));
    },
  };
}
const round = new Map(FORMATS.map((f): [Format, Helper] => [f, rounding(f)]));

/** Ends the operation with the rounded number. */
export function giveRounded(e: Emitter, core: HelperLinker, f: Format, sign: Wide, { exp, sig }: Unpacked): void {
  e.putWide(sign);
  e.put(exp);
  e.putWide(sig);
  e.f.call(linked(core, round, f)).op(Op.return);
}
