/** Where a case keeps things in guest-physical memory. Everything may be overwritten by its code. */

export const PAGE = 4096;
/** Beyond 1 MiB, so that the A20 gate and the hole below it are there to be met. */
export const RAM_BYTES = 0x14_0000;

export const IVT = 0x0000;
export const GDT = 0x1000;
export const IDT = 0x2000;
export const TSS32 = 0x3000;
export const TSS16 = 0x3800;
export const LDT = 0x4000;
/** 256 handlers, 16 bytes each. */
export const HANDLERS = 0x5000;
/** Page directory (or PDPT and directories), then tables. */
export const PAGE_TABLES = 0x8000;
export const PAGE_TABLES_END = 0x1_0000;
export const CODE = 0x1_0000;
export const CODE_END = 0x2_0000;
export const STACKS = 0x2_0000;
export const DATA = 0x3_0000;
export const DATA_END = 0xa_0000;

/** A device in the hole, as video memory is; and one above RAM. */
export const DEVICE = 0xb_8000;
export const HIGH_DEVICE = 0xfee0_0000;
/** A hole where no RAM is, though the monitor's memory has bytes for it. */
export const HOLE = { start: 0xa_0000, end: 0x10_0000 };

/** Selectors of the descriptor tables that every case starts from. */
export const Selector = {
  code0: 0x08,
  data0: 0x10,
  code1: 0x19,
  data1: 0x21,
  code2: 0x2a,
  data2: 0x32,
  code3: 0x3b,
  data3: 0x43,
  code16: 0x48,
  data16: 0x50,
  code16User: 0x5b,
  data16User: 0x63,
  conforming: 0x68,
  expandDown: 0x70,
  tss32: 0x78,
  tss16: 0x80,
  tss32Busy: 0x88,
  ldt: 0x90,
  callGate: 0x98,
  callGate16: 0xa0,
  taskGate: 0xa8,
  /** What follows is drawn. */
  drawn: 0xb0,
} as const;
export const GDT_ENTRIES = 64;
export const LDT_ENTRIES = 16;
