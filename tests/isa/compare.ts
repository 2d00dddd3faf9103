import type { Case, Result } from "./case.js";
import { fxAt } from "./generate/fx.js";
import { initialWord } from "./initial-memory.js";
import { CODE, PAGE, TOP, USER_CS } from "./layout.js";
import { aroundLeastNormal, closeExtended, closeSingles } from "./tolerance.js";
import { RF, STATUS } from "./undefined-flags.js";
import {
  alignmentOfSelector,
  exceptionBeforeStore,
  faultingInstruction,
  isUnspecified,
  lockedVerw,
  mayFaultOtherwise,
  ranOver4GiB,
  unspecifiedFlags,
  unspecifiedRanges,
} from "./unspecified.js";

export interface Difference {
  readonly field: string;
  readonly expected: string;
  readonly actual: string;
}

const GPR_NAMES = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
const ESP = 4;
const SEGMENT_NAMES = ["es", "cs", "ss", "ds", "fs", "gs"];

/** #PF error code: the fault was an instruction fetch. Reported only by processors with NX enabled, which the host has and we need not. */
const FETCH = 0x10;
const PAGE_FAULT = 14;
/** Misaligned exception mask. */
const MXCSR_MM = 0x20000;
const GENERAL_PROTECTION = 13;
const DEBUG = 1;
/** #BP and #OF: the frame's EIP is behind the instruction. */
const isTrap = (vector: number) => vector === 3 || vector === 4;

/** Where code that left its case ends in #GP: at the HLT that fills the code pages, or beyond 4 GiB. */
const endsCode = (eip: number) => (eip >= CODE && eip < CODE + 2 * PAGE) || eip >= TOP;

/** Why a host result can't be compared with; undefined if it can. */
export function unjudged(c: Case, expected: Result): string | undefined {
  if (expected.ending === "syscall") return "asked the host's kernel";
  if (expected.ending === "fault" && expected.vector === DEBUG) return "single step or INT1: the host's kernel and hypervisor take part";
  if (expected.segments[1] !== USER_CS) return "left 32-bit mode";
  if ((new DataView(expected.fx.buffer, expected.fx.byteOffset).getUint32(fxAt.mxcsr, true) & MXCSR_MM) !== 0)
    return "MXCSR.MM, which is AMD's";
  const inCode = expected.eip - c.eip >= 0 && expected.eip - c.eip < c.code.length;
  const atFetch =
    expected.vector === GENERAL_PROTECTION ? endsCode(expected.eip) : expected.vector === PAGE_FAULT && (expected.errorCode & FETCH) !== 0;
  if (expected.ending === "fault" && !inCode && !atFetch && !isTrap(expected.vector))
    return "ran through data, which may be instructions that we don't have";
  return undefined;
}

/** Why two results can't be compared with each other, although the host's could be with another; undefined if they can. */
export function incomparable(c: Case, expected: Result, actual: Result): string | undefined {
  if (alignmentOfSelector(c, expected)) return "a selector on the stack where four bytes aren't aligned, and two are";
  if (lockedVerw(c, actual)) return "LOCK VERW, which some processors run";
  if (exceptionBeforeStore(c, expected, actual)) return "an x87 store with an unmasked exception, to memory that faults";
  return undefined;
}

/** Families in whose cases not every instruction runs just once. */
const branching = new Set(["control", "far"]);

/** EFLAGS bits that mean nothing at the end of a case, given where it ended. */
export function flagMask(c: Case, expected: Result): number {
  const end = expected.eip - c.eip;
  let undefinedFlags = 0;
  let at = 0;
  if (branching.has(c.family)) {
    // Which instructions ran is not known.
    for (const instruction of c.instructions) undefinedFlags |= instruction.undefinedFlags;
    return undefinedFlags | RF;
  }
  for (const instruction of c.instructions) {
    if (expected.ending === "fault" && at === end) break;
    undefinedFlags = (undefinedFlags & ~instruction.definedFlags) | instruction.undefinedFlags;
    at += instruction.bytes.length;
  }
  return (undefinedFlags & STATUS) | RF;
}

/** Differences in what is defined; empty if the results agree. */
export function differences(c: Case, expected: Result, actual: Result): Difference[] {
  const found: Difference[] = [];
  const note = (field: string, e: number | string, a: number | string) => {
    if (e !== a) found.push({ field, expected: show(e), actual: show(a) });
  };
  note("ending", expected.ending, actual.ending);
  if (expected.ending === "endless" || actual.ending === "endless") return found;
  const faulting = faultingInstruction(c, expected);
  if (!mayFaultOtherwise(faulting, expected, actual) && !ranOver4GiB(faulting, expected, actual)) {
    const fetchMask = expected.vector === PAGE_FAULT ? ~FETCH : -1;
    note("vector", expected.vector, actual.vector);
    note("error code", expected.errorCode & fetchMask, actual.errorCode & fetchMask);
    note("cr2", expected.cr2, actual.cr2);
  }
  note("eip", expected.eip, actual.eip);
  const mask = ~(flagMask(c, expected) | unspecifiedFlags(faulting));
  note("eflags", (expected.eflags & mask) >>> 0, (actual.eflags & mask) >>> 0);
  const lenient = isUnspecified(faulting, "registers");
  for (let r = 0; r < 8; r++) if (!lenient || r === ESP) note(GPR_NAMES[r], expected.gpr[r], actual.gpr[r]);
  for (let s = 0; s < 6; s++) note(SEGMENT_NAMES[s], selector(expected.segments[s]), selector(actual.segments[s]));
  if (isUnspecified(faulting, "mmx")) compareFx(c, inMmxState(expected.fx), inMmxState(actual.fx), note);
  else compareFx(c, expected.fx, actual.fx, note);
  if (!isUnspecified(faulting, "memory")) compareWrites(c, expected.writes, actual.writes, note);
  return found;
}

