import * as arena from "./arena.js";
import { type Outcome, saved } from "./case.js";
import { dwordAt } from "./compare.js";
import { ARENA, ARENA_SIZE } from "./layout.js";

/** What a known difference may look at: the frame on which a case has ended, and descriptors in memory. */
export interface Frame {
  /** Error code; `undefined`: the vector has none. */
  readonly error: number | undefined;
  readonly eip: number;
  readonly cs: number;
  readonly eflags: number;
}

const WITH_ERROR_CODE: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17]);

/** The dword at any address of the arena. */
function read(outcome: Outcome, address: number): number {
  const low = address & ~3;
  const shift = 8 * (address & 3);
  const first = dwordAt(outcome, low) >>> shift;
  return shift === 0 ? first : (first | (dwordAt(outcome, low + 4) << (32 - shift))) >>> 0;
}

/** Base and limit that a selector has in the case's tables, as they are at its end. */
export function segment(outcome: Outcome, selector: number): { base: number; limit: number; access: number } {
  const at = (selector & 4 ? arena.LDT : arena.GDT) + (selector & ~7);
  if (at + 8 > ARENA + ARENA_SIZE) return { base: 0, limit: 0, access: 0 };
  const low = dwordAt(outcome, at);
  const high = dwordAt(outcome, at + 4);
  const raw = (low & 0xffff) | (high & 0xf_0000);
  return {
    base: ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff00_0000)) >>> 0,
    limit: (high & 0x80_0000 ? (raw << 12) | 0xfff : raw) >>> 0,
    access: (high >>> 8) & 0xff,
  };
}

/** The frame that a 32-bit gate has pushed; undefined where the case ended otherwise, or on a stack that lies elsewhere. */
export function frame(outcome: Outcome): Frame | undefined {
  if (outcome.vector > 0xff) return undefined;
  const ss = saved(outcome, "segments", 2);
  const esp = saved(outcome, "gpr", 4);
  const { base } = segment(outcome, ss);
  const top = (base + esp) >>> 0;
  if (top < ARENA || top + 16 > ARENA + ARENA_SIZE) return undefined;
  const error = WITH_ERROR_CODE.has(outcome.vector) ? read(outcome, top) : undefined;
  const at = error === undefined ? top : top + 4;
  return { error, eip: read(outcome, at), cs: read(outcome, at + 4) & 0xffff, eflags: read(outcome, at + 8) };
}
