import { describe, expect, it } from "vitest";
import { CR0, CR3, CS, DS, EFLAGS, ES, FS, IDTR_BASE, IDTR_LIMIT, Seg, SS } from "../../src/vmm/cpu/layout.js";
import { Access, absent, BIG, CODE, CODE0, DATA, DATA0, EAX, EBX, ESI, FREE, HANDLERS, IDT, STACK0, SystemGuest } from "./system-guest.js";

const CODE16 = FREE;
const DATA16 = FREE + 8;
const EXPAND_DOWN = FREE + 16;
const GP = { vector: 13, error: 0 };
const PG = 0x8000_0000;

/** MOV CR0, EAX with PE and nothing else but ET, or with PG. */
function setCr0(guest: SystemGuest, bits: number) {
  guest.set(EAX, (0x10 | bits) >>> 0);
  return guest.exec(0x0f, 0x22, 0xc0);
}
function loadSegment(guest: SystemGuest, n: number, selector: number) {
  guest.set(EAX, selector);
  return guest.exec(0x8e, 0xc0 | (n << 3));
}
/** Real mode with the tables of protected mode in memory and GDTR at them. */
function realWithTables(): SystemGuest {
  const guest = new SystemGuest().realMode();
  guest.protectedTables();
  guest.descriptor(CODE16, CODE, 0xffff, Access.code);
  guest.descriptor(DATA16, DATA, 0xffff, Access.data);
  guest.descriptor(EXPAND_DOWN, 0, 0x0fff, Access.expandDown);
  return guest;
}
const hidden = (guest: SystemGuest, n: number) => [guest.state.segment(n, Seg.base), guest.state.segment(n, Seg.limit)];

/** SDM vol. 3, 9.9.1. */
describe("from real to protected mode", () => {
  it("every segment register keeps its hidden part until it is loaded", () => {
    const guest = realWithTables();
    const before = [ES, CS, SS, DS].map((n) => hidden(guest, n));
    expect(setCr0(guest, 1)).toBeUndefined();
    expect([ES, CS, SS, DS].map((n) => hidden(guest, n))).toEqual(before);
    guest.put(DATA + 0x10, 0x77, 1);
    expect(guest.exec(0xa0, 0x10, 0x00)).toBeUndefined(); // mov al, [10]: DS is that of real mode
    expect([guest.reg(EAX, 1), guest.cpu.cpl]).toEqual([0x77, 0]);
  });

  it("goes on in 16-bit code without any jump; far CALL and RET would need a descriptor", () => {
    const guest = realWithTables();
    setCr0(guest, 1);
    expect(guest.exec(0xb8, 0x34, 0x12)).toBeUndefined(); // mov ax, 1234
    expect(guest.reg(EAX, 2)).toBe(0x1234);
    expect(guest.exec(0x9a, 0x00, 0x00, (CODE >> 4) & 0xff, CODE >> 12)?.vector).toBe(13);
  });

  it("an interrupt before the far jump goes through a gate, whose frame holds the real mode selector", () => {
    const guest = realWithTables();
    guest.state.set(IDTR_BASE, IDT);
    guest.state.set(IDTR_LIMIT, 0x7ff);
    setCr0(guest, 1);
    expect(guest.exec(0xcd, 0x30)).toBeUndefined();
    expect([guest.eip, guest.selector(CS), guest.stack(1, 4)]).toEqual([HANDLERS + 0x300, CODE0, CODE >> 4]);
  });

  it("with paging in the same write: the next instruction is fetched through the tables", () => {
    const guest = realWithTables();
    guest.put(0x6_0000, 0x6_1003);
    for (let i = 0; i < 0x100; i++) guest.put(0x6_1000 + 4 * i, (i << 12) | 3);
    // The page of the code is mapped to a copy of it elsewhere.
    guest.put(0x6_1000 + 4 * (CODE >> 12), 0x7_0003);
    guest.state.set(CR3, 0x6_0000);
    guest.set(EAX, (PG | 0x11) >>> 0);
    guest.bytes(0x7_0003, [0xb8, 0xcd, 0xab]); // mov ax, abcd
    expect(guest.exec(0x0f, 0x22, 0xc0)).toBeUndefined();
    guest.interpreter.step();
    expect(guest.reg(EAX, 2)).toBe(0xabcd);
  });

  it("LMSW gets there too, but not back", () => {
    const guest = realWithTables();
    guest.set(EAX, 1);
    expect(guest.exec(0x0f, 0x01, 0xf0)).toBeUndefined();
    expect(guest.cpu.mode).toBe("protected");
    guest.set(EAX, 0);
    guest.exec(0x0f, 0x01, 0xf0);
    expect(guest.cpu.mode).toBe("protected");
  });
});

