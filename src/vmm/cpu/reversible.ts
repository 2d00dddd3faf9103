import type { Cpu } from "./cpu.js";
import { access, base, descriptorAddress, isNull, limit, readDescriptorAt, USABLE } from "./descriptors.js";
import { modeNumber } from "./hidden-part.js";
import { ES, FAULT_ADDRESS, FAULT_ERROR, FAULT_VECTOR, GS, IRREVERSIBLE, SEGMENT_ORIGIN, Seg } from "./layout.js";

/** All of ES-GS in IRREVERSIBLE's upper byte: their bits are to be derived again. */
const ALL_STALE = 0x3f00;

/** To be called when a descriptor table moves or is written to. */
export function descriptorsChanged(cpu: Cpu): void {
  cpu.state.set(IRREVERSIBLE, cpu.state.get(IRREVERSIBLE) | ALL_STALE);
}

/** Segment register `n` was loaded past the tables (SYSENTER): whether these agree is to be looked up. */
export function loadedPastTables(cpu: Cpu, n: number): void {
  cpu.state.set(IRREVERSIBLE, cpu.state.get(IRREVERSIBLE) | (0x100 << n));
}

/**
 * The decision engine's mask: bit n is set if segment register n (ES-GS) could not be saved and loaded again with the same result, because the
 * mode is not the one that it was loaded in, or because its descriptor in memory no longer equals its hidden part.
 */
export function irreversibleSegments(cpu: Cpu): number {
  const { state } = cpu;
  if (state.get(IRREVERSIBLE) & ALL_STALE) state.set(IRREVERSIBLE, compareWithMemory(cpu));
  let mask = state.get(IRREVERSIBLE);
  const mode = modeNumber(cpu.mode);
  for (let n = ES; n <= GS; n++) if (state.u8[SEGMENT_ORIGIN + n] !== mode) mask |= 1 << n;
  return mask;
}

function compareWithMemory(cpu: Cpu): number {
  if (!cpu.isProtected) return 0;
  const { state } = cpu;
  const irreversible = state.get(IRREVERSIBLE);
  // Looking is not an access of the guest: what it would fault with must not be seen.
  const vector = state.get(FAULT_VECTOR);
  const error = state.get(FAULT_ERROR);
  const address = state.get(FAULT_ADDRESS);
  let mask = 0;
  for (let n = ES; n <= GS; n++) {
    const differs = irreversible & (0x100 << n) ? !equalsMemory(cpu, n) : (irreversible & (1 << n)) !== 0;
    if (differs) mask |= 1 << n;
  }
  state.set(FAULT_VECTOR, vector);
  state.set(FAULT_ERROR, error);
  state.set(FAULT_ADDRESS, address);
  return mask;
}

function equalsMemory(cpu: Cpu, n: number): boolean {
  const { state } = cpu;
  const selector = state.segment(n, Seg.selector);
  const hidden = state.segment(n, Seg.access);
  if (isNull(selector)) return !(hidden & USABLE);
  const address = descriptorAddress(cpu, selector);
  if (address < 0) return false;
  const d = readDescriptorAt(cpu, address);
  if (!d) return false;
  // The accessed bit may be cleared by the guest: loading sets it again.
  const same = ((access(d) ^ hidden) & ~1) === 0;
  return same && base(d) === state.segment(n, Seg.base) && limit(d) === state.segment(n, Seg.limit);
}
