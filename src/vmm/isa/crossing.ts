import { CR0_PE } from "../cpu/control-bits.js";
import { modeNumber } from "../cpu/hidden-part.js";
import * as at from "../cpu/layout.js";
import { CS, Seg, SS } from "../cpu/layout.js";
import { Op } from "../wasm/opcodes.js";
import type { Emitter, Value } from "./emitter.js";
import { AC, IF, IOPL, NT, RF, TF, VIF, VIP, VM } from "./flags.js";
import { entryIn, hostBy, misfit } from "./tlb-access.js";

/*
 * Going from an application to its system and back, as every kernel with flat segments does it a hundred thousand times a second. In TypeScript it
 * takes a microsecond: descriptors, hidden parts, what follows from them, the decision. Nearly always all of that comes out the same: CS and SS are
 * flat before and after, only their privilege changes, and so do the views of memory and the mode of execution. Where that is so, these functions
 * do it in place; everything else is the callout's.
 */

/** What flat 32-bit segments of a privilege look like: access fields of the hidden parts, accessed. */
export interface FlatPair {
  readonly code: number;
  readonly data: number;
}
export const FLAT_SYSTEM: FlatPair = { code: 0x1_c09b, data: 0x1_c093 };
export const FLAT_USER: FlatPair = { code: 0x1_c0fb, data: 0x1_c0f3 };

const CODE_SEGMENT = at.SEGMENT + CS * at.SEGMENT_SIZE;
const STACK_SEGMENT = at.SEGMENT + SS * at.SEGMENT_SIZE;
/** IRREVERSIBLE's bits of CS and SS that say: to be derived again. */
const STALE = (0x100 << CS) | (0x100 << SS);
const PROTECTED = modeNumber("protected");

/** Flags that make crossings more than what is done here; and the same for what is loaded by an IRET. */
export const UNUSUAL = VM | AC | TF | NT | RF | VIF | VIP;

/** Answers 0 unless `met`. */
export function unless(e: Emitter, met: Value): void {
  e.when(e.eqz(met), () => e.f.i32(0).op(Op.return));
}

/** Answers 0 unless nothing waits to be attended to. */
export function demandQuiet(e: Emitter): void {
  unless(e, e.eqz(e.state(at.EVENTS)));
}

/** Answers 0 unless this is protected mode, with usual flags, and CS and SS are flat segments of `from` that protected mode loaded. */
export function demandFlat(e: Emitter, from: FlatPair): void {
  unless(e, e.and(e.state(at.CR0), CR0_PE));
  unless(e, e.eqz(e.and(e.state(at.EFLAGS), UNUSUAL)));
  for (const [segment, access] of [
    [CODE_SEGMENT, from.code],
    [STACK_SEGMENT, from.data],
  ]) {
    unless(e, e.eq(e.state(segment + Seg.access), access));
    unless(e, e.eqz(e.or(e.state(segment + Seg.base), e.add(e.state(segment + Seg.limit), 1))));
  }
  unless(e, e.eq(e.loadHost(0, 2, at.SEGMENT_ORIGIN + CS), PROTECTED * 0x101));
}

/** CS and SS are as the tables say; or they were loaded past them, and whether these agree is to be looked up (cpu/reversible.ts). */
export function agrees(e: Emitter): void {
  e.setState(at.IRREVERSIBLE, e.and(e.state(at.IRREVERSIBLE), ~(STALE | (STALE >> 8))));
}
export function pastTables(e: Emitter): void {
  e.setState(at.IRREVERSIBLE, e.or(e.state(at.IRREVERSIBLE), STALE));
}

/** CS and SS become flat segments with these selectors. What follows from the access field alone is the same for both privileges. */
function putFlat(e: Emitter, pair: FlatPair, code: Value, stack: Value): void {
  e.setState(CODE_SEGMENT + Seg.selector, code);
  e.setState(CODE_SEGMENT + Seg.access, pair.code);
  e.setState(STACK_SEGMENT + Seg.selector, stack);
  e.setState(STACK_SEGMENT + Seg.access, pair.data);
}

/** The instructions that have retired since the last count belong to the present mode, which is `direct` from now on. `left`: of the budget. */
function enterMode(e: Emitter, direct: 0 | 1, left: Value): void {
  const retired = e.sub(e.state(at.RETIRED_BASE), left);
  const ran = e.sub(retired, e.state(at.MODE_SINCE));
  const counters = e.shl(e.state(at.EXECUTION_MODE), 4);
  e.storeHostWide(counters, e.addWide(e.loadHostWide(counters, at.MODE_COUNTERS), e.wideU(ran)), at.MODE_COUNTERS);
  e.setState(at.MODE_SINCE, retired);
  e.when(e.ne(e.state(at.EXECUTION_MODE), direct), () => {
    const entries = at.MODE_COUNTERS + 16 * direct + 8;
    e.storeHostWide(0, e.addWide(e.loadHostWide(0, entries), 1n), entries);
    e.setState(at.EXECUTION_MODE, direct);
  });
}

