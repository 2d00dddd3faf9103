import { Access, level } from "../vmm/access-bytes.js";
import { ARENA, PAGE, PROGRAM_CS, STUB_SIZE, STUBS } from "./layout.js";

export { Access, level };

/** What cases find in the arena: descriptor tables, task state segments, code, stacks, data, page tables. */
export const GDT = ARENA;
export const GDT_ENTRIES = 64;
export const LDT = ARENA + 0x800;
export const LDT_ENTRIES = 16;
export const IDT = ARENA + PAGE;
/** Two 32-bit tasks, a 16-bit one, and room for another. */
export const TSS = ARENA + 2 * PAGE;
export const TSS_B = TSS + 0x400;
export const TSS_16 = TSS + 0x800;
export const TSS_LIMIT = 0x67 + 32 + 0x81;
export const TSS_16_LIMIT = 0x2b;
/** Offsets in a 32-bit TSS: the redirection bitmap, then the I/O map, of the ports up to 3FFh. */
export const REDIRECTION = 0x68;
export const IO_MAP = 0x88;

export const CODE = ARENA + 3 * PAGE;
/** Tops of the stacks, by ring. */
export const STACKS = [ARENA + 5 * PAGE - 0x100, ARENA + 5 * PAGE + 0x800, ARENA + 6 * PAGE, ARENA + 7 * PAGE - 0x100] as const;
export const DATA = ARENA + 7 * PAGE;
export const DATA_PAGES = 2;
/** Page tables, without and with PAE: the first 4 (2) MiB one to one, and a window for cases in the next. */
export const PAGE_DIRECTORY = ARENA + 9 * PAGE;
export const PAGE_TABLE = ARENA + 10 * PAGE;
export const WINDOW_TABLE = ARENA + 11 * PAGE;
export const PAE_POINTERS = ARENA + 12 * PAGE;
export const PAE_DIRECTORY = ARENA + 13 * PAGE;
export const PAE_TABLE = ARENA + 14 * PAGE;
export const PAE_WINDOW_TABLE = ARENA + 15 * PAGE;
/** Linear addresses of the windows. */
export const WINDOW = 0x40_0000;
export const PAE_WINDOW = 0x20_0000;

/** Segment of the arena for real and virtual-8086 mode. */
export const SEGMENT = ARENA >> 4;

/** Second dword's flags: granularity, default size. */
export const BIG = 0xc;
export const SMALL = 0x0;

/** Selectors of every case's GDT, by ring, with the ring as RPL; flat 32-bit segments, and 16-bit ones of the arena. */
export const code32 = (ring: number): number => 0x20 + 0x20 * ring + ring;
export const data32 = (ring: number): number => code32(ring) + 8;
export const code16 = (ring: number): number => code32(ring) + 0x10;
export const data16 = (ring: number): number => code32(ring) + 0x18;
export const TSS_SELECTOR = 0xa0;
export const TSS_B_SELECTOR = 0xa8;
export const TSS_16_SELECTOR = 0xb0;
export const LDT_SELECTOR = 0xb8;
/** First entry that is a case's own. */
export const FREE = 0xc0;

export type Dwords = readonly [low: number, high: number];

/** A segment descriptor; `limit` is the raw 20-bit one. */
export function descriptor(base: number, limit: number, access: number, flags = 0): Dwords {
  return [
    ((base << 16) | (limit & 0xffff)) >>> 0,
    ((base & 0xff00_0000) | (flags << 20) | (limit & 0xf_0000) | (access << 8) | ((base >>> 16) & 0xff)) >>> 0,
  ];
}
export function gate(selector: number, offset: number, access: number, parameters = 0): Dwords {
  return [((selector << 16) | (offset & 0xffff)) >>> 0, ((offset & 0xffff_0000) | (access << 8) | parameters) >>> 0];
}

export const stubOf = (vector: number): number => STUBS + STUB_SIZE * vector;

/** Vectors from here on, and the ones that instructions raise on purpose (3, 4, 5), are open to ring 3. */
export const OPEN_VECTORS = 0x20;

/** A trap that ends a case: INT3. Code, and everything that isn't anything else, is full of it. */
export const INT3 = 0xcc;

/** Page table entry bits. */
export const Pte = { P: 1, W: 2, U: 4, A: 0x20, D: 0x40, PS: 0x80, G: 0x100 } as const;

