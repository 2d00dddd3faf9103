import { X87_STATUS } from "../cpu/layout.js";
import type { Emitter, Temp, Value } from "../isa/emitter.js";
import type { Helper, HelperLinker } from "../isa/stage.js";
import { Op, ValueType } from "../wasm/opcodes.js";
import { forbids } from "./exceptions.js";
import { isInvalid } from "./nan.js";
import { type Extended, exponent, isDenormal, isNanOrUnsupported, isNormal, isZero, parameter, TWO_EXTENDED } from "./unpacked.js";
import { C0, C1, C2, C3, DE, IE, SF, SIGN } from "./words.js";

/** Condition codes of a comparison of a with b: 0 for a > b. */
export const LESS = C0;
export const EQUAL = C3;
export const UNORDERED = C0 | C2 | C3;
/** Beside the condition codes: an unmasked exception was raised, so nothing is popped. */
export const HELD = 0x1_0000;

/** 1 if |a| < |b|, 0 if |a| = |b|, -1 if |a| > |b|, for numbers that are not NaN or unsupported. */
function order(e: Emitter, a: Extended, b: Extended): Value {
  // Exponent fields 0 and 1 mean the same power of two.
  const field = (n: Extended) => e.or(exponent(e, n), e.eqz(exponent(e, n)));
  const expA = field(a);
  const expB = field(b);
  const less = e.select(e.eq(expA, expB), e.compareWide(Op.i64_lt_u, a.sig, b.sig), e.ltS(expA, expB));
  const greater = e.select(e.eq(expA, expB), e.compareWide(Op.i64_gt_u, a.sig, b.sig), e.gtS(expA, expB));
  return e.sub(less, greater);
}

function give(e: Emitter, conditions: Value): void {
  e.put(conditions);
  e.f.op(Op.return);
}

/** Ends the helper with the comparison of ordered numbers; exceptions have been reported. `held` is 0 or HELD. */
function giveOrder(e: Emitter, a: Extended, b: Extended, held: Value): void {
  const giveConditions = (conditions: Value) => give(e, e.or(conditions, held));
  const sign = e.and(a.se, SIGN);
  e.when(e.ne(sign, e.and(b.se, SIGN)), () => {
    e.when(e.and(isZero(e, a), isZero(e, b)), () => giveConditions(EQUAL));
    giveConditions(e.select(sign, LESS, 0));
  });
  const magnitudes = e.select(sign, e.sub(0, order(e, a, b)), order(e, a, b));
  giveConditions(e.select(e.eqz(magnitudes), EQUAL, e.select(e.gtS(magnitudes, 0), LESS, 0)));
}

/** Condition codes of a comparison of normal numbers. */
function orderOfNormals(e: Emitter, a: Extended, b: Extended): Value {
  const [expA, expB] = [exponent(e, a), exponent(e, b)];
  const sameExponent = e.eq(expA, expB);
  const smaller = e.select(sameExponent, e.compareWide(Op.i64_lt_u, a.sig, b.sig), e.ltS(expA, expB));
  const negative = e.shrU(e.and(a.se, SIGN), 15);
  const sameSign = e.eqz(e.and(e.xor(a.se, b.se), SIGN));
  const less = e.select(sameSign, e.xor(smaller, negative), negative);
  const equal = e.and(e.and(sameExponent, sameSign), e.compareWide(Op.i64_eq, a.sig, b.sig));
  return e.select(equal, EQUAL, e.select(less, LESS, 0));
}

/**
 * (a, b, whether quiet NaNs are invalid too) -> C0 C2 C3 as FCOM and FUCOM set them, perhaps with HELD. C1 stays (FCOMI leaves
 * it alone). The condition codes of a comparison with an unmasked exception are what processors give; the manuals leave them out.
 */
export const compare: Helper = {
  name: "x87Compare",
  params: [...TWO_EXTENDED, ValueType.i32],
  results: [ValueType.i32],
  emit(e, core: HelperLinker) {
    const a = parameter(0);
    const b = parameter(2);
    const ordered: Temp = { local: 4 };
    e.when(e.and(isNormal(e, a), isNormal(e, b)), () => give(e, orderOfNormals(e, a, b)));
    const held = e.variable(0);
    const hold = (flags: Value) => e.when(forbids(e, core, e.or(flags, e.and(e.state(X87_STATUS), C1))), () => e.assign(held, HELD));
    e.when(e.or(isNanOrUnsupported(e, a), isNanOrUnsupported(e, b)), () => {
      hold(e.select(e.or(ordered, e.or(isInvalid(e, a), isInvalid(e, b))), IE, 0));
      give(e, e.or(held, UNORDERED));
    });
    hold(e.select(e.or(isDenormal(e, a), isDenormal(e, b)), DE, 0));
    giveOrder(e, a, b, held);
    e.f.op(Op.unreachable);
  },
};

/** An operand is an empty register: () -> unordered, perhaps with HELD. */
export const compareEmpty: Helper = {
  name: "x87CompareEmpty",
  params: [],
  results: [ValueType.i32],
  emit(e, core) {
    e.put(e.select(forbids(e, core, IE | SF), UNORDERED | HELD, UNORDERED));
  },
};
