import type { LinearMemory } from "./connections.js";
import { CS, DS, ES, FS, GS, SS } from "./layout.js";

/** Where a task-state segment keeps things (SDM vol. 3, figures 7-2 and 7-10): offsets from its base. */
export interface TssLayout {
  /** Size of its EIP, EFLAGS and general registers. */
  readonly size: 2 | 4;
  /** Lowest limit that it may have. */
  readonly minimumLimit: number;
  /** -1: none. */
  readonly cr3: number;
  readonly eip: number;
  readonly eflags: number;
  /** EAX; the others follow in ModRM order. */
  readonly registers: number;
  readonly selectors: readonly (readonly [segment: number, offset: number])[];
  readonly ldt: number;
  /** The T flag's word; -1: none. */
  readonly trap: number;
}

export const TSS32: TssLayout = {
  size: 4,
  minimumLimit: 0x67,
  cr3: 0x1c,
  eip: 0x20,
  eflags: 0x24,
  registers: 0x28,
  selectors: [
    [ES, 0x48],
    [CS, 0x4c],
    [SS, 0x50],
    [DS, 0x54],
    [FS, 0x58],
    [GS, 0x5c],
  ],
  ldt: 0x60,
  trap: 0x64,
};

export const TSS16: TssLayout = {
  size: 2,
  minimumLimit: 0x2b,
  cr3: -1,
  eip: 0x0e,
  eflags: 0x10,
  registers: 0x12,
  selectors: [
    [ES, 0x22],
    [CS, 0x24],
    [SS, 0x26],
    [DS, 0x28],
  ],
  ldt: 0x2a,
  trap: -1,
};

/** What a task starts from. */
export interface TaskImage {
  readonly cr3: number;
  readonly eip: number;
  readonly eflags: number;
  readonly registers: readonly number[];
  /** By segment register number; FS and GS are null where the TSS has none. */
  readonly selectors: readonly number[];
  readonly ldt: number;
  readonly trap: boolean;
}

/** Reads a TSS whole; `undefined`: a page fault was raised. */
export function readTask(mmu: LinearMemory, base: number, layout: TssLayout): TaskImage | undefined {
  // Present as a whole: from here on no read fails.
  if (!mmu.probe(base, layout.minimumLimit + 1, false, false)) return undefined;
  const read = (offset: number, size: number) => mmu.read((base + offset) >>> 0, size, false);
  const selectors = [0, 0, 0, 0, 0, 0];
  for (const [n, offset] of layout.selectors) selectors[n] = read(offset, 2);
  return {
    cr3: layout.cr3 < 0 ? 0 : read(layout.cr3, 4),
    eip: read(layout.eip, layout.size),
    eflags: read(layout.eflags, layout.size),
    registers: Array.from({ length: 8 }, (_, i) => read(layout.registers + i * layout.size, layout.size)),
    selectors,
    ldt: read(layout.ldt, 2),
    trap: layout.trap >= 0 && (read(layout.trap, 1) & 1) !== 0,
  };
}
