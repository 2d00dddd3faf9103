import { type Extended, takeExtended } from "../x87/unpacked.js";
import { fromDouble, fromInteger, fromSingle } from "../x87/widen.js";
import type { Operand, Stage } from "./stage.js";

/** Translates and reads a memory operand; what it gives makes an extended number of it. */
export type ReadOperand = (x: Stage, size: number, memory: Operand) => () => Extended;

/** A memory operand of 4 (m32) or 8 (m64) bytes, widened; a denormal is marked WAS_DENORMAL. May fault. */
export function readReal(x: Stage, size: number, memory: Operand): () => Extended {
  if (size === 4) {
    const bits = x.read(memory, 4);
    return () => {
      x.put(bits);
      x.callHelper(fromSingle);
      return takeExtended(x);
    };
  }
  const bits = x.readWide(memory);
  return () => {
    x.putWide(bits);
    x.callHelper(fromDouble);
    return takeExtended(x);
  };
}

/** A signed integer operand of 2, 4 or 8 bytes. May fault. */
export function readInteger(x: Stage, size: number, memory: Operand): () => Extended {
  const n = size === 8 ? x.readWide(memory) : x.wideS(x.sext(x.read(memory, size), size));
  return () => {
    x.putWide(n);
    x.callHelper(fromInteger);
    return takeExtended(x);
  };
}
