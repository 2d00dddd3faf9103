import { CODE, CROSSING_WINDOW, EDGE_WINDOW, WINDOW } from "../layout.js";
import { type DirectedCase, STACK } from "./directed-case.js";

const MISSING = EDGE_WINDOW + WINDOW;
const OF = 0x800;
const little = (value: number) => [0, 8, 16, 24].map((shift) => ((value >>> shift) & 0xff).toString(16).padStart(2, "0")).join(" ");
const UD = 6;
const GP = 13;

/** Prefixes, lengths, branches, flags, traps and what ring 3 may not do. */
export const control: readonly DirectedCase[] = [
  { name: "fifteen bytes", code: `${"66 ".repeat(14)}40`, registers: { eax: 0xffff }, expect: { eax: 0 } },
  { name: "sixteen bytes", code: `${"66 ".repeat(15)}40`, expect: { vector: GP, errorCode: 0 } },
  { name: "lock with a register destination", code: "f0 01 c8", expect: { vector: UD } },
  { name: "lock cmp", code: "f0 39 03", registers: { ebx: EDGE_WINDOW }, expect: { vector: UD } },
  { name: "lock bt", code: "f0 0f a3 03", registers: { ebx: EDGE_WINDOW }, expect: { vector: UD } },
  { name: "lock mov", code: "f0 89 03", registers: { ebx: EDGE_WINDOW }, expect: { vector: UD } },
  { name: "lock inc of memory", code: "f0 ff 03", registers: { ebx: EDGE_WINDOW }, expect: { memory: { [EDGE_WINDOW]: 1 } } },
  { name: "lock and a missing page: #UD first", code: "f0 89 03", registers: { ebx: MISSING }, expect: { vector: UD } },
  { name: "lock xchg of registers", code: "f0 87 c8", expect: { vector: UD } },
  { name: "lock nop", code: "f0 90", expect: { vector: UD } },
  { name: "ud0 doesn't read its operand", code: "0f ff 03", registers: { ebx: MISSING }, expect: { vector: UD } },
  { name: "ud1 doesn't read its operand", code: "0f b9 03", registers: { ebx: MISSING }, expect: { vector: UD } },
  { name: "endbr32", code: "f3 0f 1e fb 40", expect: { eax: 1 } },
  { name: "endbr64", code: "f3 0f 1e fa 40", expect: { eax: 1 } },
  { name: "lss of a register", code: "0f b2 c0", expect: { vector: UD } },
  { name: "lea of a register", code: "8d c0", expect: { vector: UD } },
  { name: "cmpxchg8b of a register", code: "0f c7 c8", expect: { vector: UD } },
  { name: "bound of a register", code: "62 c0 00 00 00 00", expect: { vector: UD } },
  { name: "mov to CS", code: "8e c8", expect: { vector: UD } },
  { name: "the last segment prefix counts", code: "64 3e 8b 03", registers: { ebx: EDGE_WINDOW }, edge: [1], expect: { eax: 1 } },
  { name: "ud2", code: "0f 0b", expect: { vector: UD } },

  { name: "loop five times", code: "e2 fe", registers: { ecx: 5 }, expect: { ecx: 0 } },
  { name: "loop with CX", code: "67 e2 00", registers: { ecx: 0x10000 }, expect: { ecx: 0x1ffff } },
  { name: "jecxz looks at ECX", code: "e3 01 40", registers: { ecx: 0x10000 }, expect: { eax: 1 } },
  { name: "jcxz looks at CX", code: "67 e3 01 40", registers: { ecx: 0x10000 }, expect: { eax: 0 } },
  { name: "a jump of 16 bits cuts EIP", code: "66 eb 00", expect: { vector: 14, cr2: (CODE + 0x203) & 0xffff } },
  { name: "a conditional jump of 16 bits that isn't taken", code: "66 74 00", expect: { eax: 0 } },
  { name: "call pushes the next address", code: "e8 00 00 00 00 58", expect: { eax: CODE + 0x205, esp: STACK } },
  {
    name: "call through [esp] reads before it pushes",
    code: "ff 14 24 f4 40",
    registers: { esp: EDGE_WINDOW },
    edge: [4, 0x92, 0x57, 0x13],
    expect: { eax: 1 },
  },

  { name: "popf leaves IF and IOPL", code: "9d 9c 58", registers: { esp: EDGE_WINDOW }, edge: [0, 0x30, 0, 0], expect: { eax: 0x202 } },
  {
    name: "popf of 16 bits leaves the upper half",
    code: "66 9d",
    registers: { esp: EDGE_WINDOW },
    eflags: 0x200000,
    edge: [0, 0],
    expect: { flags: 0 },
  },
  { name: "pushf shows neither RF nor VM", code: "9c 58", eflags: 0x8d5, expect: { eax: 0xad7 } },
  { name: "into with OF", code: "ce", eflags: OF, expect: { vector: 4 } },
  { name: "into without OF", code: "ce", expect: { eax: 0 } },
  { name: "int3", code: "cc", expect: { vector: 3 } },
  { name: "int 3 in two bytes", code: "cd 03", expect: { vector: 3 } },
  { name: "int to a gate that ring 3 may not use", code: "cd 0e", expect: { vector: GP, errorCode: 0x72 } },
  {
    name: "bound below",
    code: "62 03",
    registers: { eax: 0xfffffffe, ebx: EDGE_WINDOW },
    edge: [0xff, 0xff, 0xff, 0xff, 5],
    expect: { vector: 5 },
  },
  {
    name: "bound at its upper end",
    code: "62 03",
    registers: { eax: 5, ebx: EDGE_WINDOW },
    edge: [0xff, 0xff, 0xff, 0xff, 5],
    expect: { eax: 5 },
  },

  { name: "hlt in ring 3", code: "f4", expect: { vector: GP, errorCode: 0 } },
  { name: "cli in ring 3", code: "fa", expect: { vector: GP, errorCode: 0 } },
  { name: "in from a port in ring 3", code: "e4 60", expect: { vector: GP, errorCode: 0 } },
  { name: "mov from CR0 in ring 3", code: "0f 20 c0", expect: { vector: GP, errorCode: 0 } },
  { name: "a selector of the kernel's", code: "8e d8", registers: { eax: 0x18 }, expect: { vector: GP, errorCode: 0x18 } },
  {
    name: "a null selector is loaded, and faults when used",
    code: "8e d8 8b 03",
    registers: { ebx: EDGE_WINDOW },
    expect: { vector: GP, errorCode: 0 },
  },
  { name: "a null selector in SS", code: "8e d0", expect: { vector: GP, errorCode: 0 } },
  {
    name: "AC checks alignment in ring 3",
    code: "8b 03",
    registers: { ebx: EDGE_WINDOW + 1 },
    eflags: 0x40000,
    expect: { vector: 17, errorCode: 0 },
  },

  { name: "movaps that is not aligned", code: "0f 28 03", registers: { ebx: EDGE_WINDOW + 8 }, expect: { vector: GP, errorCode: 0 } },
  { name: "movaps neither aligned nor there", code: "0f 28 03", registers: { ebx: MISSING + 8 }, expect: { vector: GP } },
  {
    name: "movups across pages with one side missing",
    code: "0f 11 03",
    registers: { ebx: MISSING - 8 },
    expect: { vector: 14, cr2: MISSING, memory: {} },
  },
  { name: "fxsave that is not aligned", code: "0f ae 03", registers: { ebx: CROSSING_WINDOW + 8 }, expect: { vector: GP } },
  { name: "ldmxcsr with a reserved bit", code: "0f ae 13", registers: { ebx: EDGE_WINDOW }, edge: [0x80, 0x1f, 1], expect: { vector: GP } },
  {
    name: "an unmasked x87 exception waits for the next instruction",
    code: "d9 2b d9 e8 d9 ee de f9 40 9b",
    registers: { ebx: EDGE_WINDOW },
    edge: [0x7b, 3],
    expect: { vector: 16, eax: 1 },
  },
  {
    name: "x87 pointers after an unmasked exception",
    // fldcw [ebx]; fld1; fdiv dword [ebx+4]; fnstenv [ecx]; mov eax, [ecx+12]; mov esi, [ecx+20]; and dword [ecx+16], 0; and dword [ecx+24], 0
    code: "d9 2b d9 e8 d8 73 04 d9 31 8b 41 0c 8b 71 14 83 61 10 00 83 61 18 00",
    registers: { ebx: EDGE_WINDOW, ecx: STACK },
    edge: [0x7b, 3],
    expect: { eax: CODE + 0x204, esi: EDGE_WINDOW + 4 },
  },
  {
    name: "x87 selectors after an unmasked exception",
    // fldcw [ebx]; fld1; fdiv dword [ebx+4]; fnstenv [ecx]; movzx eax, word [ecx+16]; movzx edx, word [ecx+24]
    code: "d9 2b d9 e8 d8 73 04 d9 31 0f b7 41 10 0f b7 51 18",
    registers: { ebx: EDGE_WINDOW, ecx: STACK },
    edge: [0x7b, 3],
    processorsDiffer: "FCS and FDS are 0 where CPUID.(7, 0):EBX[13] says so",
    expect: { eax: 0x23, edx: 0x2b },
  },
  {
    name: "fnstsw doesn't wait",
    code: "d9 2b d9 e8 d9 ee de f9 df e0",
    registers: { ebx: EDGE_WINDOW },
    edge: [0x7b, 3],
    expect: { eax: 0xb084 },
  },
  { name: "emms after an MMX instruction empties the stack", code: "0f 6e c0 0f 77 d9 e8", expect: { eax: 0 } },
  { name: "a masked stack overflow gives the indefinite", code: `${"d9 e8 ".repeat(8)}d9 ee df e0`, expect: { eax: 0x3a41 } },
  {
    name: "an unmasked SSE exception",
    code: "0f ae 13 0f 5e c1",
    registers: { ebx: EDGE_WINDOW },
    edge: [0, 0x1f],
    expect: { vector: 19 },
  },
  {
    name: "store, then the same bytes as code",
    code: `c7 05 ${little(CODE + 0x20a)} 90 41 42 40 f4 f4 f4 f4`,
    expect: { eax: 1, ecx: 1, edx: 1 },
  },
];
