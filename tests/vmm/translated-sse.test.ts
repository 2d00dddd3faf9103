import { describe, expect, it } from "vitest";
import * as at from "../../src/vmm/cpu/layout.js";
import { LocalPort } from "../../src/vmm/translator/local-port.js";
import { DEFAULT_MXCSR, SseGuest } from "../isa/sse-guest.js";
import { CODE, DATA } from "./system-guest.js";

/** MXCSR: as at reset, with PE, with PE and FTZ, rounding down. */
const modes = [DEFAULT_MXCSR, DEFAULT_MXCSR | 0x20, DEFAULT_MXCSR | 0x8020, DEFAULT_MXCSR | 0x2000];

/** Instructions by name. EBX points to DATA, where two doubles lie; XMM2 is 0, XMM3 has 1 in its low half. */
const MOVSD_0_A = [0xf2, 0x0f, 0x10, 0x03];
const MOVSD_A_0 = [0xf2, 0x0f, 0x11, 0x03];
const MOVSD_B_0 = [0xf2, 0x0f, 0x11, 0x43, 0x08];
const ADDSD_0_B = [0xf2, 0x0f, 0x58, 0x43, 0x08];
const ADDSD_0_3 = [0xf2, 0x0f, 0x58, 0xc3];
const MULSD_0_B = [0xf2, 0x0f, 0x59, 0x43, 0x08];
const MULSD_0_0 = [0xf2, 0x0f, 0x59, 0xc0];
const DIVSD_0_B = [0xf2, 0x0f, 0x5e, 0x43, 0x08];
const SQRTSD_0_0 = [0xf2, 0x0f, 0x51, 0xc0];
const MAXSD_0_3 = [0xf2, 0x0f, 0x5f, 0xc3];
const MOVAPD_1_0 = [0x66, 0x0f, 0x28, 0xc8];
const SUBSD_0_1 = [0xf2, 0x0f, 0x5c, 0xc1];
const ADDPD_0_0 = [0x66, 0x0f, 0x58, 0xc0];
const ANDNPD_0_1 = [0x66, 0x0f, 0x55, 0xc1];
const CVTSD2SS_1_0 = [0xf2, 0x0f, 0x5a, 0xc8];
const CVTSS2SD_0_1 = [0xf3, 0x0f, 0x5a, 0xc1];
const CVTTSD2SI_EAX_0 = [0xf2, 0x0f, 0x2c, 0xc0];
const CVTSI2SD_0_ECX = [0xf2, 0x0f, 0x2a, 0xc1];
const COMISD_0_B = [0x66, 0x0f, 0x2f, 0x43, 0x08];
const UCOMISD_0_3 = [0x66, 0x0f, 0x2e, 0xc3];
const LAHF = [0x9f];
const INC_ECX = [0x41];
const INC_EDX = [0x42];
const LDMXCSR_20 = [0x0f, 0xae, 0x53, 0x20];
/** Jump over INC EDX. */
const overIncrement = [0x77, 0x76, 0x72, 0x73, 0x74, 0x75, 0x7a, 0x7b, 0x7c, 0x7f].map((opcode) => [opcode, INC_EDX.length]);

/** Bodies of endless loops. */
const programs: [string, number[][]][] = [
  ["a sum", [MOVSD_0_A, ADDSD_0_B, MOVSD_A_0]],
  ["a sum in a register", [ADDSD_0_3, MOVSD_A_0]],
  ["a product that becomes tiny or too large", [MOVSD_0_A, MULSD_0_B, MOVSD_A_0]],
  ["a quotient", [MOVSD_0_A, DIVSD_0_B, MOVSD_A_0]],
  ["a square, and its root", [MOVSD_0_A, MULSD_0_0, SQRTSD_0_0, ADDSD_0_3, MOVSD_A_0]],
  ["a number less itself", [MOVSD_0_A, MOVAPD_1_0, SUBSD_0_1, MAXSD_0_3, ADDSD_0_B, MOVSD_A_0]],
  ["what was tested in one lane is not in two", [MOVSD_0_A, ADDSD_0_3, ADDPD_0_0, MOVSD_A_0]],
  ["bits of a tested number", [MOVSD_0_A, ADDSD_0_3, MOVAPD_1_0, ANDNPD_0_1, ADDSD_0_B, MOVSD_A_0]],
  ["conversions", [MOVSD_0_A, CVTSD2SS_1_0, CVTSS2SD_0_1, CVTTSD2SI_EAX_0, INC_ECX, CVTSI2SD_0_ECX, MULSD_0_B, MOVSD_A_0]],
  ["jumps by a comparison", [MOVSD_0_A, ADDSD_0_3, MOVSD_A_0, ...overIncrement.flatMap((jump) => [COMISD_0_B, jump, INC_EDX])]],
  ["flags of a comparison", [MOVSD_0_A, UCOMISD_0_3, LAHF, ADDSD_0_3, MOVSD_A_0, MOVSD_B_0]],
  ["another mode in the middle", [MOVSD_0_A, DIVSD_0_B, LDMXCSR_20, DIVSD_0_B, MOVSD_A_0]],
];

