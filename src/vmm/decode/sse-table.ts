/**
 * Two-byte opcodes 0F xx that a mandatory prefix selects (Intel SDM vol. 2, table A-3): rows are [none, 66, F3, F2]. Syntax: entry.ts.
 * MMX, SSE and SSE2; SSE3 and what came later is invalid.
 */
type Row = readonly [none: string, x66: string, f3: string, f2: string];

/** The same on MMX and on XMM registers. */
const packed = (name: string): Row => [`${name} P,Q q`, `${name} V,W x`, "", ""];
/** PS and PD, which do the same. */
const both = (entry: string): Row => [entry, entry, "", ""];

const rows: readonly (readonly [opcode: number, row: Row])[] = [
  [0x10, ["movups V,W x", "movups V,W x", "movss V,W d", "movsd V,W q"]],
  [0x11, ["movups W,V x", "movups W,V x", "movss W,V d", "movsd W,V q"]],
  [0x12, ["movlps V,W q", "movlps V,M q", "", ""]],
  [0x13, both("movlps M,V q")],
  [0x14, ["punpckldq V,W x", "punpcklqdq V,W x", "", ""]],
  [0x15, ["punpckhdq V,W x", "punpckhqdq V,W x", "", ""]],
  [0x16, ["movhps V,W q", "movhps V,M q", "", ""]],
  [0x17, both("movhpsStore M,V q")],
  [0x28, both("movaps V,W x")],
  [0x29, both("movaps W,V x")],
  [0x2b, both("movaps M,V x")],
  [0x50, ["movmskps G,U x", "movmskpd G,U x", "", ""]],
  [0x54, both("pand V,W x")],
  [0x55, both("pandn V,W x")],
  [0x56, both("por V,W x")],
  [0x57, both("pxor V,W x")],
  [0x60, packed("punpcklbw")],
  [0x61, packed("punpcklwd")],
  [0x62, packed("punpckldq")],
  [0x63, packed("packsswb")],
  [0x64, packed("pcmpgtb")],
  [0x65, packed("pcmpgtw")],
  [0x66, packed("pcmpgtd")],
  [0x67, packed("packuswb")],
  [0x68, packed("punpckhbw")],
  [0x69, packed("punpckhwd")],
  [0x6a, packed("punpckhdq")],
  [0x6b, packed("packssdw")],
  [0x6c, ["", "punpcklqdq V,W x", "", ""]],
  [0x6d, ["", "punpckhqdq V,W x", "", ""]],
  [0x6e, ["movdToMmx P,E d", "movdToXmm V,E d", "", ""]],
  [0x6f, ["movqMmx P,Q q", "movaps V,W x", "movups V,W x", ""]],
  [0x70, ["pshuflw P,Q,Iu q", "pshufd V,W,Iu x", "pshufhw V,W,Iu x", "pshuflw V,W,Iu x"]],
  [0x71, ["@12", "@12x", "", ""]],
  [0x72, ["@13", "@13x", "", ""]],
  [0x73, ["@14", "@14x", "", ""]],
  [0x74, packed("pcmpeqb")],
  [0x75, packed("pcmpeqw")],
  [0x76, packed("pcmpeqd")],
  [0x77, ["emms - -", "", "", ""]],
  [0x7e, ["movdFromMmx E,P d", "movdFromXmm E,V d", "movq V,W q", ""]],
  [0x7f, ["movqMmx Q,P q", "movaps W,V x", "movups W,V x", ""]],
  [0xae, ["@15", "", "", ""]],
  [0xc3, ["movnti M,G d", "", "", ""]],
  [0xc4, ["pinsrw P,Ew,Iu q", "pinsrw V,Ew,Iu x", "", ""]],
  [0xc5, ["pextrw G,N,Iu q", "pextrw G,U,Iu x", "", ""]],
  [0xc6, ["shufps V,W,Iu x", "shufpd V,W,Iu x", "", ""]],
  [0xd1, packed("psrlw")],
  [0xd2, packed("psrld")],
  [0xd3, packed("psrlq")],
  [0xd4, packed("paddq")],
  [0xd5, packed("pmullw")],
  [0xd6, ["", "movq W,V q", "movq2dq V,N q", "movdq2q P,U q"]],
  [0xd7, ["pmovmskb G,N q", "pmovmskb G,U x", "", ""]],
  [0xd8, packed("psubusb")],
  [0xd9, packed("psubusw")],
  [0xda, packed("pminub")],
  [0xdb, packed("pand")],
  [0xdc, packed("paddusb")],
  [0xdd, packed("paddusw")],
  [0xde, packed("pmaxub")],
  [0xdf, packed("pandn")],
  [0xe0, packed("pavgb")],
  [0xe1, packed("psraw")],
  [0xe2, packed("psrad")],
  [0xe3, packed("pavgw")],
  [0xe4, packed("pmulhuw")],
  [0xe5, packed("pmulhw")],
  [0xe7, ["movqMmx M,P q", "movaps M,V x", "", ""]],
  [0xe8, packed("psubsb")],
  [0xe9, packed("psubsw")],
  [0xea, packed("pminsw")],
  [0xeb, packed("por")],
  [0xec, packed("paddsb")],
  [0xed, packed("paddsw")],
  [0xee, packed("pmaxsw")],
  [0xef, packed("pxor")],
  [0xf1, packed("psllw")],
  [0xf2, packed("pslld")],
  [0xf3, packed("psllq")],
  [0xf4, packed("pmuludq")],
  [0xf5, packed("pmaddwd")],
  [0xf6, packed("psadbw")],
  [0xf7, ["maskmovq P,N q", "maskmovdqu V,U x", "", ""]],
  [0xf8, packed("psubb")],
  [0xf9, packed("psubw")],
  [0xfa, packed("psubd")],
  [0xfb, packed("psubq")],
  [0xfc, packed("paddb")],
  [0xfd, packed("paddw")],
  [0xfe, packed("paddd")],
];

export const SSE: Readonly<Record<number, Row>> = Object.fromEntries(rows);

/** Shifts by an immediate: by ModRM.reg, on registers only. */
const shifts = (names: readonly string[], operands: string): string[] => names.map((name) => (name ? `${name} ${operands}` : ""));
const words = ["", "", "psrlwImmediate", "", "psrawImmediate", "", "psllwImmediate", ""];
const doublewords = ["", "", "psrldImmediate", "", "psradImmediate", "", "pslldImmediate", ""];
const quadwords = ["", "", "psrlqImmediate", "", "", "", "psllqImmediate", ""];
const wholes = ["", "", "psrlqImmediate", "psrldq", "", "", "psllqImmediate", "pslldq"];

export const SSE_GROUPS: Readonly<Record<string, readonly string[]>> = {
  "12": shifts(words, "N,Iu q"),
  "12x": shifts(words, "U,Iu x"),
  "13": shifts(doublewords, "N,Iu q"),
  "13x": shifts(doublewords, "U,Iu x"),
  "14": shifts(quadwords, "N,Iu q"),
  "14x": shifts(wholes, "U,Iu x"),
  "15": ["fxsave M -", "fxrstor M -", "ldmxcsr M d", "stmxcsr M d", "", "lfence R -", "mfence R -", "clflush E b"],
};
