import { EDGE_WINDOW } from "../layout.js";
import type { DirectedCase } from "./directed-case.js";

const CF = 0x001;
const PF = 0x004;
const AF = 0x010;
const ZF = 0x040;
const SF = 0x080;
const OF = 0x800;
const STATUS = CF | PF | AF | ZF | SF | OF;

export const arithmetic: readonly DirectedCase[] = [
  {
    name: "add carries out of 32 bits",
    code: "01 c8",
    registers: { eax: 0xffffffff, ecx: 1 },
    expect: { eax: 0, flags: CF | PF | AF | ZF },
  },
  {
    name: "add overflows into the sign",
    code: "01 c8",
    registers: { eax: 0x7fffffff, ecx: 1 },
    expect: { eax: 0x80000000, flags: OF | SF | AF | PF },
  },
  {
    name: "adc with 16 bits leaves the upper half",
    code: "66 11 c8",
    registers: { eax: 0x1234ffff },
    eflags: CF,
    expect: { eax: 0x12340000, flags: CF | PF | AF | ZF },
  },
  {
    name: "sbb borrows through an operand of all ones",
    code: "18 c8",
    registers: { ecx: 0xff },
    eflags: CF,
    expect: { eax: 0, flags: CF | PF | AF | ZF },
  },
  { name: "neg of the smallest byte", code: "f6 d8", registers: { eax: 0x80 }, expect: { eax: 0x80, flags: OF | CF | SF } },
  {
    name: "inc leaves CF",
    code: "40",
    registers: { eax: 0x7fffffff },
    eflags: CF,
    expect: { eax: 0x80000000, flags: OF | SF | AF | PF | CF },
  },
  { name: "cmp with a sign-extended byte", code: "83 f8 ff", registers: { eax: 0xffffffff }, expect: { eax: 0xffffffff, flags: ZF | PF } },
  { name: "opcode 82 is 80", code: "82 c0 7f", registers: { eax: 1 }, expect: { eax: 0x80, flags: OF | SF | AF } },
  { name: "F6 /1 is test", code: "f6 c8 80", registers: { eax: 0x180 }, undefinedFlags: AF, expect: { eax: 0x180, flags: SF } },
  {
    name: "D1 /6 is shl",
    code: "d1 f0",
    registers: { eax: 0xc0000000 },
    undefinedFlags: AF,
    expect: { eax: 0x80000000, flags: CF | SF | PF },
  },
  {
    name: "imul that doesn't fit",
    code: "0f af c1",
    registers: { eax: 0x10000, ecx: 0x10000 },
    undefinedFlags: SF | ZF | AF | PF,
    expect: { eax: 0, flags: CF | OF },
  },
  {
    name: "div with the largest quotient",
    code: "f7 f1",
    registers: { edx: 1, eax: 0xffffffff, ecx: 2 },
    undefinedFlags: STATUS,
    expect: { eax: 0xffffffff, edx: 1 },
  },
  { name: "div overflow", code: "f7 f1", registers: { edx: 2, ecx: 2 }, expect: { vector: 0, edx: 2 } },
  {
    name: "idiv overflow",
    code: "f7 f9",
    registers: { edx: 0xffffffff, eax: 0x80000000, ecx: 0xffffffff },
    expect: { vector: 0, eax: 0x80000000 },
  },
  { name: "aam 0", code: "d4 00", registers: { eax: 0x55 }, expect: { vector: 0, eax: 0x55 } },
  { name: "aad in base 10", code: "d5 0a", registers: { eax: 0x0205 }, undefinedFlags: OF | AF | CF, expect: { eax: 0x19, flags: 0 } },
  { name: "daa wraps", code: "27", registers: { eax: 0x9a }, undefinedFlags: OF, expect: { eax: 0, flags: CF | PF | AF | ZF } },
  {
    name: "das borrows",
    code: "2f",
    registers: { eax: 0x05 },
    eflags: AF,
    undefinedFlags: OF,
    expect: { eax: 0xff, flags: AF | CF | SF | PF },
  },
  { name: "salc with carry", code: "d6", registers: { eax: 0x1200 }, eflags: CF, expect: { eax: 0x12ff, flags: CF } },

  { name: "cmpxchg onto the accumulator", code: "0f b1 c8", registers: { eax: 7, ecx: 9 }, expect: { eax: 9, flags: ZF | PF } },
  { name: "cmpxchg of ah with al as accumulator", code: "0f b0 cc", registers: { eax: 0x1234 }, expect: { eax: 0x1212, flags: PF } },
  { name: "cmpxchg of the accumulator with itself", code: "0f b1 c0", registers: { eax: 5 }, expect: { eax: 5, flags: ZF | PF } },
  { name: "xadd of a register with itself", code: "0f c1 c0", registers: { eax: 5 }, expect: { eax: 10, flags: PF } },
  { name: "xadd swaps", code: "0f c1 c8", registers: { eax: 5, ecx: 6 }, expect: { eax: 11, ecx: 5, flags: 0 } },
  { name: "bswap", code: "0f c8", registers: { eax: 0x12345678 }, expect: { eax: 0x78563412 } },

  {
    name: "shift by 32 changes nothing",
    code: "c1 e0 20",
    registers: { eax: 0x80000001 },
    eflags: STATUS,
    expect: { eax: 0x80000001, flags: STATUS },
  },
  {
    name: "shift by CL = 0 changes nothing",
    code: "d3 e0",
    registers: { eax: 0x80000001, ecx: 0x100 },
    eflags: STATUS,
    expect: { eax: 0x80000001, flags: STATUS },
  },
  {
    name: "rcl of a byte by 9 is a full turn",
    code: "c0 d0 09",
    registers: { eax: 0x5a },
    eflags: CF,
    undefinedFlags: OF,
    expect: { eax: 0x5a, flags: CF },
  },
  {
    name: "rcr of a word by 17 is a full turn",
    code: "66 c1 d8 11",
    registers: { eax: 0x1234 },
    undefinedFlags: OF,
    expect: { eax: 0x1234, flags: 0 },
  },
  { name: "rol of a byte by 8 sets CF", code: "c0 c0 08", registers: { eax: 0x81 }, undefinedFlags: OF, expect: { eax: 0x81, flags: CF } },
  {
    name: "sar of a byte by 31",
    code: "c0 f8 1f",
    registers: { eax: 0x80 },
    undefinedFlags: AF | OF,
    expect: { eax: 0xff, flags: CF | SF | PF },
  },
  {
    name: "shld by 1",
    code: "0f a4 c8 01",
    registers: { eax: 0x40000000, ecx: 0x80000000 },
    undefinedFlags: AF,
    expect: { eax: 0x80000001, flags: OF | SF },
  },

  {
    name: "bt takes the register's offset modulo 32",
    code: "0f a3 c8",
    registers: { eax: 2, ecx: 33 },
    undefinedFlags: OF | SF | AF | PF,
    expect: { flags: CF },
  },
  {
    name: "bt with a negative offset in memory",
    code: "0f a3 0b",
    registers: { ebx: EDGE_WINDOW + 4, ecx: 0xffffffff },
    edge: [0, 0, 0, 0x80],
    undefinedFlags: OF | SF | AF | PF,
    expect: { flags: CF },
  },
  {
    name: "bsf of zero sets ZF",
    code: "0f bc c1",
    registers: { eax: 0x12345678 },
    undefinedFlags: CF | OF | SF | AF | PF,
    expect: { flags: ZF, eax: 0x12345678 },
  },
  { name: "movsx of a byte to 16 bits", code: "66 0f be c1", registers: { eax: 0xaaaaaaaa, ecx: 0x80 }, expect: { eax: 0xaaaaff80 } },
  {
    name: "cmov of 16 bits leaves the upper half",
    code: "66 0f 42 c1",
    registers: { eax: 0xaaaaaaaa, ecx: 0x1234 },
    eflags: CF,
    expect: { eax: 0xaaaa1234 },
  },
  { name: "lahf", code: "9f", eflags: CF | SF | ZF | AF | PF, expect: { eax: 0xd700 } },
  { name: "xchg eax,eax", code: "90", registers: { eax: 0xdeadbeef }, expect: { eax: 0xdeadbeef } },
  { name: "xchg eax,eax as 87", code: "87 c0", registers: { eax: 0xdeadbeef }, expect: { eax: 0xdeadbeef } },
  { name: "xchg ax,ax", code: "66 90", registers: { eax: 0xdeadbeef }, expect: { eax: 0xdeadbeef } },
  { name: "xchg ax,ax as 87", code: "66 87 c0", registers: { eax: 0xdeadbeef }, expect: { eax: 0xdeadbeef } },
  { name: "xchg al,al", code: "86 c0", registers: { eax: 0xdeadbeef }, expect: { eax: 0xdeadbeef } },
  { name: "xchg eax,eax with REPNE", code: "f2 90", registers: { eax: 0xdeadbeef }, expect: { eax: 0xdeadbeef } },
  { name: "pause", code: "f3 90", registers: { eax: 0xdeadbeef }, expect: { eax: 0xdeadbeef } },
  { name: "xchg al,ah", code: "86 c4", registers: { eax: 0x1234 }, expect: { eax: 0x3412 } },
];
