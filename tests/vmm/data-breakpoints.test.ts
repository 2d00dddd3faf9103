import { describe, expect, it } from "vitest";
import { CR0, CR4, DR, EFLAGS } from "../../src/vmm/cpu/layout.js";
import {
  Access,
  BIG,
  CODE,
  CODE0,
  DATA,
  DATA0,
  EAX,
  EBP,
  EBX,
  ECX,
  EDI,
  ESI,
  ESP,
  FREE,
  GDT,
  handlerOf,
  STACK0,
  SystemGuest,
  TSS,
} from "./system-guest.js";

const DB = 1;
const DR6 = DR + 48;
const DR7 = DR + 56;
const B = 0xf;
const BS = 0x4000;
const TF = 0x100;
const RF = 0x1_0000;
const NOP = 0x90;
const UD2 = [0x0f, 0x0b];
const load = [0x8b, 0x03]; // mov eax, [ebx]
const store = [0x89, 0x03]; // mov [ebx], eax
const WRITE = 1;
const IO = 2;
const ACCESS = 3;
const LEN: Readonly<Record<number, number>> = { 1: 0, 2: 1, 4: 3, 8: 2 };

/** Sets breakpoint `n` by MOV, globally enabled unless said otherwise. */
function breakAt(guest: SystemGuest, address: number, kind: number, length: number, n = 0, enable = 2): void {
  const { eip } = guest;
  const eax = guest.reg(EAX);
  guest.set(EAX, address);
  guest.exec(0x0f, 0x23, 0xc0 | (n << 3));
  guest.set(EAX, guest.state.get(DR7) | ((kind | (LEN[length] << 2)) << (16 + 4 * n)) | (enable << (2 * n)));
  guest.exec(0x0f, 0x23, 0xf8);
  guest.set(EAX, eax);
  guest.cpu.eip = eip;
}
function watching(address: number, kind: number, length: number): SystemGuest {
  const guest = new SystemGuest().protectedMode();
  guest.set(EBX, DATA);
  breakAt(guest, address, kind, length);
  return guest;
}
/** Where the debug trap's frame returns to, from the start of the code; undefined: there was none before UD2. */
function trappedAfter(guest: SystemGuest, ...code: number[]): number | undefined {
  guest.runToHandler(...code, ...UD2);
  return guest.isAtHandler(DB) ? guest.stack(0) - CODE : undefined;
}
const met = (guest: SystemGuest) => guest.state.get(DR6) & B;

