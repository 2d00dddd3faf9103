import { CR0, CR3, CR4 } from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";

/** Control register bits that decide how linear addresses are translated (SDM vol. 3, 4.1). */
export const CR0_WP = 1 << 16;
export const CR0_PG = 1 << 31;
export const CR4_PSE = 1 << 4;
export const CR4_PAE = 1 << 5;
export const CR4_PGE = 1 << 7;

/** Physical address bits (MAXPHYADDR): what CPUID announces must agree. PSE-36 is there, so 4 MiB pages reach all of them. */
export const PHYSICAL_BITS = 36;

/** One level of the walk: which bits of the linear address index the table, and what entries of the table may do. */
export interface Level {
  readonly shift: number;
  readonly indexMask: number;
  /** An entry with PS set maps a page of 1 << shift bytes. */
  readonly large: boolean;
  /** Entries have R/W and U/S and an accessed flag (PDPTEs of 32-bit PAE have none). */
  readonly rights: boolean;
}

const PAGE_TABLE = { shift: 12, large: false, rights: true };

/** A way of walking page tables. Levels from the root down; entries are 4 or 8 bytes. */
export interface PagingMode {
  readonly entryBytes: 4 | 8;
  /** Bits of CR3 that address the root table. */
  readonly rootMask: number;
  readonly levels: readonly Level[];
}

const legacy: PagingMode = {
  entryBytes: 4,
  rootMask: 0xfffff000,
  levels: [
    { shift: 22, indexMask: 0x3ff, large: false, rights: true },
    { ...PAGE_TABLE, indexMask: 0x3ff },
  ],
};
const legacyPse: PagingMode = { ...legacy, levels: [{ ...legacy.levels[0], large: true }, legacy.levels[1]] };
const pae: PagingMode = {
  entryBytes: 8,
  rootMask: 0xffffffe0,
  levels: [
    { shift: 30, indexMask: 3, large: false, rights: false },
    { shift: 21, indexMask: 0x1ff, large: true, rights: true },
    { ...PAGE_TABLE, indexMask: 0x1ff },
  ],
};

/** The mode that the control registers ask for, or null with paging off. */
export function pagingMode(state: CpuState): PagingMode | null {
  if ((state.get(CR0) & CR0_PG) === 0) return null;
  const cr4 = state.get(CR4);
  if (cr4 & CR4_PAE) return pae;
  return cr4 & CR4_PSE ? legacyPse : legacy;
}

/** Physical address of the root table. */
export function rootTable(state: CpuState, mode: PagingMode): number {
  return (state.get(CR3) & mode.rootMask) >>> 0;
}