/** The RPL of a null selector comes and goes: an interrupt of the host, on its way back, makes it 0. */
function selector(value: number): number {
  return value < 4 ? 0 : value;
}

type Note = (field: string, expected: number | string, actual: number | string) => void;

const C1 = 0x200;
const PE = 0x20;
const UE = 0x10;

function compareFx(c: Case, expected: Uint8Array, actual: Uint8Array, note: Note): void {
  const e = new DataView(expected.buffer, expected.byteOffset, 512);
  const a = new DataView(actual.buffer, actual.byteOffset, 512);
  const transcendental = c.family === "transcendental";
  // Rounding of a transcendental may go either way, and the least normal number's one neighbour underflows.
  const fswMask = transcendental ? ~(C1 | PE | (aroundLeastNormal(e, a) ? UE : 0)) : -1;
  note("fcw", e.getUint16(fxAt.fcw, true), a.getUint16(fxAt.fcw, true));
  note("fsw", e.getUint16(fxAt.fsw, true) & fswMask, a.getUint16(fxAt.fsw, true) & fswMask);
  note("ftw", expected[fxAt.ftw], actual[fxAt.ftw]);
  note("mxcsr", e.getUint32(fxAt.mxcsr, true), a.getUint32(fxAt.mxcsr, true));
  if (Buffer.compare(expected.subarray(fxAt.st, fxAt.end), actual.subarray(fxAt.st, fxAt.end)) === 0) return;
  for (let i = 0; i < 8; i++) {
    const at = fxAt.st + 16 * i;
    if (transcendental && closeExtended(e, a, at)) continue;
    note(`st${i}`, bytes(expected, at, 10), bytes(actual, at, 10));
  }
  for (let i = 0; i < 8; i++) {
    const at = fxAt.xmm + 16 * i;
    if (c.family === "approximate" && closeSingles(e, a, at)) continue;
    note(`xmm${i}`, bytes(expected, at, 16), bytes(actual, at, 16));
  }
}

/** What the transition to MMX state makes of an image: TOP is 0 and no register is empty; the registers stay where they are. */
function inMmxState(fx: Uint8Array): Uint8Array {
  const image = Uint8Array.from(fx);
  const top = (fx[fxAt.fsw + 1] >> 3) & 7;
  for (let i = 0; i < 8; i++) {
    const from = fxAt.st + 16 * ((i - top) & 7);
    image.set(fx.subarray(from, from + 16), fxAt.st + 16 * i);
  }
  image[fxAt.fsw + 1] &= ~0x38;
  image[fxAt.ftw] = 0xff;
  return image;
}

function compareWrites(c: Case, expected: Uint32Array, actual: Uint32Array, note: Note): void {
  if (sameWords(expected, actual)) return;
  const ranges = unspecifiedRanges(c);
  if (ranges.length === 0 || !sameButFor(ranges, c, expected, actual)) note("memory", writes(expected), writes(actual));
}

function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether memory is the same in all bytes that lie in none of the ranges. */
function sameButFor(
  ranges: readonly (readonly [from: number, to: number])[],
  c: Case,
  expected: Uint32Array,
  actual: Uint32Array,
): boolean {
  const after = (pairs: Uint32Array) => {
    const words = new Map<number, number>();
    for (let i = 0; i < pairs.length; i += 2) words.set(pairs[i], pairs[i + 1]);
    return words;
  };
  const [e, a] = [after(expected), after(actual)];
  for (const address of new Set([...e.keys(), ...a.keys()])) {
    const different = (e.get(address) ?? initialWord(c, address)) ^ (a.get(address) ?? initialWord(c, address));
    for (let i = 0; i < 4; i++) {
      const isOpen = ranges.some(([from, to]) => address + i >= from && address + i < to);
      if (!isOpen && ((different >>> (8 * i)) & 0xff) !== 0) return false;
    }
  }
  return true;
}

function writes(pairs: Uint32Array): string {
  const shown: string[] = [];
  for (let i = 0; i < pairs.length && i < 24; i += 2) shown.push(`[${show(pairs[i])}]=${show(pairs[i + 1])}`);
  return `${shown.join(" ")}${pairs.length > 24 ? ` and ${pairs.length / 2 - 12} more` : ""}` || "unchanged";
}

/** Most significant byte first. */
function bytes(from: Uint8Array, at: number, length: number): string {
  return Buffer.from(from.subarray(at, at + length))
    .reverse()
    .toString("hex");
}

export function show(value: number | string): string {
  return typeof value === "string" ? value : (value >>> 0).toString(16).padStart(8, "0");
}
