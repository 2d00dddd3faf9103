import * as at from "../cpu/layout.js";
import { byteRegister } from "../cpu/state.js";
import type { Decoder } from "../decode/decoder.js";
import type { Entry } from "../decode/entry.js";
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
    rm: rmPlace(entry, decoder.rm, size),
    reg: regPlace(entry, decoder.reg, size),
  };
}

function general(n: number, size: number): Place {
  const address = size === 1 ? byteRegister(n) : at.GPR + 8 * n;
  return { kind: "general", n: (address - at.GPR) >> 3, high: (address & 7) === 1 };
}
function cell(address: number): Place {
  return { kind: "cell", address };
}

function rmPlace(entry: Entry, n: number, size: number): Place {
  for (const token of entry.operands) {
    switch (token) {
      case "E":
      case "R":
      case "Z":
      case "A":
        return general(n, size);
      case "Eb":
        return general(n, 1);
      case "Ew":
      case "Rx":
        return general(n, 4);
      case "W":
      case "U":
        return { kind: "vector", n };
      case "Q":
      case "N":
        return cell(at.X87 + 16 * n);
      case "F":
        return cell(n);
    }
  }
  return cell(at.ZERO);
}

function regPlace(entry: Entry, n: number, size: number): Place {
  for (const token of entry.operands) {
    switch (token) {
      case "G":
        return general(n, size);
      case "V":
        return { kind: "vector", n };
      case "P":
        return cell(at.X87 + 16 * n);
      case "S":
        return cell(at.SEGMENT + at.SEGMENT_SIZE * n);
      case "C":
      case "D":
        return cell(n);
    }
  }
  return cell(at.ZERO);
}
