import { X87_TABLES, X87_TABLES_END, X87_TABLES_FILLED } from "../../cpu/layout.js";
import type { CpuState } from "../../cpu/state.js";
import type { Emitter, Value } from "../../isa/emitter.js";
import { atan, cos, expm1, GUARD, ln2, log1p, sin } from "../elementary.js";
import type { Fixed } from "./fixed.js";

/*
 * Values of a function at equal steps, 16 bytes each: fractions that count 2^-128, rounded, the lower half first. They take
 * milliseconds to compute, so they are filled in when an instruction first asks for one, which the callout then does.
 */

/** Bytes of a value. */
const SIZE = 16;
/** Places to compute with: rounding to 128 makes the error half of the last one. */
const PLACES = 128 + GUARD;

/** f(i / 2^bits) for i from 0 to count - 1. */
class Table {
  /** Address behind it. */
  readonly end: number;

  constructor(
    readonly start: number,
    readonly bits: number,
    readonly count: number,
    private readonly f: (i: number) => bigint,
  ) {
    this.end = start + count * SIZE;
  }

  fill(state: CpuState): void {
    for (let i = 0; i < this.count; i++) {
      const value = (this.f(i) + (1n << BigInt(GUARD - 1))) >> BigInt(GUARD);
      const at = (this.start + i * SIZE) >> 3;
      state.u64[at] = value & 0xffff_ffff_ffff_ffffn;
      state.u64[at + 1] = (value >> 64n) & 0xffff_ffff_ffff_ffffn;
    }
  }

  /** Emits a look-up. */
  at(e: Emitter, i: Value): Fixed {
    const offset = e.shl(i, Math.log2(SIZE));
    return { high: e.loadHostWide(offset, this.start + 8), low: e.loadHostWide(offset, this.start) };
  }
}

const argument = (i: number, bits: number) => BigInt(i) << BigInt(PLACES - bits);

/** Sines and cosines up to pi / 4; the cosine of 0 is not in it, being 1. */
export const sines = new Table(X87_TABLES, 8, 203, (i) => sin(argument(i, 8), PLACES));
export const cosines = new Table(sines.end, 8, 203, (i) => cos(argument(i, 8), PLACES));

/** atan(i / 2^7); arguments next to 1 start from the last one. */
export const arctangents = new Table(cosines.end, 7, 128, (i) => atan(BigInt(i), 128n, PLACES));

/** log2(i / 2^7) for i from LOGARITHMS_FROM on, in two's complement and units of 2^-112. */
export const LOGARITHMS_FROM = 96;
export const logarithms = new Table(arctangents.end, 7, 97, (i) => {
  const x = (BigInt(i + LOGARITHMS_FROM) << BigInt(PLACES - 7)) - (1n << BigInt(PLACES));
  return ((log1p(x, PLACES) << BigInt(PLACES)) / ln2(PLACES)) >> 16n;
});

/** 2^(i / 2^8) / 2 for i - EXPONENTIALS_ZERO: from 2^-1 / 2 to almost 2 / 2. */
export const EXPONENTIALS_ZERO = 256;
export const exponentials = new Table(logarithms.end, 8, 512, (i) => {
  // From 2^-1 to 1, or 1 to 2, as e^(x ln 2).
  const x = argument(i - EXPONENTIALS_ZERO, 8);
  return (expm1((x * ln2(PLACES)) >> BigInt(PLACES), PLACES) + (1n << BigInt(PLACES))) >> 1n;
});

if (exponentials.end > X87_TABLES_END) throw new Error("the x87 tables are larger than their place");

/** The tables that a function needs, and their bit in X87_TABLES_FILLED. */
export interface TableSet {
  readonly bit: number;
  readonly tables: readonly Table[];
}
export const ofSines: TableSet = { bit: 1, tables: [sines, cosines] };
export const ofArctangents: TableSet = { bit: 2, tables: [arctangents] };
export const ofLogarithms: TableSet = { bit: 4, tables: [logarithms] };
export const ofExponentials: TableSet = { bit: 8, tables: [exponentials] };

/** To be called by callouts that could have been fast. */
export function fillTables(state: CpuState, { bit, tables }: TableSet): void {
  const filled = state.get(X87_TABLES_FILLED);
  if (filled & bit) return;
  for (const table of tables) table.fill(state);
  state.set(X87_TABLES_FILLED, filled | bit);
}
