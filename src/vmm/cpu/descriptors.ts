import type { Cpu } from "./cpu.js";
import { Vector } from "./exceptions.js";
import { GDTR_BASE, GDTR_LIMIT, LDTR, Seg } from "./layout.js";

/**
 * The two doublewords of a segment or gate descriptor (SDM vol. 3, 3.4.5), and where it lies (linear); all of them as signed integers, so that
 * objects of this shape, which every segment load makes, hold small integers and nothing else.
 */
export interface Descriptor {
  readonly low: number;
  readonly high: number;
  readonly address: number;
}

/** Types of system descriptors (SDM vol. 3, table 3-2). */
export const SystemType = {
  Tss16: 1,
  Ldt: 2,
  Tss16Busy: 3,
  CallGate16: 4,
  TaskGate: 5,
  InterruptGate16: 6,
  TrapGate16: 7,
  Tss32: 9,
  Tss32Busy: 11,
  CallGate32: 12,
  InterruptGate32: 14,
  TrapGate32: 15,
} as const;

/** Bits of a descriptor's second doubleword. */
const ACCESSED = 0x100;
const READABLE_WRITABLE = 0x200;
const CONFORMING_EXPAND_DOWN = 0x400;
const CODE = 0x800;
const SEGMENT = 0x1000;
const PRESENT = 0x8000;
const BIG = 0x40_0000;
const GRANULAR = 0x80_0000;

export const isPresent = (d: Descriptor): boolean => (d.high & PRESENT) !== 0;
export const dpl = (d: Descriptor): number => (d.high >>> 13) & 3;
export const isSystem = (d: Descriptor): boolean => (d.high & SEGMENT) === 0;
export const systemType = (d: Descriptor): number => (d.high >>> 8) & 15;
export const isCode = (d: Descriptor): boolean => (d.high & (SEGMENT | CODE)) === (SEGMENT | CODE);
export const isConforming = (d: Descriptor): boolean => (d.high & CONFORMING_EXPAND_DOWN) !== 0;
export const isAccessed = (d: Descriptor): boolean => (d.high & ACCESSED) !== 0;
/** Data, or code that may be read. */
export const isReadable = (d: Descriptor): boolean => !isSystem(d) && (!isCode(d) || (d.high & READABLE_WRITABLE) !== 0);
export const isWritableData = (d: Descriptor): boolean => (d.high & (SEGMENT | CODE | READABLE_WRITABLE)) === (SEGMENT | READABLE_WRITABLE);
export const isBig = (d: Descriptor): boolean => (d.high & BIG) !== 0;
const TSS_TYPES: ReadonlySet<number> = new Set([SystemType.Tss16, SystemType.Tss16Busy, SystemType.Tss32, SystemType.Tss32Busy]);
export const isTss = (d: Descriptor): boolean => isSystem(d) && TSS_TYPES.has(systemType(d));
/** Of a TSS: its task is running, or waits for one that it called. */
export const isBusy = (d: Descriptor): boolean => (d.high & READABLE_WRITABLE) !== 0;
export const base = (d: Descriptor): number => ((d.low >>> 16) | ((d.high & 0xff) << 16) | (d.high & 0xff00_0000)) >>> 0;
/** In bytes, granularity applied. */
export function limit(d: Descriptor): number {
  const raw = (d.low & 0xffff) | (d.high & 0xf_0000);
  return (d.high & GRANULAR ? (raw << 12) | 0xfff : raw) >>> 0;
}
/** The access field of a segment register's hidden part (`Seg.access`), usable. */
export const access = (d: Descriptor): number => ((d.high >>> 8) & 0xf0ff) | USABLE;

/** `Seg.access`: the register holds a segment (its selector was not null). */
export const USABLE = 0x1_0000;
export const ACCESS_BIG = 0x4000;
/** Of TR: a 32-bit TSS, the only kind with an I/O map and FS, GS and CR3. */
export const ACCESS_TSS32 = 8;

