import { describe, expect, it } from "vitest";
import { X87_CONTROL, X87_CS, X87_DP, X87_DS, X87_IP, X87_OPCODE, X87_TAGS } from "../../src/vmm/cpu/layout.js";
import { CODE0, DATA, DATA0 } from "../vmm/system-guest.js";
import { X87Guest } from "./x87-guest.js";

const ONE = "3fff:8000000000000000";
const ZERO = "0000:0000000000000000";
const INFINITY = "7fff:8000000000000000";
const PREFIX_66 = [0x66];
const FNSTENV = [0xd9, 0x33];
const FLDENV = [0xd9, 0x23];
const FNSAVE = [0xdd, 0x33];
const FRSTOR = [0xdd, 0x23];
/** [bx] in 16-bit code. */
const BX = 0x07;
const with16 = ([opcode, modrm]: number[]) => [opcode, (modrm & 0x38) | BX];

const pointers = [X87_IP, X87_CS, X87_OPCODE, X87_DP, X87_DS];
function guestWithPointers(mode?: "real"): X87Guest {
  const guest = new X87Guest(mode).load(0x27f, [ONE, ZERO, INFINITY], { status: 0x4120, top: 6 });
  [0x1_2345, 0x1000, 0x5d9, 0x4_5679, 0x2000].forEach((value, i) => {
    guest.state.set(pointers[i], value);
  });
  return guest;
}
const words = (guest: X87Guest, count: number, size: number) => Array.from({ length: count }, (_, i) => guest.get(DATA + i * size, size));

/** SDM vol. 1, 8.1.10, figures 8-9 to 8-12. R6 valid, R7 zero, R0 special, the others empty. */
const TAGS = 0b01_00_11_11_11_11_11_10;

describe("FNSTENV", () => {
  it("32 bits, protected mode", () => {
    const guest = guestWithPointers();
    guest.exec(...FNSTENV);
    expect(words(guest, 7, 4)).toEqual([
      0xffff_027f,
      0xffff_7120,
      (0xffff_0000 | TAGS) >>> 0,
      0x1_2345,
      0x05d9_1000,
      0x4_5679,
      0xffff_2000,
    ]);
  });
  it("16 bits, protected mode: offsets and selectors", () => {
    const guest = guestWithPointers();
    guest.exec(...PREFIX_66, ...FNSTENV);
    expect(words(guest, 7, 2)).toEqual([0x27f, 0x7120, TAGS, 0x2345, 0x1000, 0x5679, 0x2000]);
  });
  it("16 bits, real mode: linear addresses and the opcode", () => {
    const guest = guestWithPointers("real");
    guest.exec(...with16(FNSTENV));
    expect(words(guest, 7, 2)).toEqual([0x27f, 0x7120, TAGS, 0x2345, 0x25d9, 0x5679, 0x6000]);
  });
  it("32 bits, real mode", () => {
    const guest = guestWithPointers("real");
    guest.exec(...PREFIX_66, ...with16(FNSTENV));
    expect(words(guest, 7, 4)).toEqual([0xffff_027f, 0xffff_7120, (0xffff_0000 | TAGS) >>> 0, 0xffff_2345, 0x25d9, 0xffff_5679, 0x6000]);
  });
  it("masks all exceptions afterwards, also one that was pending", () => {
    const guest = new X87Guest().load(0x37b, [ONE], { status: 0x8084 });
    guest.exec(...FNSTENV);
    expect([guest.state.get(X87_CONTROL), guest.status, guest.get(DATA, 2), guest.get(DATA + 4, 2)]).toEqual([0x37f, 0x04, 0x37b, 0x8084]);
    expect(guest.exec(0xd9, 0xe8)).toBeUndefined();
  });
});

describe("the pointers", () => {
  const SIGNALING = 0x7f80_0001;
  it.each([
    ["opcode and operand not, if it raised no unmasked exception (CPUID: FDP_EXCPTN_ONLY)", 0x37f, [0, 0, 0]],
    ["opcode and operand too, if it raised one", 0x37e, [0x143, DATA + 0x10, DATA0]],
  ])("EIP and CS are of the last instruction; %s", (_, control, others) => {
    const guest = new X87Guest().load(control, []);
    const eip = guest.eip;
    guest.put(DATA + 0x10, SIGNALING);
    expect(guest.exec(0xd9, 0x43, 0x10)).toBeUndefined(); // fld dword [ebx + 10h]
    guest.exec(...FNSTENV);
    expect(pointers.map((word) => guest.state.get(word))).toEqual([eip, CODE0, ...others]);
  });
});

describe("the opcode pointer", () => {
  it.each([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf2, 0xf3].map((prefix) => [prefix.toString(16), prefix]))(
    "leaves out prefix %s",
    (_, prefix) => {
      const guest = new X87Guest().load(0x37e, ["bfff:8000000000000000"]);
      expect(guest.exec(Number(prefix), 0xd9, 0xfa)).toBeUndefined(); // fsqrt
      expect(guest.state.get(X87_OPCODE)).toBe(0x1fa);
    },
  );
});

describe("FLDENV", () => {
  it("takes back what FNSTENV has stored", () => {
    const guest = guestWithPointers();
    guest.exec(...FNSTENV);
    guest.exec(0xdb, 0xe3);
    guest.exec(...FLDENV);
    expect([guest.status, guest.state.get(X87_CONTROL), guest.state.get(X87_TAGS)]).toEqual([0x7120, 0x27f, 0b1100_0001]);
    expect(pointers.map((word) => guest.state.get(word))).toEqual([0x1_2345, 0x1000, 0x5d9, 0x4_5679, 0x2000]);
  });
  it("an exception in it that is not masked is pending at once", () => {
    const guest = new X87Guest();
    guest.exec(...FNSTENV);
    guest.put(DATA, 0x37e);
    guest.put(DATA + 4, 1);
    expect(guest.exec(...FLDENV)).toBeUndefined();
    expect(guest.exec(0xd9, 0xe8)?.vector).toBe(16);
  });
});

describe("FNSAVE and FRSTOR", () => {
  it.each([
    ["32 bits", [] as number[], 28],
    ["16 bits", PREFIX_66, 14],
  ])("%s: environment, then ST(0) to ST(7); FNSAVE initializes", (_, prefix, start) => {
    const guest = guestWithPointers();
    guest.exec(...prefix, ...FNSAVE);
    expect([guest.get(DATA + start + 8, 2), guest.get(DATA + start + 28, 2)]).toEqual([0x3fff, 0x7fff]);
    expect([guest.st(0), guest.status, guest.state.get(X87_CONTROL)]).toEqual(["empty", 0, 0x37f]);
    guest.exec(...prefix, ...FRSTOR);
    expect([0, 1, 2, 3].map((i) => guest.st(i))).toEqual([ONE, ZERO, INFINITY, "empty"]);
    expect(guest.status).toBe(0x7120);
  });
});

describe("FIP", () => {
  it("is the address of the last instruction that is not a control instruction: how position-independent code finds itself", () => {
    const guest = new X87Guest();
    guest.exec(0xd9, 0xee); // fldz
    const at = guest.eip - 2;
    guest.exec(0xd9, 0x2b, 0x90); // fldcw
    guest.exec(...FNSTENV);
    expect(guest.get(DATA + 12)).toBe(at);
  });
});
