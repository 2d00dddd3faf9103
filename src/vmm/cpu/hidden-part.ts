import { noBounds, readBounds, writeBounds } from "./bounds.js";
import type { Cpu } from "./cpu.js";
import { ACCESS_BIG, access, base, type Descriptor, limit, USABLE } from "./descriptors.js";
import { GS, IRREVERSIBLE, SEGMENT_ORIGIN, Seg, SS, STACK_MASK } from "./layout.js";

export type ProcessorMode = "real" | "protected" | "virtual8086";

const MODES: readonly ProcessorMode[] = ["real", "protected", "virtual8086"];

/** The number under which SEGMENT_ORIGIN keeps a mode. */
export const modeNumber = (mode: ProcessorMode): number => MODES.indexOf(mode);

/** Writes a segment register whole: selector, hidden part, and what is derived from it. Nothing is checked. */
export function loadHidden(cpu: Cpu, n: number, selector: number, segmentBase: number, segmentLimit: number, accessField: number): void {
  const { state } = cpu;
  state.setSegment(n, Seg.selector, selector);
  state.setSegment(n, Seg.base, segmentBase);
  state.setSegment(n, Seg.limit, segmentLimit);
  state.setSegment(n, Seg.access, accessField);
  const usable = (accessField & USABLE) !== 0;
  const read = usable ? readBounds(accessField, segmentLimit) : noBounds;
  const write = usable ? writeBounds(accessField, segmentLimit) : noBounds;
  state.setSegment(n, Seg.readLow, read.low);
  state.setSegment(n, Seg.readHigh, read.high);
  state.setSegment(n, Seg.writeLow, write.low);
  state.setSegment(n, Seg.writeHigh, write.high);
  if (n === SS) state.set(STACK_MASK, accessField & ACCESS_BIG ? -1 : 0xffff);
  if (n <= GS) becomesReversible(cpu, n);
}

/** A segment register as it has just been loaded is reversible (cpu/reversible.ts). */
function becomesReversible(cpu: Cpu, n: number): void {
  const { state } = cpu;
  const origin = SEGMENT_ORIGIN + n;
  const mode = modeNumber(cpu.mode);
  const irreversible = state.get(IRREVERSIBLE);
  const bits = 0x101 << n;
  if (state.u8[origin] === mode && !(irreversible & bits)) return;
  state.u8[origin] = mode;
  state.set(IRREVERSIBLE, irreversible & ~bits);
  cpu.reversibilityChanged();
}

/** Loads a segment register from a descriptor that has been checked. */
export function setSegment(cpu: Cpu, n: number, selector: number, d: Descriptor): void {
  loadHidden(cpu, n, selector, base(d), limit(d), access(d));
}

/** A null selector: ES, DS, FS and GS may be loaded with it, but not used. */
export function setNullSegment(cpu: Cpu, n: number, selector: number): void {
  loadHidden(cpu, n, selector, 0, 0, 0);
}

/**
 * Loads a segment register in real mode. Only the selector and the base change: limit and attributes stay what they were, so that a limit loaded
 * in protected mode remains ("unreal" mode). A register that protected mode left unusable becomes an ordinary one.
 */
export function setRealModeSegment(cpu: Cpu, n: number, selector: number): void {
  const { state } = cpu;
  const old = state.segment(n, Seg.access);
  const fresh = !(old & USABLE);
  loadHidden(cpu, n, selector, selector << 4, fresh ? 0xffff : state.segment(n, Seg.limit), fresh ? USABLE | 0x93 : (old & ~0x0f) | 0x03);
}

/** Loads a segment register in virtual-8086 mode: 64 KiB, DPL 3 (SDM vol. 3, 20.2). */
export function setVirtual8086Segment(cpu: Cpu, n: number, selector: number): void {
  loadHidden(cpu, n, selector, selector << 4, 0xffff, USABLE | 0xf3);
}

/** A flat 4 GiB segment. */
export function setFlatSegment(cpu: Cpu, n: number, selector: number, accessField: number): void {
  loadHidden(cpu, n, selector, 0, 0xffff_ffff, accessField);
}
