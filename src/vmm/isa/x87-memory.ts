import { type Extended, takeExtended } from "../x87/unpacked.js";
import { fromDouble, fromSingle, widenInteger } from "../x87/widen.js";
import { BIAS, INTEGER_BIT, SIGN } from "../x87/words.js";
import type { Value, Wide } from "./emitter.js";
import type { Helper, Operand, Stage } from "./stage.js";
import { assignExtended, newResult, type Result } from "./x87-stack.js";

/** A number that has been read from memory. */
export interface Source {
  /** Whether it is a normal number, or an integer: then `widen` gives it. */
  readonly usual: Value;
  widen(): Extended;
  /** Whatever it is; a denormal is marked WAS_DENORMAL. */
  any(): Extended;
}

/** Translates and reads a memory operand; what it gives makes a number of it. */
export type ReadOperand = (x: Stage, size: number, memory: Operand) => () => Source;

/** The number in two variables. */
export function fromSource(x: Stage, source: Source): Extended {
  const into: Result = newResult(x);
  x.when(
    source.usual,
    () => assignExtended(x, into, source.widen()),
    () => assignExtended(x, into, source.any()),
  );
  return into;
}

/** Sign and biased exponent in the upper bits of a real, and its significand; `fraction` is at its place in an extended number's. */
function real(x: Stage, upper: Value, exponentBits: number, fraction: () => Wide, helper: Helper, bits: () => void): Source {
  const max = (1 << exponentBits) - 1;
  const field = x.and(upper, max);
  return {
    usual: x.ltU(x.sub(field, 1), max - 1),
    widen: () => ({
      sig: x.orWide(fraction(), INTEGER_BIT),
      se: x.add(x.and(x.shl(upper, 15 - exponentBits), SIGN), x.add(field, BIAS - (max >> 1))),
    }),
    any: () => {
      bits();
      x.callHelper(helper);
      return takeExtended(x);
    },
  };
}

/** A memory operand of 4 (m32) or 8 (m64) bytes. May fault. */
export function readReal(x: Stage, size: number, memory: Operand): () => Source {
  if (size === 4) {
    const bits = x.read(memory, 4);
    const fraction = () => x.shlWide(x.wideU(bits), 40n);
    return () => real(x, x.shrU(bits, 23), 8, fraction, fromSingle, () => x.put(bits));
  }
  const bits = x.readWide(memory);
  const fraction = () => x.shlWide(bits, 11n);
  return () => real(x, x.low(x.shrUWide(bits, 52n)), 11, fraction, fromDouble, () => x.putWide(bits));
}

/** A signed integer operand of 2, 4 or 8 bytes. May fault. */
export function readInteger(x: Stage, size: number, memory: Operand): () => Source {
  const n = size === 8 ? x.readWide(memory) : x.wideS(x.sext(x.read(memory, size), size));
  const widen = () => widenInteger(x, n);
  return () => ({ usual: 1, widen, any: widen });
}