/** Two doubles: ordinary, short, infinite, NaN, denormal. */
const operands: [string, string][] = [
  ["4004000000000000", "4008000000000000"],
  ["3fb999999999999a", "c024000000000001"],
  ["0000000000000000", "3ff0000000000000"],
  ["7ff0000000000000", "4000000000000000"],
  ["7ff4000000000000", "3ff8000000000000"],
  ["0000000000000003", "0010000000000001"],
  ["0010000000000000", "3fefffffffffffff"],
  ["7fe0000000000000", "3fd5555555555555"],
];

function guest(body: readonly number[][], mxcsr: number, [a, b]: [string, string]): SseGuest {
  const it = new SseGuest();
  it.mxcsr = mxcsr;
  const view = new DataView(it.state.memory.buffer, at.RAM_BASE + DATA);
  view.setBigUint64(0, BigInt(`0x${a}`), true);
  view.setBigUint64(8, BigInt(`0x${b}`), true);
  view.setUint32(0x20, DEFAULT_MXCSR | 0x4020, true);
  it.setXmm(2, "0").setXmm(3, "3ff0000000000000");
  const code = body.flat();
  const back = -(code.length + 5);
  it.bytes(CODE, [...code, 0xe9, back & 0xff, (back >> 8) & 0xff, 0xff, 0xff]);
  it.cpu.eip = CODE;
  return it;
}
function seen(it: SseGuest): string {
  const bytes = (from: number, to: number) => Buffer.from(it.state.u8.slice(from, to)).toString("hex");
  const ram = at.RAM_BASE + DATA;
  return [bytes(at.GPR, at.GPR + 64), it.eip, it.mxcsr, bytes(at.XMM, at.XMM + 128), bytes(ram, ram + 16)].join("\n");
}

describe.each(modes)("SSE in translated code comes to the same as in the interpreter, with MXCSR %i", (mxcsr) => {
  it.each(programs)("%s", (_, body) => {
    for (const pair of operands) {
      const [interpreted, translated] = [guest(body, mxcsr, pair), guest(body, mxcsr, pair)];
      translated.interpreter.translateBy(new LocalPort(translated.state.u8), {
        quantum: 1,
        threshold: 0,
        strict: false,
      });
      for (const budget of [1, 2, 13, 55, 144]) {
        for (const it of [interpreted, translated]) expect(it.interpreter.run(budget * 20, true)).toBe("budget");
        expect([pair, seen(translated)]).toEqual([pair, seen(interpreted)]);
      }
    }
  });
});

describe("an instruction that keeps leaving, as its operands are denormal", () => {
  it.each([DEFAULT_MXCSR, DEFAULT_MXCSR | 0x20])("comes to be done in its region, among others, with MXCSR %i", (mxcsr) => {
    const body = [MOVSD_0_A, ADDSD_0_3, MULSD_0_0, MOVSD_0_A, MULSD_0_B, MOVSD_B_0, ADDSD_0_3, INC_ECX, CVTSI2SD_0_ECX, DIVSD_0_B];
    const pair: [string, string] = ["3ff8000000000000", "0000000000000003"];
    const [interpreted, translated] = [guest(body, mxcsr, pair), guest(body, mxcsr, pair)];
    translated.interpreter.translateBy(new LocalPort(translated.state.u8), { quantum: 500, threshold: 2, strict: false });
    const left = () => translated.interpreter.translator.exitsToInterpreter;
    const run = (slices: number) => {
      for (let slice = 0; slice < slices; slice++) for (const it of [interpreted, translated]) it.interpreter.run(4000, true);
    };
    run(2000);
    const before = left();
    expect(before).toBeGreaterThan(10_000);
    run(100);
    // Once for each run, not for each turn of the loop.
    expect(left() - before).toBeLessThanOrEqual(100);
    expect(seen(translated)).toEqual(seen(interpreted));
  });
});