/** SDM vol. 3, 17.3.1.2: a trap behind the instruction that made the access. */
describe("a data breakpoint", () => {
  it("on writes traps behind the store, which is done", () => {
    const guest = watching(DATA, WRITE, 4);
    guest.set(EAX, 0x1234);
    expect(trappedAfter(guest, NOP, ...store, NOP)).toBe(3);
    expect([met(guest), guest.get(DATA), guest.stack(2) & RF]).toEqual([1, 0x1234, 0]);
  });

  it("on writes lets reads pass", () => {
    expect(trappedAfter(watching(DATA, WRITE, 4), ...load, ...load)).toBeUndefined();
  });

  it.each([
    ["reads", load],
    ["writes", store],
    ["both in one", [0x01, 0x03]],
  ])("on accesses sees %s", (_what, code) => {
    expect(trappedAfter(watching(DATA, ACCESS, 4), ...code, NOP)).toBe(2);
  });

  it("does not see fetches", () => {
    expect(trappedAfter(watching(CODE + 1, ACCESS, 1), NOP, NOP)).toBeUndefined();
  });

  it("sees a store to a page with code, as the code watch does", () => {
    const guest = watching(CODE + 0x100, WRITE, 4);
    guest.set(EBX, CODE + 0x100);
    expect(trappedAfter(guest, ...store)).toBe(2);
  });

  it.each([1, 2, 4, 8])("of length %i covers the bytes of its aligned range, and an access that touches any of them", (length) => {
    const start = DATA + 16;
    const trapped: string[] = [];
    const covered: string[] = [];
    // The address in the register need not be aligned: its low bits don't count.
    const guest = watching(start + length - 1, ACCESS, length);
    for (const [size, code] of [
      [1, [0x8a, 0x03]],
      [2, [0x66, 0x8b, 0x03]],
      [4, load],
    ] as const) {
      for (let at = start - 4; at <= start + 8; at++) {
        guest.cpu.eip = CODE;
        guest.set(EBX, at);
        guest.set(ESP, STACK0);
        if (trappedAfter(guest, ...code) !== undefined) trapped.push(`${size} at ${at - start}`);
        if (at + size > start && at < start + length) covered.push(`${size} at ${at - start}`);
      }
    }
    expect(trapped).toEqual(covered);
  });

  it("sees an access that reaches over into its page", () => {
    const guest = watching(DATA + 0x1000, ACCESS, 1);
    guest.set(EBX, DATA + 0xffe);
    expect(trappedAfter(guest, ...load)).toBe(2);
  });

  it("goes by linear addresses: base plus offset", () => {
    const guest = watching(DATA + 8, ACCESS, 4);
    guest.descriptor(FREE, DATA, 0xfffff, Access.data, BIG);
    guest.set(EAX, FREE);
    guest.exec(0x8e, 0xd8);
    guest.set(EBX, 8);
    guest.cpu.eip = CODE;
    expect(trappedAfter(guest, ...load)).toBe(2);
  });

  it("holds from the instruction after MOV DR7 until that of another MOV DR7", () => {
    const guest = new SystemGuest().protectedMode();
    guest.state.set(DR, DATA);
    guest.set(EBX, DATA);
    guest.set(EAX, 0xf_0402);
    guest.set(ECX, 0x400);
    // load; mov dr7, eax; load
    expect(trappedAfter(guest, ...load, 0x89, 0xc2, 0xb8, 2, 4, 0xf, 0, 0x0f, 0x23, 0xf8, ...load)).toBe(14);
    guest.goOn(0x0f, 0x23, 0xf9, ...load, ...UD2); // mov dr7, ecx
    expect(guest.isAtHandler(6)).toBe(true);
  });

  it("is enabled locally too, until the next task switch", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(EBX, DATA);
    breakAt(guest, DATA, ACCESS, 4, 0, 1);
    expect(trappedAfter(guest, ...load)).toBe(2);
  });

  it("needs no CR4.DE; R/W 2 stands for ports and never meets memory", () => {
    const guest = watching(DATA, IO, 4);
    guest.state.set(CR4, 8);
    expect(trappedAfter(guest, ...load, ...store)).toBeUndefined();
  });
});

describe("several breakpoints", () => {
  it("that one access meets are all in DR6", () => {
    const guest = watching(DATA, ACCESS, 4);
    breakAt(guest, DATA + 2, WRITE, 2, 2);
    expect(trappedAfter(guest, ...store)).toBe(2);
    expect(met(guest)).toBe(0b101);
  });

  it("that two accesses of one instruction meet are all in DR6", () => {
    const guest = watching(DATA, ACCESS, 4);
    breakAt(guest, DATA + 0x100, WRITE, 4, 3);
    guest.set(ESI, DATA);
    guest.set(EDI, DATA + 0x100);
    expect(trappedAfter(guest, 0xa5)).toBe(1);
    expect(met(guest)).toBe(0b1001);
  });

  it("a disabled one shows in DR6 beside an enabled one, and makes no trap of its own (17.2.3)", () => {
    const guest = watching(DATA, ACCESS, 4);
    breakAt(guest, DATA, ACCESS, 4, 1, 0);
    breakAt(guest, DATA + 0x20, ACCESS, 4, 2, 0);
    guest.runToHandler(0x8b, 0x43, 0x20, ...load); // mov eax, [ebx+20h]; load
    expect([guest.stack(0), met(guest)]).toEqual([CODE + 5, 0b11]);
  });

  it("and the single step share one trap", () => {
    const guest = watching(DATA, ACCESS, 4);
    guest.cpu.setFlags(TF, TF);
    expect(trappedAfter(guest, ...load, NOP)).toBe(2);
    expect(guest.state.get(DR6) & (B | BS)).toBe(BS | 1);
  });
});

