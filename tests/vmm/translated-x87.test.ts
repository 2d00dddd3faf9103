import { describe, expect, it } from "vitest";
import * as at from "../../src/vmm/cpu/layout.js";
import { LocalPort } from "../../src/vmm/translator/local-port.js";
import { X87Guest } from "../isa/x87-guest.js";
import { CODE, DATA } from "./system-guest.js";

/** Instructions by name. EBX points to DATA, where 1.5, 2.5 and 0 lie as m64. */
const FLD_A = [0xdd, 0x03];
const FLD_B = [0xdd, 0x43, 0x08];
const FADD_B = [0xdc, 0x43, 0x08];
const FSTP_A = [0xdd, 0x1b];
const FSTP_C = [0xdd, 0x5b, 0x10];
const FLD1 = [0xd9, 0xe8];
const FLDZ = [0xd9, 0xee];
const FADDP = [0xde, 0xc1];
const FMUL_1 = [0xd8, 0xc9];
const FXCH = [0xd9, 0xc9];
const FST_3 = [0xdd, 0xd3];
const FSTP_0 = [0xdd, 0xd8];
const FFREE_0 = [0xdd, 0xc0];
const FINCSTP = [0xd9, 0xf7];
const FDECSTP = [0xd9, 0xf6];
const FCOMPP = [0xde, 0xd9];
const FNSTSW = [0xdd, 0x7b, 0x20];
const FNSTENV = [0xd9, 0x73, 0x40];
const FSIN = [0xd9, 0xfe];
const FPATAN = [0xd9, 0xf3];
const MOVD_MM1 = [0x0f, 0x6e, 0xcb];
const EMMS = [0x0f, 0x77];
const INC_EAX = [0x40];
const TEST_AL_3 = [0xa8, 0x03];
const RET = [0xc3];
/** Jumps and calls over so many bytes. */
const jz = (bytes: number) => [0x74, bytes];
const jmp = (bytes: number) => [0xeb, bytes];
const call = (bytes: number) => [0xe8, bytes, 0, 0, 0];

/** Bodies of endless loops. */
const programs: [string, number[][]][] = [
  ["sums in a register", [FLD_A, FADD_B, FSTP_A]],
  ["pushes and pops in the middle of an expression", [FLD_A, FLD_B, FMUL_1, FXCH, FST_3, FADDP, FSTP_C]],
  ["a function that returns a number", [FLD_A, call(7), FADDP, FSTP_C, jmp(7), FLD_B, FADD_B, RET]],
  ["a function called with a full stack of its own", [call(2), jmp(10), FLD1, FLDZ, FADDP, FSTP_C, RET, FLD1, FSTP_0]],
  ["two ways to the same depth", [INC_EAX, TEST_AL_3, jz(4), FLD1, jmp(2), FLDZ, FSTP_C]],
  ["two ways to different depths", [INC_EAX, TEST_AL_3, jz(2), FLD1, FLDZ, FSTP_C]],
  ["pushes without pops", [FLD1, FLD_A, FLD1]],
  ["pops without pushes", [FSTP_0, FADDP]],
  ["comparisons", [FLD_A, FLD_B, FCOMPP, FNSTSW]],
  ["the pointers of the last instruction", [FLD_A, FSTP_C, FNSTENV, FLDZ, FSTP_0]],
  ["a top that only moves", [FINCSTP, FLD1, FFREE_0, FDECSTP, FNSTSW]],
  ["MMX and x87", [FLD_A, FSTP_A, MOVD_MM1, EMMS, FLD1, FNSTSW, FSTP_0]],
  ["transcendental instructions", [FLD_A, FSIN, FLD_B, FPATAN, FSTP_A]],
];

function guest(body: readonly number[][]): X87Guest {
  const it = new X87Guest();
  it.setMemory("00000000000000004004000000000000" + "3ff8000000000000");
  const code = body.flat();
  const back = -(code.length + 5);
  it.bytes(CODE, [...code, 0xe9, back & 0xff, (back >> 8) & 0xff, 0xff, 0xff]);
  it.cpu.eip = CODE;
  return it;
}
/** Everything that a guest could see of its processor, and its data. */
function seen(it: X87Guest): string {
  const bytes = (from: number, to: number) => Buffer.from(it.state.u8.slice(from, to)).toString("hex");
  const ram = at.RAM_BASE + DATA;
  return [bytes(at.GPR, at.GPR + 64), it.eip, bytes(at.X87, at.X87_TABLES_FILLED), bytes(ram, ram + 0x80)].join("\n");
}

describe("x87 in translated code comes to the same as in the interpreter", () => {
  it.each(programs)("%s", (_, body) => {
    const [interpreted, translated] = [guest(body), guest(body)];
    translated.interpreter.translateBy(new LocalPort(translated.state.u8), {
      quantum: 1,
      threshold: 0,
      strict: false,
    });
    for (const budget of [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144]) {
      for (const it of [interpreted, translated]) expect(it.interpreter.run(budget * 20, true)).toBe("budget");
      expect(seen(translated)).toBe(seen(interpreted));
    }
  });
});
