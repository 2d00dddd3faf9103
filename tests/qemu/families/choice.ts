import type { Random } from "../../isa/random.js";
import * as arena from "../arena.js";
import { ARENA, NOTHING, PROGRAM_CS, PROGRAM_DS } from "../layout.js";
import type { Mode } from "./draft.js";

/** What families choose from. */

export const RINGS = [0, 1, 2, 3] as const;

export function protectedMode(random: Random): { ring: number; bits: 16 | 32 } {
  return { ring: random.pick([0, 0, 1, 2, 3, 3]), bits: random.oneIn(4) ? 16 : 32 };
}
export function anyMode(random: Random): Mode {
  const n = random.below(8);
  return n === 0 ? "real" : n < 3 ? "virtual8086" : protectedMode(random);
}

/** Slots for descriptors of a case's own: two in the GDT, two in the LDT. */
export const SLOTS = [arena.FREE, arena.FREE + 8, 0x0c, 0x14] as const;

/** Selectors that mean something, null ones, and some that don't exist, with any RPL. */
export function anySelector(random: Random): number {
  const rpl = random.below(4);
  const known = [
    0,
    PROGRAM_CS,
    PROGRAM_DS,
    ...RINGS.flatMap((ring) => [arena.code32(ring), arena.data32(ring), arena.code16(ring), arena.data16(ring)]),
    arena.TSS_SELECTOR,
    arena.TSS_B_SELECTOR,
    arena.TSS_16_SELECTOR,
    arena.LDT_SELECTOR,
    // Not present, beyond the limits, null descriptors.
    arena.FREE + 0x20,
    8 * arena.GDT_ENTRIES,
    8 * arena.LDT_ENTRIES + 4,
    0x7c,
    0xfff8,
  ];
  if (random.oneIn(2)) return random.pick(SLOTS) | rpl;
  const selector = random.pick(known);
  return random.oneIn(2) ? selector : (selector & ~3) | rpl;
}

/** Where a transfer to a code segment can end well: in INT3, for its base. */
export const landing = (base: number): number => arena.CODE + 0x800 - base;

const SYSTEM_SEGMENTS: readonly number[] = [
  arena.Access.tss16,
  arena.Access.busyTss16,
  arena.Access.ldt,
  arena.Access.tss32,
  arena.Access.busyTss32,
];
const GATES: readonly number[] = [
  arena.Access.callGate16,
  arena.Access.callGate32,
  arena.Access.taskGate,
  arena.Access.interrupt16,
  arena.Access.interrupt32,
  arena.Access.trap16,
  arena.Access.trap32,
];

const absentSometimes = (random: Random, access: number): number => (random.oneIn(8) ? access & 0x7f : access);

/** Any descriptor that a table may hold: code and data of all types, system segments, gates, reserved types. */
export function anyDescriptor(random: Random): arena.Dwords {
  const n = random.below(16);
  if (n < 10) return codeOrData(random, random.below(16));
  if (n < 12) return systemSegment(random);
  if (n < 15) return anyGate(random, random.pick(GATES));
  return arena.descriptor(arena.DATA, 0xffff, absentSometimes(random, 0x80 | arena.level(random.below(4)) | random.pick([0, 8, 0xa, 0xd])));
}

export function codeOrData(random: Random, type: number, dpl = random.below(4)): arena.Dwords {
  const base = type & 8 ? random.pick([0, ARENA, ARENA, NOTHING[1][0]]) : random.pick([ARENA, arena.DATA]);
  const limit = random.pick([0xffff, 0xffff, 0xf_ffff, 0x7fff, 0x8fff, 0xfff, 0]);
  const flags = random.pick([arena.BIG, arena.BIG, 0x4, 0x8, 0, 0x5, 0x1]);
  return arena.descriptor(base, limit, absentSometimes(random, 0x90 | arena.level(dpl) | type), flags);
}

export function anyCode(random: Random): arena.Dwords {
  return codeOrData(random, 8 | random.below(8));
}

export function systemSegment(random: Random): arena.Dwords {
  const access = random.pick(SYSTEM_SEGMENTS);
  const base = access === arena.Access.ldt ? arena.LDT : access & 8 ? arena.TSS_B : arena.TSS_16;
  const limit = random.pick([0x7f, 0x67, 0x66, 0x2b, 0x2a, 0xffff]);
  return arena.descriptor(base, limit, absentSometimes(random, access | arena.level(random.below(4))), random.oneIn(6) ? 8 : 0);
}

/** A gate of this type to some code segment (a task gate: to some TSS). */
export function anyGate(random: Random, access: number, parameters = random.below(8)): arena.Dwords {
  const type = absentSometimes(random, access | arena.level(random.pick([3, 3, 3, 2, 1, 0])));
  if ((access & 0xf) === 5) {
    const selector = random.oneIn(6) ? anySelector(random) : random.pick([arena.TSS_B_SELECTOR, arena.TSS_16_SELECTOR, ...SLOTS]);
    return arena.gate(selector, 0, type);
  }
  const [selector, offset] = codeTarget(random);
  // 16-bit gates have no upper half; what is there is to be ignored.
  const kept = access & 8 || random.oneIn(6) ? offset : offset & 0xffff;
  return arena.gate(selector, kept, type, (access & 0xf) === 4 || (access & 0xf) === 0xc ? parameters : 0);
}

/** Selector and offset of a place to go on at. */
export function codeTarget(random: Random): [selector: number, offset: number] {
  if (random.oneIn(6)) return [anySelector(random), landing(random.pick([0, ARENA]))];
  if (random.oneIn(3)) return [random.pick(SLOTS) | random.below(4), landing(random.pick([0, ARENA]))];
  const ring = random.below(4);
  const rpl = random.oneIn(4) ? random.below(4) : ring;
  if (random.oneIn(3)) return [(arena.code16(ring) & ~3) | rpl, landing(ARENA)];
  return [(arena.code32(ring) & ~3) | rpl, landing(0)];
}