/** SDM vol. 3, 9.9.2. */
describe("from protected to real mode", () => {
  function throughProtected(load: (guest: SystemGuest) => void): SystemGuest {
    const guest = realWithTables();
    setCr0(guest, 1);
    load(guest);
    setCr0(guest, 0);
    return guest;
  }

  it("limits and sizes that were loaded stay, base and selector are real mode's", () => {
    const guest = throughProtected((g) => {
      loadSegment(g, DS, DATA0);
      loadSegment(g, FS, DATA16);
    });
    loadSegment(guest, DS, 0x4000);
    loadSegment(guest, FS, 0x4000);
    expect([hidden(guest, DS), hidden(guest, FS)]).toEqual([
      [0x4_0000, 0xffff_ffff],
      [0x4_0000, 0xffff],
    ]);
  });

  it("offsets above 64 KiB work in a segment with a big limit, and are #GP in one without", () => {
    const guest = throughProtected((g) => loadSegment(g, DS, DATA0));
    guest.set(ESI, 0x3_0000);
    loadSegment(guest, DS, 0x1000);
    guest.put(0x4_0000, 0x5a, 1);
    expect(guest.exec(0x67, 0x8a, 0x06)).toBeUndefined(); // mov al, [esi]
    expect(guest.reg(EAX, 1)).toBe(0x5a);
    expect(guest.exec(0x26, 0x67, 0x8a, 0x06)).toMatchObject({ vector: 13 }); // es:
  });

  it("a big stack keeps its 32-bit stack pointer", () => {
    const guest = throughProtected((g) => {
      loadSegment(g, SS, DATA0);
      g.set(4, 0x3_0000);
    });
    guest.exec(0x50); // push ax
    expect(guest.reg(4)).toBe(0x2_fffe);
    loadSegment(guest, SS, 0x1000);
    guest.exec(0x50);
    expect([guest.reg(4), guest.state.segment(SS, Seg.base)]).toEqual([0x2_fffc, 0x1_0000]);
  });

  it("32-bit code stays 32-bit code, and a far jump in it keeps its size and limit", () => {
    const guest = throughProtected((g) => {
      g.exec(0x66, 0xea, 0x00, 0x00, 0x01, 0x00, CODE0, 0);
    });
    expect(guest.exec(0xb8, 1, 2, 3, 4)).toBeUndefined(); // mov eax, 04030201
    expect(guest.reg(EAX)).toBe(0x0403_0201);
    expect(guest.exec(0xea, 0x00, 0x40, 0x01, 0x00, 0x00, 0x00)).toBeUndefined();
    expect([guest.selector(CS), guest.eip, ...hidden(guest, CS)]).toEqual([0, 0x1_4000, 0, 0xffff_ffff]);
    expect(guest.exec(0xb8, 1, 2, 3, 4)).toBeUndefined();
    expect(guest.reg(EAX)).toBe(0x0403_0201);
  });

  it("a segment that protected mode left null can be loaded and used again", () => {
    const guest = throughProtected((g) => loadSegment(g, DS, 0));
    loadSegment(guest, DS, DATA >> 4);
    expect(guest.exec(0xa0, 0x10, 0x00)).toBeUndefined();
  });

  it("a read-only or execute-only segment can be written after it was loaded again", () => {
    const guest = realWithTables();
    guest.descriptor(FREE + 24, 0, 0xfffff, Access.readOnly, BIG);
    setCr0(guest, 1);
    loadSegment(guest, DS, FREE + 24);
    setCr0(guest, 0);
    loadSegment(guest, DS, DATA >> 4);
    expect(guest.exec(0xc6, 0x06, 0x10, 0x00, 0x99)).toBeUndefined(); // mov byte [10], 99
    expect(guest.get(DATA + 0x10, 1)).toBe(0x99);
  });

  it("is refused while paging is on", () => {
    const guest = realWithTables();
    setCr0(guest, 1);
    guest.put(0x6_0000, 0x6_1003);
    for (let i = 0; i < 0x100; i++) guest.put(0x6_1000 + 4 * i, (i << 12) | 3);
    guest.state.set(CR3, 0x6_0000);
    setCr0(guest, PG | 1);
    expect(setCr0(guest, PG)).toEqual(GP);
    expect(guest.state.get(CR0)).toBe((PG | 0x11) >>> 0);
  });
});

