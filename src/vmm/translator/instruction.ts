import * as at from "../cpu/layout.js";
import type { Decoder } from "../decode/decoder.js";
import type { Entry } from "../decode/entry.js";
import { regAddress, rmAddress } from "../interpreter/predecoder.js";
import { type Definition, definition } from "../isa/definition.js";
import type { Operand } from "../isa/stage.js";

/** Where an operand that is a register lies: a general register (whole, or a byte of it), an XMM register, or a cell of state at a constant address. */
export type Place =
  | { readonly kind: "general"; readonly n: number; readonly high: boolean }
  | { readonly kind: "vector"; readonly n: number }
  | { readonly kind: "cell"; readonly address: number };

/** What is the same for all instructions of an entry of the opcode tables. */
export interface Kind {
  readonly definition: Definition;
  readonly operands: readonly Operand[];
  /** A repeated string instruction. */
  readonly repeats: boolean;
  /** May leave the region for something else behind its access. */
  readonly unsettled: boolean;
  readonly transfer?: Transfer;
  /** Is the interpreter's from time to time, whatever is translated. */
  readonly timed: boolean;
}

/** How an instruction ends a block: it goes elsewhere always, on a condition, or comes back behind itself if all goes well. */
export type Transfer = "always" | "conditional" | "call";
function transferOf(name: string): Transfer | undefined {
  if (/^(jmp|jmpIndirect|ret)$/.test(name)) return "always";
  if (/^(call|callIndirect)$/.test(name)) return "call";
  return /^(j(?!mp)|loop)/.test(name) ? "conditional" : undefined;
}

/** One decoded instruction of a region. Offsets count from the first byte of the page that the region's head lies in; they may be negative. */
export interface Instruction {
  readonly offset: number;
  readonly length: number;
  readonly entry: Entry;
  readonly definition: Definition;
  readonly kind: Kind;
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
  const kind = kindOf(entry);
  const address16 = decoder.addressSize === 2;
  return {
    offset,
    length: decoder.length,
    entry,
    definition: kind.definition,
    kind,
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

const kinds = new Map<Entry, Kind>();
function kindOf(entry: Entry): Kind {
  let kind = kinds.get(entry);
  if (!kind) {
    const { name, roles } = entry;
    kind = {
      definition: definition(name),
      operands: roles.map((role) => ({ role })),
      repeats: /^rep(|e|ne)_/.test(name),
      transfer: transferOf(name),
      timed: name === "rdtsc",
      unsettled: /^(call|movToSegment|pop[EDFG]s)$/.test(name),
    };
    kinds.set(entry, kind);
  }
  return kind;
}
const REGISTERS = 8;

const places = new Map<number, Place>();
/** What in a region stands for a state address as the interpreter's records have it. */
function placeOf(address: number): Place {
  let place = places.get(address);
  if (!place) {
    place = newPlace(address);
    places.set(address, place);
  }
  return place;
}
function newPlace(address: number): Place {
  const general = address - at.GPR;
  if (general >= 0 && general < 8 * REGISTERS) return { kind: "general", n: general >> 3, high: (general & 7) === 1 };
  const vector = address - at.XMM;
  if (vector >= 0 && vector < 16 * REGISTERS) return { kind: "vector", n: vector >> 4 };
  return { kind: "cell", address };
}
