import { describe, expect, it } from "vitest";
import { X87_CS, X87_DP, X87_DS, X87_IP, X87_OPCODE, X87_TAGS } from "../../src/vmm/cpu/layout.js";
import { CODE, CODE0, DATA, DATA0, EAX } from "../vmm/system-guest.js";
import { X87Guest } from "./x87-guest.js";

const ONE = "3fff:8000000000000000";
const TWO = "4000:8000000000000000";
const INDEFINITE = "ffff:c000000000000000";
const FULL = Array<string>(8).fill(ONE);
const MF = 16;

const IE = 0x01;
const ZE = 0x04;
const OE = 0x08;
const PE = 0x20;
const SF = 0x40;
const ES = 0x8080;
const C1 = 0x200;

describe("stack faults, masked (SDM vol. 1, 8.5.1.1)", () => {
  it("a push onto a full stack: indefinite, C1 set, TOP moved", () => {
    const guest = new X87Guest().load(0x37f, FULL);
    guest.exec(0xd9, 0xe8); // fld1
    expect([guest.st(0), guest.status]).toEqual([INDEFINITE, IE | SF | C1 | (7 << 11)]);
  });
  it("an empty operand: indefinite, C1 clear", () => {
    const guest = new X87Guest().load(0x37f, [ONE], { status: C1 });
    guest.exec(0xd8, 0xc1); // fadd st, st(1)
    expect([guest.st(0), guest.st(1), guest.status]).toEqual([INDEFINITE, "empty", IE | SF]);
  });
  it("FLD of an empty register onto a full one is the former", () => {
    const guest = new X87Guest().load(0x37f, [ONE]);
    guest.state.set(X87_TAGS, 0x81);
    guest.exec(0xd9, 0xc1); // fld st(1)
    expect(guest.status & (IE | SF | C1)).toBe(IE | SF);
  });
  it("FXCH makes the empty one indefinite first", () => {
    const guest = new X87Guest().load(0x37f, [ONE]);
    guest.exec(0xd9, 0xc9);
    expect([guest.st(0), guest.st(1)]).toEqual([INDEFINITE, ONE]);
  });
  it("FISTP stores the integer indefinite and pops", () => {
    const guest = new X87Guest();
    guest.exec(0xdb, 0x1b); // fistp dword [ebx]
    expect([guest.memory(4), guest.status]).toEqual(["80000000", IE | SF | (1 << 11)]);
  });
  it("FSTP at D9 D8 just pops", () => {
    const guest = new X87Guest();
    guest.exec(0xd9, 0xd9);
    expect([guest.st(0), guest.status]).toEqual(["empty", 1 << 11]);
  });
});

describe("unmasked exceptions", () => {
  it("before an operation: nothing has changed but the flags; the next waiting instruction is #MF", () => {
    const guest = new X87Guest().load(0x37b, [ONE, "0000:0000000000000000"]);
    expect(guest.exec(0xde, 0xf9)).toBeUndefined(); // fdivp: ST(1) / ST(0) = 0 / 1 is fine
    guest.load(0x37b, ["0000:0000000000000000", ONE]);
    expect(guest.exec(0xde, 0xf9)).toBeUndefined(); // 1 / 0
    expect([guest.st(0), guest.st(1), guest.status]).toEqual(["0000:0000000000000000", ONE, ZE | ES]);
    expect(guest.exec(0xd9, 0xe8)?.vector).toBe(MF);
    expect(guest.exec(0x9b)?.vector).toBe(MF);
    expect(guest.exec(0xdf, 0xe0)).toBeUndefined(); // fnstsw ax
    expect(guest.reg(EAX, 2)).toBe(ZE | ES);
    expect(guest.exec(0xdb, 0xe2)).toBeUndefined(); // fnclex
    expect(guest.exec(0xd9, 0xe8)).toBeUndefined();
  });
  it("a stack fault leaves TOP and the stack alone", () => {
    const guest = new X87Guest().load(0x37e, FULL);
    guest.exec(0xd9, 0xe8);
    expect([guest.st(0), guest.status]).toEqual([ONE, IE | SF | C1 | ES]);
  });
  it("overflow: to a register with its exponent wrapped, to memory not at all", () => {
    const guest = new X87Guest().load(0x377, ["7ffe:8000000000000000"]);
    guest.exec(0xdc, 0xc8); // fmul st, st
    expect([guest.st(0), guest.status]).toEqual(["5ffd:8000000000000000", OE | ES]);
    guest.load(0x377, ["7ffe:8000000000000000"]);
    guest.setMemory("1234567812345678");
    guest.exec(0xdd, 0x1b); // fstp qword [ebx]
    expect([guest.memory(8), guest.st(0), guest.status]).toEqual(["1234567812345678", "7ffe:8000000000000000", OE | ES]);
  });
  it("FLDCW that unmasks a flagged exception makes it pending", () => {
    const guest = new X87Guest().load(0x37f, [ONE], { status: PE });
    guest.setMemory("035f");
    expect(guest.exec(0xd9, 0x2b)).toBeUndefined();
    expect(guest.status).toBe(PE | ES);
    expect(guest.exec(0xd9, 0xe8)?.vector).toBe(MF);
  });
  it("note where: instruction, opcode and operand", () => {
    const guest = new X87Guest().load(0x37b, [ONE]);
    guest.setMemory("00000000");
    guest.exec(0x3e, 0xd8, 0x33); // fdiv dword ds:[ebx]
    expect(guest.status).toBe(ZE | ES);
    expect([X87_IP, X87_CS, X87_OPCODE, X87_DP, X87_DS].map((word) => guest.state.get(word))).toEqual([CODE, CODE0, 0x033, DATA, DATA0]);
  });
});

