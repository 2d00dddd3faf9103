import type { Emitter, Value } from "./emitter.js";
import type { Condition, FlagsKind } from "./stage.js";

/*
 * The arithmetic that makes the two flag words (flags.ts) and reads conditions from them, for every stage that emits it.
 */

const CF_AND_CF_XOR_OF = 0xc000_0000 | 0;

/** FLAGS_AUX after `kind` of `a` and `b` gave `r`, all zero-extended from `size` bytes. */
export function auxiliary(e: Emitter, kind: FlagsKind, size: number, a: Value, b: Value, r: Value): Value {
  if (kind === "logic") return 0;
  if (kind === "add" || kind === "adc") return reduced(e, size, e.or(e.and(a, b), e.and(e.or(a, b), e.not(r))));
  const inverse = e.not(a);
  return reduced(e, size, e.or(e.and(inverse, b), e.and(e.xor(inverse, b), r)));
}

/** Carries out of every bit, moved so that the operand's top bit is bit 31, reduced to CF, CF^OF and AF. */
function reduced(e: Emitter, size: number, carries: Value): Value {
  if (size === 4) return e.and(carries, CF_AND_CF_XOR_OF | 8);
  return e.or(e.and(e.shl(carries, 32 - size * 8), CF_AND_CF_XOR_OF), e.and(carries, 8));
}

/** FLAGS_AUX after INC or DEC gave `r`: CF stays as it is in `old`. Overflow and auxiliary carry show in the result alone. */
export function stepAuxiliary(e: Emitter, kind: "add" | "sub", size: number, r: Value, old: Value): Value {
  const top = 2 ** (size * 8 - 1);
  const of = e.eq(r, kind === "add" ? top | 0 : top - 1);
  const af = e.eq(e.and(r, 15), kind === "add" ? 0 : 15);
  const cf = e.and(old, 0x8000_0000 | 0);
  const cfXorOf = e.and(e.xor(e.shrU(old, 1), e.shl(of, 30)), 0x4000_0000);
  return e.or(e.or(cf, cfXorOf), e.shl(af, 3));
}

/** FLAGS_AUX with CF and OF (0 or 1) and nothing else. */
export function carryOverflow(e: Emitter, cf: Value, of: Value): Value {
  return e.or(e.shl(cf, 31), e.shl(e.xor(cf, of), 30));
}

/** OF in FLAGS_AUX, as 0 or 1. */
export function overflowOf(e: Emitter, aux: Value): Value {
  return e.shrU(e.add(aux, 0x4000_0000), 31);
}

/** Condition `cc` from the two words, which are asked for as far as they count: 0 or 1. */
export function conditionOfWords(e: Emitter, cc: Condition, result: () => Value, aux: () => Value): Value {
  const v = positive(e, cc >> 1, result, aux);
  return cc & 1 ? e.eqz(v) : v;
}

function positive(e: Emitter, test: number, result: () => Value, aux: () => Value): Value {
  const less = () => {
    const x = aux();
    const sign = e.xor(result(), e.shl(x, 24));
    return e.shrU(e.xor(sign, e.add(x, 0x4000_0000)), 31);
  };
  switch (test) {
    case 0:
      return overflowOf(e, aux());
    case 1:
      return e.shrU(aux(), 31);
    case 2:
      return e.eqz(result());
    case 3:
      return e.or(e.shrU(aux(), 31), e.eqz(result()));
    case 4:
      return e.shrU(e.xor(result(), e.shl(aux(), 24)), 31);
    case 5:
      return e.xor(e.and(e.popcnt(e.and(e.xor(result(), e.shrU(aux(), 8)), 0xff)), 1), 1);
    case 6:
      return less();
    default:
      return e.or(less(), e.eqz(result()));
  }
}