/** Fields of a gate. */
export const gateSelector = (d: Descriptor): number => d.low >>> 16;
export const gateOffset = (d: Descriptor): number => {
  const is32 = systemType(d) >= SystemType.CallGate32;
  return is32 ? ((d.low & 0xffff) | (d.high & 0xffff_0000)) >>> 0 : d.low & 0xffff;
};

export const isNull = (selector: number): boolean => (selector & 0xfffc) === 0;

/** Bit of a selector: its descriptor is in the LDT. */
export const TABLE_INDICATOR = 4;

/** The linear address of a selector's descriptor, or -1 if its table does not reach so far. */
export function descriptorAddress(cpu: Cpu, selector: number): number {
  const { state } = cpu;
  const index = selector & 0xfff8;
  if (selector & TABLE_INDICATOR) {
    if (!(state.segment(LDTR, Seg.access) & USABLE) || index + 7 > state.segment(LDTR, Seg.limit)) return -1;
    return (state.segment(LDTR, Seg.base) + index) >>> 0;
  }
  return index + 7 > state.get(GDTR_LIMIT) ? -1 : (state.get(GDTR_BASE) + index) >>> 0;
}

/** Reads a selector's descriptor. `undefined`: beyond its table (`vector` with the selector was raised), or a page fault was. */
export function readDescriptor(cpu: Cpu, selector: number, vector: number = Vector.GP): Descriptor | undefined {
  const address = descriptorAddress(cpu, selector);
  if (address < 0) {
    cpu.raiseSelector(vector, selector);
    return undefined;
  }
  return readDescriptorAt(cpu, address);
}

/** Reads the descriptor at a linear address, with the processor's own rights. `undefined`: a page fault was raised. */
export function readDescriptorAt(cpu: Cpu, address: number): Descriptor | undefined {
  const low = cpu.mmu.read(address, 4, false);
  if (low < 0) return undefined;
  const high = cpu.mmu.read((address + 4) >>> 0, 4, false);
  return high < 0 ? undefined : { low: low | 0, high: high | 0, address: address | 0 };
}

/**
 * The order that all transfers and loads share: first whether the descriptor is of a kind and privilege that may be used here (else `refusal` with
 * the selector), then whether what it describes is present (else `absence`). `undefined`: the exception was raised.
 */
export function admit(
  cpu: Cpu,
  selector: number,
  d: Descriptor,
  allowed: boolean,
  refusal: number = Vector.GP,
  absence: number = Vector.NP,
): Descriptor | undefined {
  if (allowed && isPresent(d)) return d;
  cpu.raiseSelector(allowed ? absence : refusal, selector);
  return undefined;
}

/** Reads a selector's descriptor where a null selector is refused like a wrong one, and admits it. */
export function readAdmitted(
  cpu: Cpu,
  selector: number,
  allowed: (d: Descriptor) => boolean,
  refusal: number = Vector.GP,
  absence: number = Vector.NP,
): Descriptor | undefined {
  if (isNull(selector)) {
    cpu.raiseSelector(refusal, 0);
    return undefined;
  }
  const d = readDescriptor(cpu, selector, refusal);
  return d && admit(cpu, selector, d, allowed(d), refusal, absence);
}

/** The same for a descriptor that must lie in the GDT: those of an LDT and of a TSS. */
export function readAdmittedGlobal(
  cpu: Cpu,
  selector: number,
  allowed: (d: Descriptor) => boolean,
  refusal: number = Vector.GP,
  absence: number = Vector.NP,
): Descriptor | undefined {
  if ((selector & TABLE_INDICATOR) === 0) return readAdmitted(cpu, selector, allowed, refusal, absence);
  cpu.raiseSelector(refusal, selector);
  return undefined;
}

/** Sets the accessed bit in memory if it is clear. `undefined`: a page fault was raised; otherwise the descriptor as it now is. */
export function markAccessed(cpu: Cpu, d: Descriptor): Descriptor | undefined {
  if (isAccessed(d)) return d;
  const high = d.high | ACCESSED;
  return cpu.mmu.write((d.address + 5) >>> 0, 1, (high >>> 8) & 0xff, false) ? { ...d, high } : undefined;
}