describe("16-bit protected mode", () => {
  it("takes 16-bit operands, addresses and stack pointer from the D and B flags", () => {
    const guest = realWithTables();
    setCr0(guest, 1);
    guest.exec(0xea, 0x00, 0x01, CODE16, 0x00);
    loadSegment(guest, SS, DATA16);
    loadSegment(guest, DS, DATA16);
    guest.set(4, 0x5555_0002);
    guest.set(EBX, 0xffff_0010);
    guest.put(DATA + 0x10, 0x1234_abcd);
    expect(guest.exec(0x8b, 0x07)).toBeUndefined(); // mov ax, [bx]
    expect(guest.reg(EAX, 2)).toBe(0xabcd);
    expect(guest.exec(0x66, 0x50)).toMatchObject({ vector: 12, error: 0 }); // push eax at SP 2: wraps into FFFE and beyond
    expect(guest.exec(0x50)).toBeUndefined();
    expect([guest.reg(4), guest.get(DATA, 2)]).toEqual([0x5555_0000, 0xabcd]);
  });

  it("an expand-down stack with B clear ends at FFFF, and its pointer wraps there", () => {
    const guest = realWithTables();
    setCr0(guest, 1);
    loadSegment(guest, SS, EXPAND_DOWN);
    guest.set(4, 0x1002);
    expect(guest.exec(0x50)).toBeUndefined();
    expect(guest.exec(0x50)).toEqual({ vector: 12, error: 0 });
    guest.set(4, 0);
    expect(guest.exec(0x50)).toBeUndefined();
    expect(guest.reg(4, 2)).toBe(0xfffe);
  });
});

describe("virtual-8086 mode", () => {
  it("is left for CPL 0 by an exception of its own, and re-entered where it was", () => {
    const guest = new SystemGuest().protectedMode().toVirtual8086();
    guest.execDelivering(0x0f, 0x0b); // ud2
    expect([guest.cpu.mode, guest.cpu.cpl, guest.eip, guest.reg(4)]).toEqual(["protected", 0, HANDLERS + 16 * 6, STACK0 - 36]);
    expect(guest.exec(0xcf)).toBeUndefined();
    expect([guest.cpu.mode, guest.cpu.cpl, guest.eip]).toEqual(["virtual8086", 3, 0]);
  });

  it("a fault on the way out is delivered through its own gate, with VM in the frame", () => {
    const guest = new SystemGuest().protectedMode().toVirtual8086();
    guest.gate(6, absent(Access.interrupt32));
    guest.execDelivering(0x0f, 0x0b);
    expect([guest.eip, guest.stack(0), guest.stack(3) & 0x2_0000]).toEqual([HANDLERS + 16 * 11, 6 * 8 + 3, 0x2_0000]);
  });

  it("a trap gate leaves IF, an interrupt gate clears it; both clear VM, TF, NT and RF", () => {
    for (const [access, left] of [
      [Access.trap32, 0x200],
      [Access.interrupt32, 0],
    ]) {
      const guest = new SystemGuest().protectedMode();
      guest.gate(0x30, access);
      guest.toVirtual8086(0x2_4202);
      guest.cpu.deliverInterrupt(0x30);
      expect(guest.state.get(EFLAGS) & 0x3_4300).toBe(left);
    }
  });

  it("a 16-bit gate pushes words", () => {
    const guest = new SystemGuest().protectedMode();
    guest.gate(0x30, Access.interrupt16, CODE0, 0x8000);
    guest.toVirtual8086();
    guest.cpu.deliverInterrupt(0x30);
    expect([guest.reg(4), guest.eip]).toEqual([STACK0 - 18, 0x8000]);
    expect([guest.stack(1, 2), guest.stack(4, 2), guest.stack(5, 2)]).toEqual([CODE >> 4, 0x3000, DATA >> 4]);
  });

  it.each([
    ["conforming", Access.conforming],
    ["of level 3", Access.code | 0x60],
    ["of level 1", Access.code | 0x20],
  ])("a handler that is %s is #GP(selector)", (_, access) => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, 0xfffff, access, BIG);
    guest.gate(0x30, Access.interrupt32 | 0x60, FREE);
    guest.toVirtual8086(0x2_3202);
    expect(guest.exec(0xcd, 0x30)).toEqual({ vector: 13, error: FREE });
  });

  it("IRETD can't leave it: VM and IOPL stay", () => {
    const guest = new SystemGuest().protectedMode().toVirtual8086(0x2_3202);
    guest.put(0x3_0000, 0x10);
    guest.put(0x3_0004, CODE >> 4);
    guest.put(0x3_0008, 0x0000_0002);
    expect(guest.exec(0x66, 0xcf)).toBeUndefined();
    expect([guest.cpu.mode, guest.eip, guest.cpu.iopl]).toEqual(["virtual8086", 0x10, 3]);
  });

  it("runs at CPL 3 whatever RPL a selector seems to have: pages of the system are out of reach", () => {
    const guest = new SystemGuest().protectedMode();
    guest.put(0x6_0000, 0x6_1007);
    for (let i = 0; i < 0x100; i++) guest.put(0x6_1000 + 4 * i, (i << 12) | (i === DATA >> 12 ? 3 : 7));
    guest.state.set(CR3, 0x6_0000);
    setCr0(guest, PG | 1);
    guest.toVirtual8086();
    expect(guest.exec(0xa0, 0x00, 0x00)).toEqual({ vector: 14, error: 5 });
  });
});
