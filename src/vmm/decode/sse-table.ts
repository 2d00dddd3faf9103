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
  [0x16, ["movhps V,W q", "movhps V,M q", "", ""]],
  [0x17, both("movhpsStore M,V q")],
  [0x28, both("movaps V,W x")],
  [0x29, both("movaps W,V x")],
  [0x2b, both("movaps M,V x")],
  [0x54, both("pand V,W x")],
  [0x55, both("pandn V,W x")],
  [0x56, both("por V,W x")],
  [0x57, both("pxor V,W x")],
  [0x6e, ["movdToMmx P,E d", "movdToXmm V,E d", "", ""]],
  [0x6f, ["movqMmx P,Q q", "movaps V,W x", "movups V,W x", ""]],
  [0x77, ["emms - -", "", "", ""]],
  [0x7e, ["movdFromMmx E,P d", "movdFromXmm E,V d", "movq V,W q", ""]],
  [0x7f, ["movqMmx Q,P q", "movaps W,V x", "movups W,V x", ""]],
  [0xae, ["@15", "", "", ""]],
  [0xc3, ["movnti M,G d", "", "", ""]],
  [0xd6, ["", "movq W,V q", "movq2dq V,N q", "movdq2q P,U q"]],
  [0xdb, packed("pand")],
  [0xdf, packed("pandn")],
  [0xe7, ["movqMmx M,P q", "movaps M,V x", "", ""]],
  [0xeb, packed("por")],
  [0xef, packed("pxor")],
];

export const SSE: Readonly<Record<number, Row>> = Object.fromEntries(rows);

export const SSE_GROUPS: Readonly<Record<string, readonly string[]>> = {
  "15": ["fxsave M -", "fxrstor M -", "ldmxcsr M d", "stmxcsr M d", "", "lfence R -", "mfence R -", "clflush E b"],
};
