import { CODE, CROSSING_WINDOW, DATA, EDGE_WINDOW, LOW, PAGE, TOP, WINDOW } from "../layout.js";
import { type DirectedCase, STACK } from "./directed-case.js";

const CF = 0x001;
const ZF = 0x040;
const STATUS = 0x8d5;
/** The first byte of the page that isn't there. */
const MISSING = EDGE_WINDOW + WINDOW;
const READ_ONLY = DATA;
const OVER_4_GIB = "an access that runs over 4 GiB may or may not fault (SDM vol. 3, 5.3)";

const little = (value: number) => [0, 8, 16, 24].map((shift) => ((value >>> shift) & 0xff).toString(16).padStart(2, "0")).join(" ");

/** Which page fault, in what order, with what left undone. */
export const memory: readonly DirectedCase[] = [
  {
    name: "shl by 0 probes its memory operand for write",
    code: "c1 23 00",
    registers: { ebx: MISSING },
    expect: { vector: 14, errorCode: 6, cr2: MISSING },
  },
  {
    name: "rol by CL = 32 probes a read-only page",
    code: "d3 03",
    registers: { ebx: READ_ONLY, ecx: 32 },
    expect: { vector: 14, errorCode: 7, cr2: READ_ONLY },
  },
  {
    name: "cmpxchg that fails still writes",
    code: "0f b1 0b",
    registers: { ebx: READ_ONLY, eax: 0x13572468 },
    expect: { vector: 14, errorCode: 7, eax: 0x13572468 },
  },
  {
    name: "cmov that is false still reads",
    code: "0f 44 03",
    registers: { ebx: MISSING },
    expect: { vector: 14, errorCode: 4, cr2: MISSING },
  },
  { name: "bt reads only", code: "0f a3 03", registers: { ebx: READ_ONLY }, undefinedFlags: STATUS & ~CF & ~ZF, expect: {} },
  { name: "nop with a memory operand doesn't read", code: "0f 1f 03", registers: { ebx: MISSING }, expect: { ebx: MISSING } },
  { name: "lea doesn't read", code: "8d 43 04", registers: { ebx: MISSING }, expect: { eax: MISSING + 4 } },

  {
    name: "a store with its second page missing writes nothing",
    code: "89 03",
    registers: { ebx: MISSING - 2, eax: 0x11223344 },
    expect: { vector: 14, errorCode: 6, cr2: MISSING, memory: {} },
  },
  {
    name: "a store with its first page read-only",
    code: "89 03",
    registers: { ebx: DATA + PAGE - 2 },
    expect: { vector: 14, errorCode: 7, cr2: DATA + PAGE - 2, memory: {} },
  },
  {
    name: "a store with its second page read-only writes nothing",
    code: "89 03",
    registers: { ebx: DATA + 5 * PAGE - 2 },
    expect: { vector: 14, errorCode: 7, cr2: DATA + 5 * PAGE, memory: {} },
  },
  {
    name: "a store across two pages",
    code: "89 03",
    registers: { ebx: CROSSING_WINDOW + 30, eax: 0x11223344 },
    expect: { memory: { [CROSSING_WINDOW + 28]: 0x33440000, [CROSSING_WINDOW + 32]: 0x1122 } },
  },
  {
    name: "xchg across a page with one side missing",
    code: "87 03",
    registers: { ebx: MISSING - 1, eax: 1 },
    expect: { vector: 14, errorCode: 6, cr2: MISSING, eax: 1, memory: {} },
  },
  {
    name: "a read across 4 GiB",
    code: "8b 03",
    registers: { ebx: 0xfffffffe },
    processorsDiffer: OVER_4_GIB,
    expect: { vector: 13, errorCode: 0 },
  },
  {
    name: "a read across 4 GiB through the stack segment",
    code: "8b 45 00",
    registers: { ebp: 0xfffffffe },
    processorsDiffer: OVER_4_GIB,
    expect: { vector: 12, errorCode: 0 },
  },
  {
    name: "the last doubleword below 4 GiB",
    code: "89 03",
    registers: { ebx: TOP + PAGE - 4, eax: 0x55667788 },
    expect: { memory: { [TOP + PAGE - 4]: 0x55667788 } },
  },
  { name: "base plus index wraps at 4 GiB", code: "8d 04 0b", registers: { ebx: 0xffffffff, ecx: 2 }, expect: { eax: 1 } },
  { name: "16-bit address wraps at 64 KiB", code: "67 8d 40 01", registers: { ebx: 0xffff, esi: 0x10 }, expect: { eax: 0x10 } },
  { name: "16-bit address with bp", code: "67 8d 02", registers: { ebp: 0x12348000, esi: 0x15678123 }, expect: { eax: 0x123 } },
  { name: "a null FS", code: "64 8b 03", registers: { ebx: EDGE_WINDOW }, expect: { vector: 13, errorCode: 0 } },
  { name: "a store through CS", code: "2e 89 03", registers: { ebx: EDGE_WINDOW }, expect: { vector: 13, errorCode: 0 } },
  { name: "a read through CS", code: "2e 8b 03", registers: { ebx: EDGE_WINDOW }, edge: [1, 2, 3, 4], expect: { eax: 0x04030201 } },

  {
    name: "movs reads before it writes",
    code: "a5",
    registers: { esi: MISSING, edi: 0x10 },
    expect: { vector: 14, errorCode: 4, cr2: MISSING, esi: MISSING, edi: 0x10 },
  },
  {
    name: "movs to a read-only page",
    code: "a5",
    registers: { esi: EDGE_WINDOW, edi: READ_ONLY },
    expect: { vector: 14, errorCode: 7, cr2: READ_ONLY, esi: EDGE_WINDOW },
  },
  {
    name: "movs across 4 GiB with an override to SS",
    code: "36 a5",
    registers: { esi: 0xfffffffe, edi: EDGE_WINDOW },
    processorsDiffer: OVER_4_GIB,
    expect: { vector: 12, errorCode: 0 },
  },
  {
    name: "cmps with its second operand missing",
    code: "a7",
    registers: { esi: EDGE_WINDOW, edi: MISSING },
    expect: { vector: 14, errorCode: 4, cr2: MISSING },
  },
  {
    name: "rep movsb stops where the page ends, and what is done is done",
    code: "f3 a4",
    registers: { ecx: 8, esi: CROSSING_WINDOW, edi: MISSING - 4 },
    crossing: [1, 2, 3, 4, 5, 6, 7, 8],
    expect: {
      vector: 14,
      errorCode: 6,
      cr2: MISSING,
      ecx: 4,
      esi: CROSSING_WINDOW + 4,
      edi: MISSING,
      memory: { [MISSING - 4]: 0x04030201 },
    },
  },
  {
    name: "rep movsd whose last doubleword straddles the missing page",
    code: "f3 a5",
    registers: { ecx: 2, esi: CROSSING_WINDOW, edi: MISSING - 6 },
    crossing: [1, 2, 3, 4],
    expect: { vector: 14, cr2: MISSING, ecx: 1, edi: MISSING - 2 },
  },
  { name: "rep with count 0 touches nothing", code: "f3 a5", registers: { esi: MISSING, edi: 0x10 }, expect: { esi: MISSING, edi: 0x10 } },
  {
    name: "repe cmpsb with count 0 leaves the flags",
    code: "f3 a6",
    registers: { esi: MISSING },
    eflags: STATUS,
    expect: { flags: STATUS },
  },
  { name: "rep with CX = 0", code: "67 f3 a4", registers: { ecx: 0x10000, esi: MISSING }, expect: { ecx: 0x10000 } },
  {
    name: "rep movsb downwards",
    code: "f3 a4",
    registers: { ecx: 3, esi: EDGE_WINDOW + 2, edi: EDGE_WINDOW + 6 },
    eflags: 0x400,
    edge: [1, 2, 3],
    expect: { ecx: 0, esi: EDGE_WINDOW - 1, edi: EDGE_WINDOW + 3, memory: { [EDGE_WINDOW + 4]: 0x00030201 } },
  },
  {
    name: "rep movsb onto itself spreads a byte",
    code: "f3 a4",
    registers: { ecx: 7, esi: EDGE_WINDOW, edi: EDGE_WINDOW + 1 },
    edge: [9],
    expect: { memory: { [EDGE_WINDOW]: 0x09090909, [EDGE_WINDOW + 4]: 0x09090909 } },
  },
  {
    name: "repne scasb finds",
    code: "f2 ae",
    registers: { eax: 7, ecx: 10, edi: EDGE_WINDOW },
    edge: [1, 2, 7],
    expect: { ecx: 7, edi: EDGE_WINDOW + 3, flags: 0x44 },
  },
  {
    name: "repe cmpsb that faults later keeps the flags of before",
    code: "f3 a6",
    registers: { ecx: 8, esi: MISSING - 4, edi: CROSSING_WINDOW },
    eflags: CF,
    processorsDiffer: "SDM vol. 2, REP; AMD's keep the flags of the last iteration",
    expect: { vector: 14, cr2: MISSING, ecx: 4, flags: CF },
  },
  { name: "stos with 16-bit DI", code: "67 aa", registers: { eax: 0x77, edi: 0x12340000 + LOW + 4 }, expect: {} },

  {
    name: "pop [esp+4] uses the incremented ESP",
    code: "8f 44 24 04",
    registers: { esp: EDGE_WINDOW },
    edge: [1, 2, 3, 4],
    expect: { esp: EDGE_WINDOW + 4, memory: { [EDGE_WINDOW + 8]: 0x04030201 } },
  },
  {
    name: "pop to a missing page leaves ESP",
    code: "8f 03",
    registers: { ebx: MISSING },
    expect: { vector: 14, errorCode: 6, cr2: MISSING, esp: STACK },
  },
  { name: "pop esp", code: "5c", registers: { esp: EDGE_WINDOW }, edge: [0x78, 0x56, 0x34, 0x12], expect: { esp: 0x12345678 } },
  {
    name: "pop sp",
    code: "66 5c",
    registers: { esp: EDGE_WINDOW },
    edge: [0x78, 0x56],
    expect: { esp: ((EDGE_WINDOW & 0xffff0000) | 0x5678) >>> 0 },
  },
  {
    name: "push esp pushes the old value",
    code: "54",
    registers: { esp: EDGE_WINDOW + 8 },
    expect: { esp: EDGE_WINDOW + 4, memory: { [EDGE_WINDOW + 4]: EDGE_WINDOW + 8 } },
  },
  {
    name: "push [esp]",
    code: "ff 34 24",
    registers: { esp: EDGE_WINDOW + 8 },
    edge: [0, 0, 0, 0, 0, 0, 0, 0, 5],
    expect: { esp: EDGE_WINDOW + 4, memory: { [EDGE_WINDOW + 4]: 5 } },
  },
  {
    name: "push m reads before it writes",
    code: "ff 33",
    registers: { ebx: MISSING, esp: 0x20 },
    expect: { vector: 14, errorCode: 4, cr2: MISSING, esp: 0x20 },
  },
  {
    name: "push across 4 GiB",
    code: "50",
    registers: { esp: 2 },
    processorsDiffer: OVER_4_GIB,
    expect: { vector: 12, errorCode: 0, esp: 2 },
  },
  { name: "push from ESP = 0", code: "50", registers: { eax: 0x99887766 }, expect: { memory: { [STACK - 4]: 0x99887766 } } },
  {
    name: "push of 16 bits",
    code: "66 50",
    registers: { esp: EDGE_WINDOW + 4, eax: 0x99887766 },
    expect: { esp: EDGE_WINDOW + 2, memory: { [EDGE_WINDOW]: 0x77660000 } },
  },
  {
    name: "pusha into a read-only page",
    code: "60",
    registers: { esp: DATA + PAGE + 16 },
    expect: { vector: 14, errorCode: 7, esp: DATA + PAGE + 16 },
  },
  {
    name: "popa from a missing page leaves ESP",
    code: "61",
    registers: { esp: MISSING - 8 },
    expect: { vector: 14, cr2: MISSING, esp: MISSING - 8 },
  },
  {
    name: "call with no stack doesn't jump",
    code: "e8 00 00 00 00",
    registers: { esp: MISSING + 4 },
    expect: { vector: 14, errorCode: 6, esp: MISSING + 4 },
  },
  {
    name: "ret to a missing page",
    code: "c3",
    registers: { esp: EDGE_WINDOW },
    edge: [0, 0, 0, 0x40],
    expect: { vector: 14, cr2: 0x40000000, esp: EDGE_WINDOW + 4 },
  },
  {
    name: "ret of 16 bits",
    code: "66 c3",
    registers: { esp: EDGE_WINDOW },
    edge: [0x34, 0x12],
    expect: { vector: 14, cr2: 0x1234, esp: EDGE_WINDOW + 2 },
  },
  {
    name: "ret n",
    code: "c2 08 00",
    registers: { esp: EDGE_WINDOW },
    edge: [0, 0, 0, 0x40],
    expect: { vector: 14, esp: EDGE_WINDOW + 12 },
  },
  {
    name: "leave from a missing page",
    code: "c9",
    registers: { ebp: MISSING },
    expect: { vector: 14, cr2: MISSING, esp: STACK, ebp: MISSING },
  },
  {
    name: "enter with two levels",
    code: "c8 10 00 02",
    registers: { esp: EDGE_WINDOW + 32, ebp: CROSSING_WINDOW + 8 },
    crossing: [1, 0, 0, 0, 2, 0, 0, 0, 3],
    expect: { ebp: EDGE_WINDOW + 28, esp: EDGE_WINDOW + 4 },
  },
  {
    name: "enter that would leave the stack on a missing page",
    code: "c8 00 20 00",
    registers: { esp: DATA + PAGE + 0x100, ebp: 5 },
    expect: { vector: 14, errorCode: 6, esp: DATA + PAGE + 0x100, ebp: 5 },
  },

  {
    name: "an instruction cut off by a missing page",
    code: `66 c7 05 ${little(CODE + 2 * PAGE - 2)} b8 01 b8 ${little(CODE + 2 * PAGE - 2)} ff e0`,
    expect: { vector: 14, cr2: CODE + 2 * PAGE, eax: CODE + 2 * PAGE - 2 },
  },
  { name: "the next instruction is rewritten", code: `c6 05 ${little(CODE + 0x207)} 41 40`, expect: { eax: 0, ecx: 1 } },
  { name: "an instruction across two code pages", code: "b8 44 33 22 11", eip: CODE + PAGE - 2, expect: { eax: 0x11223344 } },
];