describe("accesses that an instruction makes beside its operand", () => {
  const setUp = (address: number) => {
    const guest = watching(address, WRITE, 4);
    guest.set(EBP, STACK0 - 0x40);
    guest.set(EAX, DATA0);
    return guest;
  };
  it.each([
    ["PUSH", STACK0 - 4, [0x50], 1],
    ["CALL", STACK0 - 4, [0xe8, 0, 0, 0, 0], 5],
    ["far CALL, selector", STACK0 - 4, [0x9a, 7, 0, 1, 0, CODE0, 0], 7],
    ["far CALL, offset", STACK0 - 8, [0x9a, 7, 0, 1, 0, CODE0, 0], 7],
    ["PUSHA", STACK0 - 32, [0x60], 1],
    ["ENTER", STACK0 - 4, [0xc8, 8, 0, 1], 4],
    ["PUSHF", STACK0 - 4, [0x9c], 1],
    ["FNSAVE", DATA + 0x44, [0xdd, 0x33], 2],
    ["FXSAVE", DATA + 0x44, [0x0f, 0xae, 0x03], 3],
    ["FBSTP", DATA + 8, [0xdf, 0x33], 2],
    ["CMPXCHG8B", DATA + 4, [0x0f, 0xc7, 0x0b], 3],
    ["SGDT", DATA + 4, [0x0f, 0x01, 0x03], 3],
    ["POP to memory", DATA, [0x8f, 0x03], 2],
    ["BTS beyond its operand", DATA + 4, [0xb8, 32, 0, 0, 0, 0x0f, 0xab, 0x03], 8],
  ])("%s", (_name, address, code, end) => {
    expect(trappedAfter(setUp(address as number), ...(code as number[]), NOP)).toBe(end);
  });

  it.each([
    ["POP", STACK0 - 4, [0x58]],
    ["POPA", STACK0 - 4 + 28, [0x61]],
    ["far RET", STACK0, [0xcb]],
    ["IRET", STACK0 + 4, [0xcf]],
    ["a selector for a segment register", DATA, [0x8e, 0x23]],
    ["far pointer", DATA + 4, [0x0f, 0xb4, 0x03]],
    ["BOUND", DATA + 4, [0x62, 0x03]],
    ["FRSTOR", DATA + 0x44, [0xdd, 0x23]],
  ])("read by %s", (_name, address, code) => {
    const guest = watching(address as number, ACCESS, 4);
    guest.push(2, CODE0, CODE + 0x80);
    guest.set(ESP, STACK0 - (code[0] === 0xcf || code[0] === 0xcb ? 0 : 4));
    guest.put(STACK0, CODE + 0x80);
    guest.put(STACK0 + 4, CODE0);
    guest.put(STACK0 + 8, 2);
    guest.bytes(CODE + 0x80, UD2);
    expect(trappedAfter(guest, ...(code as number[]), NOP)).toBeDefined();
    expect(met(guest)).toBe(1);
  });

  it("pushes of interrupt delivery: the trap comes before the handler's first instruction", () => {
    const guest = watching(STACK0 - 8, WRITE, 4);
    guest.runToHandler(0xcd, 0x40);
    expect([guest.isAtHandler(DB), guest.stack(0), met(guest)]).toEqual([true, handlerOf(0x40), 1]);
  });

  it("not those to descriptor tables and the task-state segment", () => {
    const guest = watching(GDT + DATA0, ACCESS, 8);
    breakAt(guest, TSS + 4, ACCESS, 8, 1);
    guest.set(EAX, DATA0);
    expect(trappedAfter(guest, 0x8e, 0xd8)).toBeUndefined(); // mov ds, ax
  });
});