/** CPL 0 stays, and SS with it: CS is loaded with this selector, as the tables say. */
export function staySystem(e: Emitter, code: Value): void {
  e.setState(CODE_SEGMENT + Seg.selector, code);
  e.setState(at.IRREVERSIBLE, e.and(e.state(at.IRREVERSIBLE), ~(0x101 << CS)));
}

/** Of `Cpu.modeKey`. */
const KEY_USER = 1;

/** To CPL 0, from where `demandFlat` found user segments. */
export function toSystem(e: Emitter, code: Value, stack: Value, left: Value): void {
  putFlat(e, FLAT_SYSTEM, code, stack);
  e.setState(at.CPL, 0);
  e.setState(at.VIEW_JUMP_CACHE, at.JUMP_CACHE);
  e.setState(at.VIEW_READ, at.TLB);
  e.setState(at.VIEW_WRITE, at.TLB + at.TLB_SIZE);
  e.setState(at.MODE_KEY, e.and(e.state(at.MODE_KEY), ~KEY_USER));
  enterMode(e, 0, left);
}

/**
 * Answers 0 unless an application that is entered with `flags`, and with flat segments by these selectors, is executed directly as it was before:
 * the decision engine's rule, where every segment register is as its descriptor says.
 */
export function demandDirect(e: Emitter, flags: Value, code: Value, stack: Value): void {
  unless(e, e.eq(e.and(flags, IF | IOPL), IF));
  unless(e, e.state(at.USER_DIRECT));
  unless(e, e.eqz(e.and(e.state(at.IRREVERSIBLE), ~STALE)));
  const origins = e.xor(e.state(at.SEGMENT_ORIGIN), PROTECTED * 0x0101_0101);
  unless(e, e.eqz(e.or(origins, e.xor(e.loadHost(0, 2, at.SEGMENT_ORIGIN + 4), PROTECTED * 0x0101))));
  demandDescriptor(e, code, FLAT_USER.code);
  demandDescriptor(e, stack, FLAT_USER.data);
}

/** Host address of a selector's descriptor; answers 0 unless it is in the GDT, within its limit, and where the system can read it at once. */
export function descriptorOf(e: Emitter, selector: Value): Value {
  const index = e.and(selector, 0xfff8);
  unless(e, e.eqz(e.or(e.and(selector, 4), e.gtU(e.add(index, 7), e.state(at.GDTR_LIMIT)))));
  return systemAddress(e, e.add(e.state(at.GDTR_BASE), index), 8);
}

/** Answers 0 unless a selector, not null, has such a descriptor, and it is that of a flat segment with this access field. */
export function demandDescriptor(e: Emitter, selector: Value, access: number): void {
  unless(e, e.and(selector, 0xfff8));
  const descriptor = descriptorOf(e, selector);
  unless(e, e.eq(e.loadHost(descriptor, 4), 0xffff));
  unless(e, e.eq(e.loadHost(descriptor, 4, 4), flatDescriptor(access)));
}
/** Upper doubleword of the descriptor of a flat segment, accessed. */
const flatDescriptor = (access: number): number => ((access & 0xf0ff) << 8) | 0xf_0000;

/** Host address of `size` bytes, aligned to that, at a linear address that the system reads, or by another table; answers 0 where the TLB doesn't know it. */
export function systemAddress(e: Emitter, linear: Value, size: number, table: number = at.TLB): Value {
  const entry = entryIn(e, 0, linear, table);
  const host = hostBy(e, entry, linear);
  unless(e, e.eqz(misfit(e, entry, linear, host, size)));
  return host;
}

/** Answers 0 unless so many bytes from a linear address on lie in one page. */
export function demandOnePage(e: Emitter, linear: Value, length: Value): void {
  unless(e, e.eqz(e.gtU(e.add(e.and(linear, at.PAGE_SIZE - 1), length), at.PAGE_SIZE)));
}

/** To CPL 3, as `demandDirect` found it. */
export function toUser(e: Emitter, code: Value, stack: Value, left: Value): void {
  putFlat(e, FLAT_USER, code, stack);
  e.setState(at.IRREVERSIBLE, 0);
  e.setState(at.CPL, 3);
  e.setState(at.VIEW_JUMP_CACHE, e.state(at.USER_JUMP_CACHE));
  e.setState(at.VIEW_READ, at.TLB + 2 * at.TLB_SIZE);
  e.setState(at.VIEW_WRITE, at.TLB + 3 * at.TLB_SIZE);
  e.setState(at.MODE_KEY, e.or(e.state(at.MODE_KEY), KEY_USER));
  enterMode(e, 1, left);
}