describe("a fault on the operand", () => {
  it.each([
    ["fld m64", [0xdd, 0x05]],
    ["fadd m32", [0xd8, 0x05]],
    ["fistp m64", [0xdf, 0x3d]],
    ["fbstp", [0xdf, 0x35]],
    ["fnsave", [0xdd, 0x35]],
    ["frstor", [0xdd, 0x25]],
  ])("%s: nothing has changed", (_name, bytes) => {
    const guest = new X87Guest().load(0x37f, [ONE, TWO], { status: C1 });
    guest.state.set(X87_IP, 0x1234);
    // Beyond the limit of DS.
    guest.descriptor(0x40, 0, 0xffff, 0x92, 0x4);
    guest.set(EAX, 0x40);
    guest.exec(0x8e, 0xd8); // mov ds, ax
    expect(guest.exec(...bytes, 0xfe, 0xff, 0, 0)?.vector).toBe(13);
    expect([guest.st(0), guest.st(1), guest.st(2), guest.status, guest.state.get(X87_IP)]).toEqual([ONE, TWO, "empty", C1, 0x1234]);
  });
});

describe("an operand across two pages of memory", () => {
  it("is loaded and stored whole", () => {
    const guest = new X87Guest().load(0x37f, ["4000:c90fdaa22168c235"]);
    guest.exec(0xdb, 0x3d, 0xfa, 0x0f, 0x04, 0x00); // fstp tbyte [40ffa]
    guest.exec(0xdb, 0x2d, 0xfa, 0x0f, 0x04, 0x00);
    expect(guest.st(0)).toBe("4000:c90fdaa22168c235");
    expect(guest.get(DATA + 0x1000 + 2, 2)).toBe(0x4000);
  });
});

describe("TOP", () => {
  it("FINCSTP and FDECSTP turn it without looking at tags", () => {
    const guest = new X87Guest().load(0x37f, [ONE]);
    guest.exec(0xd9, 0xf6);
    expect([guest.st(0), guest.st(1), guest.status >> 11]).toEqual(["empty", ONE, 7]);
    guest.exec(0xd9, 0xf7);
    expect([guest.st(0), guest.status >> 11]).toEqual([ONE, 0]);
  });
  it("FFREEP empties a register and pops", () => {
    const guest = new X87Guest().load(0x37f, [ONE, TWO]);
    guest.exec(0xdf, 0xc1);
    expect([guest.st(0), guest.state.get(X87_TAGS), guest.status >> 11]).toEqual(["empty", 0, 1]);
  });
});

describe("flags of the processor", () => {
  it.each([
    ["greater", TWO, 0],
    ["equal", ONE, 0x40],
    ["less", "3ffe:8000000000000000", 1],
    ["unordered", "7fff:c000000000000000", 0x45],
  ])("FCOMI: %s", (_, st0, flags) => {
    const guest = new X87Guest().load(0x37f, [st0, ONE]);
    guest.exec(0xdb, 0xf1);
    expect(guest.cpu.flags & 0x8d5).toBe(flags);
  });
  it("FCMOVE moves if ZF", () => {
    const guest = new X87Guest().load(0x37f, [ONE, TWO]);
    guest.exec(0x39, 0xc0); // cmp eax, eax
    guest.exec(0xdb, 0xc9); // fcmovne
    expect(guest.st(0)).toBe(ONE);
    guest.exec(0xda, 0xc9); // fcmove
    expect(guest.st(0)).toBe(TWO);
  });
});
