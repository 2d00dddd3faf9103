import { CR0, CR3, CR4 } from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";

/** Control register bits that decide how linear addresses are translated (SDM vol. 3, 4.1). */
export const CR0_WP = 1 << 16;
export const CR0_PG = 1 << 31;
export const CR4_PSE = 1 << 4;
export const CR4_PAE = 1 << 5;
export const CR4_PGE = 1 << 7;

/** Physical address bits (MAXPHYADDR). cpu/identity.ts announces the same, PSE-36 (4 MiB pages reach all of them), and no PAT. */
export const PHYSICAL_BITS = 36;

/** One level of the walk: which bits of the linear address index the table, and what entries of the table may do. */
export interface Level {
  readonly shift: number;
  readonly indexMask: number;
  /** An entry with PS set maps a page of 1 << shift bytes. */
  readonly large: boolean;
  /** Bits of the low doubleword that must be 0 in an entry that maps a page. */
  readonly reserved: number;
  /** Entries have R/W and U/S and an accessed flag (PDPTEs of 32-bit PAE have none). */
  readonly rights: boolean;
}

/** Bit 7 of a page-table entry and bit 12 of a large page's entry are PAT: reserved without it. */
const PTE_PAT = 0x80;
const LARGE_PAT = 0x1000;
/** A 4 MiB PDE has physical bits 32-35 in bits 13-16; bits 17-21 are reserved. */
const PDE_4M_RESERVED = 0x3e0000 | LARGE_PAT;
/** A 2 MiB PDE: bits 13-20. */
const PDE_2M_RESERVED = 0x1fe000 | LARGE_PAT;

/** A way of walking page tables. Levels from the root down; entries are 4 or 8 bytes. */
export interface PagingMode {
  readonly entryBytes: 4 | 8;
  /** Bits of CR3 that address the root table. */
  readonly rootMask: number;
  readonly levels: readonly Level[];
}

/** 32-bit paging without CR4.PSE reserves no bits at all. */
const legacy: PagingMode = {
  entryBytes: 4,
  rootMask: 0xfffff000,
  levels: [
    { shift: 22, indexMask: 0x3ff, large: false, reserved: 0, rights: true },
    { shift: 12, indexMask: 0x3ff, large: false, reserved: 0, rights: true },
  ],
};
const legacyPse: PagingMode = {
  entryBytes: 4,
  rootMask: 0xfffff000,
  levels: [
    { shift: 22, indexMask: 0x3ff, large: true, reserved: PDE_4M_RESERVED, rights: true },
    { shift: 12, indexMask: 0x3ff, large: false, reserved: PTE_PAT, rights: true },
  ],
};
const pae: PagingMode = {
  entryBytes: 8,
  rootMask: 0xffffffe0,
  levels: [
    { shift: 30, indexMask: 3, large: false, reserved: 0, rights: false },
    { shift: 21, indexMask: 0x1ff, large: true, reserved: PDE_2M_RESERVED, rights: true },
    { shift: 12, indexMask: 0x1ff, large: false, reserved: PTE_PAT, rights: true },
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