/** The arena as a case finds it. */
export function pristine(): Uint8Array {
  const bytes = new Uint8Array(16 * PAGE);
  const view = new DataView(bytes.buffer);
  const put = (address: number, ...dwords: number[]) => {
    dwords.forEach((dword, i) => {
      view.setUint32(address - ARENA + 4 * i, dword, true);
    });
  };
  const entry = (selector: number, dwords: Dwords) => put(GDT + (selector & ~7), ...dwords);

  entry(PROGRAM_CS, descriptor(0, 0xfffff, Access.code | 1, BIG));
  entry(0x10, descriptor(0, 0xfffff, Access.data | 1, BIG));
  for (let ring = 0; ring < 4; ring++) {
    entry(code32(ring), descriptor(0, 0xfffff, Access.code | level(ring) | 1, BIG));
    entry(data32(ring), descriptor(0, 0xfffff, Access.data | level(ring) | 1, BIG));
    entry(code16(ring), descriptor(ARENA, 0xffff, Access.code | level(ring) | 1, SMALL));
    entry(data16(ring), descriptor(ARENA, 0xffff, Access.data | level(ring) | 1, SMALL));
  }
  entry(TSS_SELECTOR, descriptor(TSS, TSS_LIMIT, Access.tss32));
  entry(TSS_B_SELECTOR, descriptor(TSS_B, TSS_LIMIT, Access.tss32));
  entry(TSS_16_SELECTOR, descriptor(TSS_16, TSS_16_LIMIT, Access.tss16));
  entry(LDT_SELECTOR, descriptor(LDT, 8 * LDT_ENTRIES - 1, Access.ldt));

  for (let vector = 0; vector < 256; vector++) {
    const open = (vector >= 3 && vector <= 5) || vector >= OPEN_VECTORS;
    put(IDT + 8 * vector, ...gate(PROGRAM_CS, stubOf(vector), Access.interrupt32 | level(open ? 3 : 0)));
  }

  for (const tss of [TSS, TSS_B]) {
    for (let ring = 0; ring < 3; ring++) put(tss + 4 + 8 * ring, STACKS[ring], data32(ring));
    put(tss + 0x64, IO_MAP << 16);
    view.setUint8(tss - ARENA + IO_MAP + 0x80, 0xff);
  }
  // Where the other tasks go on: at the end of a case.
  put(TSS_B + 0x20, CODE + 0x800, 2, 1, 2, 3, 4, STACKS[0] - 0x40, 6, 7, 8);
  put(TSS_B + 0x48, data32(0), code32(0), data32(0), data32(0), data32(0), data32(0), 0);
  [0x3800, 2, 1, 2, 3, 4, STACKS[0] - 0x40 - ARENA, 6, 7, 8, data16(0), code16(0), data16(0), data16(0), 0].forEach((value, i) => {
    view.setUint16(TSS_16 - ARENA + 14 + 2 * i, value, true);
  });
  for (let ring = 0; ring < 3; ring++) {
    view.setUint16(TSS_16 - ARENA + 2 + 4 * ring, STACKS[ring] - ARENA, true);
    view.setUint16(TSS_16 - ARENA + 4 + 4 * ring, data16(ring), true);
  }

  bytes.fill(INT3, CODE - ARENA, CODE - ARENA + PAGE);
  bytes.fill(INT3, DATA - ARENA, DATA - ARENA + PAGE);
  for (let i = PAGE; i < DATA_PAGES * PAGE; i += 4) view.setUint32(DATA - ARENA + i, Math.imul(i, 0x9e37_79b1) >>> 0, true);

  const arenaPage = (page: number) => page >= ARENA / PAGE && page < ARENA / PAGE + 16;
  const { P, W, U, A, D } = Pte;
  for (let page = 0; page < 0x100; page++) {
    const bits = P | W | (arenaPage(page) ? U : 0) | A | D;
    put(PAGE_TABLE + 4 * page, page * PAGE + bits);
    put(PAE_TABLE + 8 * page, page * PAGE + bits, 0);
  }
  put(PAGE_DIRECTORY, PAGE_TABLE + (P | W | U | A), WINDOW_TABLE + (P | W | U));
  put(PAE_POINTERS, PAE_DIRECTORY + P, 0);
  put(PAE_DIRECTORY, PAE_TABLE + (P | W | U | A), 0, PAE_WINDOW_TABLE + (P | W | U), 0);
  return bytes;
}
