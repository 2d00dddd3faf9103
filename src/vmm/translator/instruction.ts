import * as at from "../cpu/layout.js";
import type { Decoder } from "../decode/decoder.js";
import type { Entry } from "../decode/entry.js";
import { regAddress, rmAddress } from "../interpreter/predecoder.js";
import { type Definition, definition } from "../isa/definition.js";

/** Where an operand that is a register lies: a general register (whole, or a byte of it), an XMM register, or a cell of state at a constant address. */
export type Place =
  | { readonly kind: "general"; readonly n: number; readonly high: boolean }
  | { readonly kind: "vector"; readonly n: number }
  | { readonly kind: "cell"; readonly address: number };

/** One decoded instruction of a region. Offsets count from the first byte of the page that the region's head lies in; they may be negative. */
export interface Instruction {
  readonly offset: number;
  readonly length: number;
  readonly entry: Entry;
  readonly definition: Definition;
  /** Operand size that the form is for. */
  readonly size: number;
  readonly memory: boolean;
  /** The memory operand and the implied ones need no segment arithmetic: 32-bit addresses in flat segments. */
  readonly plain: boolean;
  readonly address16: boolean;
  readonly segment: number;
  /** Registers of the memory operand, -1 for none. */
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  readonly displacement: number;
  readonly immediate: number;
  readonly rm: Place;
  readonly reg: Place;
}

/** What the decoder found, as the translator keeps it. */
export function instructionOf(decoder: Decoder, offset: number): Instruction {
  const { entry, size } = decoder;
  const address16 = decoder.addressSize === 2;
  return {
    offset,
    length: decoder.length,
    entry,
    definition: definition(entry.name),
    size,
    memory: decoder.memory,
    plain: !address16 && decoder.segment <= at.DS && decoder.segment !== at.CS,
    address16,
    segment: decoder.segment,
    base: decoder.base,
    index: decoder.index,
    scale: decoder.scale,
    displacement: decoder.displacement,
    immediate: decoder.immediate,
    rm: placeOf(rmAddress(entry, decoder.rm, size)),
    reg: placeOf(regAddress(entry, decoder.reg, size)),
  };
}

const REGISTERS = 8;

/** What in a region stands for a state address as the interpreter's records have it. */
function placeOf(address: number): Place {
  const general = address - at.GPR;
  if (general >= 0 && general < 8 * REGISTERS) return { kind: "general", n: general >> 3, high: (general & 7) === 1 };
  const vector = address - at.XMM;
  if (vector >= 0 && vector < 16 * REGISTERS) return { kind: "vector", n: vector >> 4 };
  return { kind: "cell", address };
}