describe("repeated string instructions trap behind the iteration (SDM vol. 3, 17.3.1.2)", () => {
  const repeating = (address: number) => {
    const guest = watching(address, ACCESS, 4);
    guest.set(EDI, DATA);
    guest.set(ECX, 4);
    return guest;
  };

  it("with the instruction still to be gone on with, and RF in the frame", () => {
    const guest = repeating(DATA + 4);
    expect(trappedAfter(guest, 0xf3, 0xab)).toBe(0);
    expect([guest.reg(ECX), guest.reg(EDI), guest.stack(2) & RF]).toEqual([2, DATA + 8, RF]);
    guest.goOn(0xcf);
    expect([guest.isAtHandler(6), guest.reg(ECX)]).toEqual([true, 0]);
  });

  it("behind the instruction after the last one", () => {
    const guest = repeating(DATA + 12);
    expect(trappedAfter(guest, 0xf3, 0xab)).toBe(2);
    expect([guest.reg(ECX), guest.stack(2) & RF]).toEqual([0, 0]);
  });

  it("INS and OUTS as well", () => {
    const guest = repeating(DATA + 4);
    expect(trappedAfter(guest, 0xf3, 0x6d)).toBe(0);
    expect(guest.reg(ECX)).toBe(2);
  });
});

describe("what an instruction has met is", () => {
  it("forgotten if it faults", () => {
    const guest = watching(DATA, ACCESS, 4);
    guest.set(EAX, 0);
    guest.exec(0x8e, 0xc0); // mov es, ax
    guest.set(ESI, DATA);
    guest.cpu.eip = CODE;
    guest.runToHandler(0xa5);
    expect([guest.isAtHandler(13), met(guest)]).toEqual([true, 0]);
  });

  it("kept by MOV SS for the instruction after (SDM vol. 3, 6.8.3)", () => {
    const guest = watching(DATA, ACCESS, 2);
    guest.put(DATA, DATA0);
    expect(trappedAfter(guest, 0x8e, 0x13, NOP, NOP)).toBe(3); // mov ss, [ebx]
  });

  it("kept by MOV SS across an INT n that follows: the trap finds the handler", () => {
    const guest = watching(DATA, ACCESS, 2);
    guest.put(DATA, DATA0);
    guest.runToHandler(0x8e, 0x13, 0xcd, 0x40);
    expect([guest.isAtHandler(DB), guest.stack(0), met(guest)]).toEqual([true, handlerOf(0x40), 1]);
  });
});

describe("accesses of CPL 3 under paging", () => {
  it("are seen once the page has been used before the breakpoint is set", () => {
    const guest = new SystemGuest().protectedMode();
    for (let page = 0; page < 256; page++) guest.put(0x5_1000 + 4 * page, (page << 12) | 7);
    guest.put(0x5_0000, 0x5_1007);
    guest.set(EAX, 0x5_0000);
    guest.exec(0x0f, 0x22, 0xd8);
    guest.set(EAX, (guest.state.get(CR0) | 0x8000_0000) >>> 0);
    guest.exec(0x0f, 0x22, 0xc0);
    guest.toUser();
    guest.set(EBX, DATA);
    guest.exec(0x36, 0x89, 0x03); // mov ss:[ebx], eax
    guest.state.set(DR, DATA);
    guest.state.set(DR7, 0x1_0402);
    guest.mmu.breakpointsChanged();
    guest.cpu.eip = CODE;
    expect(trappedAfter(guest, 0x36, 0x89, 0x03)).toBe(3);
    expect(guest.state.get(EFLAGS) & TF).toBe(0);
  });
});
