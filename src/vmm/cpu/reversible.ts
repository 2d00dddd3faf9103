import type { Cpu } from "./cpu.js";
import { access, base, descriptorAddress, isNull, limit, readDescriptorAt, USABLE } from "./descriptors.js";
import { modeNumber } from "./hidden-part.js";
import { ES, FAULT_ADDRESS, FAULT_ERROR, FAULT_VECTOR, GS, IRREVERSIBLE, SEGMENT_ORIGIN, Seg } from "./layout.js";

/** In IRREVERSIBLE beside the six bits: descriptor tables may have changed, the bits are to be derived again. */
const STALE = 0x8000_0000;

/** To be called when a descriptor table moves or is written to, or when registers were loaded past the tables (SYSENTER). */
export function descriptorsChanged(cpu: Cpu): void {
  cpu.state.set(IRREVERSIBLE, cpu.state.get(IRREVERSIBLE) | STALE);
}

/**
 * The decision engine's mask: bit n is set if segment register n (ES-GS) could not be saved and loaded again with the same result, because the
 * mode is not the one that it was loaded in, or because its descriptor in memory no longer equals its hidden part.
 */
export function irreversibleSegments(cpu: Cpu): number {
  const { state } = cpu;
  if (state.get(IRREVERSIBLE) & STALE) state.set(IRREVERSIBLE, compareWithMemory(cpu));
  let mask = state.get(IRREVERSIBLE);
  const mode = modeNumber(cpu.mode);
  for (let n = ES; n <= GS; n++) if (state.u8[SEGMENT_ORIGIN + n] !== mode) mask |= 1 << n;
  return mask;
}

function compareWithMemory(cpu: Cpu): number {
  if (!cpu.isProtected) return 0;
  const { state } = cpu;
  // Looking is not an access of the guest: what it would fault with must not be seen.
  const fault = [FAULT_VECTOR, FAULT_ERROR, FAULT_ADDRESS].map((word) => state.get(word));
  let mask = 0;
  for (let n = ES; n <= GS; n++) if (!equalsMemory(cpu, n)) mask |= 1 << n;
  [FAULT_VECTOR, FAULT_ERROR, FAULT_ADDRESS].forEach((word, i) => {
    state.set(word, fault[i]);
  });
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
