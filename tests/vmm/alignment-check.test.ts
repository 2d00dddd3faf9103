import { beforeAll, describe, expect, it } from "vitest";
import { CR0, EFLAGS, GDTR_BASE } from "../../src/vmm/cpu/layout.js";
import { Access, CODE, CODE3, DATA, DATA3, EAX, EBX, EDI, ESI, ESP, GDT, STACK0, STACK3, SystemGuest, TSS } from "./system-guest.js";

const AC = 0x4_0000;
const AM = 0x4_0000;
const USER_FLAGS = 0x202;
const NOP = 0x90;
const popf = 0x9d;
const load = [0x8b, 0x03]; // mov eax, [ebx]
const fninit = [0xdb, 0xe3];
const misaligned = DATA + 1;

/** CR0.AM is set, by MOV; x87 and SSE are ready; DS and ES are for CPL 3. */
function withAlignmentMask(): SystemGuest {
  const guest = new SystemGuest().protectedMode();
  guest.set(EAX, guest.state.get(CR0) | AM);
  guest.exec(0x0f, 0x22, 0xc0);
  guest.set(EAX, 0x200);
  guest.exec(0x0f, 0x22, 0xe0);
  loadData(guest);
  guest.set(EBX, misaligned);
  return guest;
}
function loadData(guest: SystemGuest): void {
  guest.set(EAX, DATA3);
  guest.exec(0x8e, 0xd8);
  guest.exec(0x8e, 0xc0);
}
const checked = () => withAlignmentMask().toUser(USER_FLAGS | AC);

/** SDM vol. 3, 6.15, interrupt 17, table 6-7. */
describe("an operand at CPL 3 with CR0.AM and EFLAGS.AC must be aligned", () => {
  const operands: readonly (readonly [name: string, alignment: number, code: readonly number[]])[] = [
    ["byte", 1, [0x8a, 0x03]],
    ["word", 2, [0x66, 0x8b, 0x03]],
    ["doubleword", 4, [0x8b, 0x03]],
    ["doubleword written", 4, [0x89, 0x03]],
    ["doubleword modified", 4, [0x01, 0x03]],
    ["single-precision number", 4, [0xd9, 0x03]],
    ["double-precision number", 8, [0xdd, 0x03]],
    ["double-precision number written", 8, [0xdd, 0x13]],
    ["double extended-precision number", 8, [0xdb, 0x2b]],
    ["quadword integer", 8, [0xdf, 0x2b]],
    ["packed decimal", 8, [0xdf, 0x23]],
    ["packed decimal written", 8, [0xdf, 0x33]],
    ["MMX operand", 8, [0x0f, 0x6f, 0x03]],
    ["lower half of an MMX operand", 4, [0x0f, 0x60, 0x03]],
    ["scalar single of SSE", 4, [0xf3, 0x0f, 0x10, 0x03]],
    ["scalar double of SSE2", 8, [0xf2, 0x0f, 0x10, 0x03]],
    ["half of an XMM register", 8, [0x0f, 0x12, 0x03]],
    ["MXCSR", 4, [0x0f, 0xae, 0x1b]],
    ["selector", 2, [0x8e, 0x23]],
    ["far pointer of 32 bits", 2, [0x66, 0x0f, 0xb4, 0x03]],
    ["far pointer of 48 bits", 4, [0x0f, 0xb4, 0x03]],
    ["GDTR image", 4, [0x0f, 0x01, 0x03]],
    ["FSTENV image of 16 bits", 2, [0x66, 0xd9, 0x33]],
    ["FSTENV image of 32 bits", 4, [0xd9, 0x33]],
    ["FSAVE image of 16 bits", 2, [0x66, 0xdd, 0x33]],
    ["FSAVE image of 32 bits", 4, [0xdd, 0x33]],
    ["FRSTOR image of 32 bits", 4, [0xdd, 0x23]],
    ["bit string of 16 bits", 2, [0x66, 0x0f, 0xab, 0x03]],
    ["bit string of 32 bits", 4, [0x0f, 0xab, 0x03]],
    ["bounds of 16 bits", 2, [0x66, 0x62, 0x33]],
    ["bounds of 32 bits", 4, [0x62, 0x33]],
    ["eight bytes of CMPXCHG8B", 8, [0x0f, 0xc7, 0x0b]],
    ["string source and destination", 4, [0xa5]],
    ["string destination", 2, [0x66, 0xab]],
    ["bytes of MASKMOVQ", 8, [0x0f, 0xf7, 0xc1]],
  ];
  let guest: SystemGuest;
  beforeAll(() => {
    guest = checked();
  });

  it.each(operands)("%s: to %i", (_name, alignment, code) => {
    const refused: number[] = [];
    for (let offset = 0; offset < 16; offset++) {
      for (const register of [EBX, ESI, EDI]) guest.set(register, DATA + offset);
      guest.set(ESP, STACK3);
      guest.exec(...fninit);
      guest.cpu.eip = CODE;
      // Other exceptions are of no interest: what lies there means nothing.
      const raised = guest.exec(...code);
      if (raised?.vector === 17) refused.push(offset);
      if (raised?.vector === 17) expect(raised.error).toBe(0);
    }
    expect(refused).toEqual(Array.from({ length: 16 }, (_, i) => i).filter((offset) => offset % alignment !== 0));
  });

  it.each([
    ["PUSH", 4, [0x50]],
    ["PUSH of 16 bits", 2, [0x66, 0x50]],
    ["POP", 4, [0x58]],
    ["CALL", 4, [0xe8, 0, 0, 0, 0]],
    ["far CALL", 4, [0x9a, 0, 0, 1, 0, CODE3, 0]],
    ["RET", 4, [0xc3]],
    ["PUSHA", 4, [0x60]],
    ["POPA", 4, [0x61]],
    ["ENTER", 4, [0xc8, 0, 0, 0]],
    ["PUSHF", 4, [0x9c]],
    ["PUSH of a segment register, which stores 16 bits", 2, [0x1e]],
    ["POP of a segment register", 2, [0x1f]],
  ])("stack of %s: to %i", (_name, alignment, code) => {
    const refused = [0, 1, 2, 3].filter((offset) => {
      guest.set(ESP, STACK3 - 0x100 + offset);
      guest.state.set(EFLAGS, guest.state.get(EFLAGS) | AC);
      guest.cpu.eip = CODE;
      return guest.exec(...(code as number[]))?.vector === 17;
    });
    expect(refused).toEqual([0, 1, 2, 3].filter((offset) => offset % (alignment as number) !== 0));
  });

  it("where ENTER leaves ESP, too", () => {
    const user = checked();
    expect(user.exec(0xc8, 1, 0, 0)).toEqual({ vector: 17, error: 0 });
  });

  it("but MOVUPS takes any address, and MOVAPS is #GP", () => {
    const user = checked();
    expect(user.exec(0x0f, 0x10, 0x03)).toBeUndefined();
    expect(user.exec(0x0f, 0x28, 0x03)).toEqual({ vector: 13, error: 0 });
  });
});

describe("nothing is checked", () => {
  it("without AC", () => {
    expect(
      withAlignmentMask()
        .toUser()
        .exec(...load),
    ).toBeUndefined();
  });

  it("without AM", () => {
    const guest = new SystemGuest().protectedMode();
    loadData(guest);
    guest.toUser(USER_FLAGS | AC);
    guest.set(EBX, misaligned);
    expect(guest.exec(...load)).toBeUndefined();
  });

  it("below CPL 3", () => {
    const guest = withAlignmentMask();
    guest.cpu.setFlags(AC, AC);
    expect(guest.exec(...load)).toBeUndefined();
  });

  it("of the processor's own accesses: descriptors, TSS and inner stack", () => {
    const guest = checked();
    for (let i = 0x7f; i >= 0; i--) guest.put(GDT + i + 1, guest.get(GDT + i, 1), 1);
    guest.state.set(GDTR_BASE, GDT + 1);
    guest.put(TSS + 4, STACK0 + 1);
    guest.set(EAX, DATA3);
    expect(guest.exec(0x8e, 0xd8)).toBeUndefined(); // mov ds, ax
    guest.gate(0x40, Access.interrupt32 | 0x60);
    expect(guest.exec(0xcd, 0x40)).toBeUndefined();
    expect([guest.cpu.cpl, guest.reg(ESP)]).toEqual([0, STACK0 + 1 - 20]);
  });
});

describe("checking is on", () => {
  it("in virtual-8086 mode", () => {
    const guest = withAlignmentMask().toVirtual8086(0x2_0202 | AC);
    guest.set(EBX, 1);
    expect(guest.exec(0x8b, 0x07)).toEqual({ vector: 17, error: 0 }); // mov ax, [bx]
  });

  it("for the instruction after POPF that sets AC", () => {
    const guest = withAlignmentMask().toUser();
    guest.set(EBX, DATA);
    guest.push(USER_FLAGS | AC);
    guest.runToHandler(...load, 0xff, 0xc3, ...load, popf, ...load); // inc ebx between two loads
    expect([guest.isAtHandler(17), guest.stack(0), guest.stack(1)]).toEqual([true, 0, CODE + 7]);
  });

  it("until POPF that clears AC", () => {
    const guest = checked();
    guest.push(USER_FLAGS);
    guest.runToHandler(popf, ...load, 0x0f, 0x0b);
    expect([guest.isAtHandler(6), guest.stack(0)]).toEqual([true, CODE + 3]);
  });

  it("again after the kernel's return to CPL 3, not while it runs", () => {
    const guest = checked();
    guest.gate(0x40, Access.interrupt32 | 0x60);
    guest.runToHandler(0xcd, 0x40, ...load);
    guest.goOn(...load, 0xcf);
    expect([guest.isAtHandler(17), guest.stack(1)]).toEqual([true, CODE + 2]);
  });
});

describe("#AC among other exceptions", () => {
  it("comes before the page fault of the same access", () => {
    const guest = withAlignmentMask();
    // One page directory that maps the first 4 MiB, without U/S for the page of DATA.
    for (let page = 0; page < 256; page++) guest.put(0x5_1000 + 4 * page, (page << 12) | (page === DATA >> 12 ? 3 : 7));
    guest.put(0x5_0000, 0x5_1007);
    guest.set(EAX, 0x5_0000);
    guest.exec(0x0f, 0x22, 0xd8);
    guest.set(EAX, (guest.state.get(CR0) | 0x8000_0000) >>> 0);
    guest.exec(0x0f, 0x22, 0xc0);
    guest.toUser(USER_FLAGS | AC);
    expect(guest.exec(...load)?.vector).toBe(17);
    guest.set(EBX, DATA);
    expect(guest.exec(...load)?.vector).toBe(14);
  });

  it("has EXT in its error code when an interrupt finds its stack so", () => {
    const guest = checked();
    guest.gate(0x20, Access.interrupt32, CODE3);
    guest.set(ESP, STACK3 + 2);
    guest.cpu.setInterruptLine(true);
    guest.runToHandler(NOP);
    expect([guest.isAtHandler(17), guest.stack(0)]).toEqual([true, 1]);
  });

  it("leaves nothing half done", () => {
    const guest = checked();
    guest.set(ESI, DATA);
    guest.set(EDI, misaligned);
    guest.runToHandler(0xa5);
    expect([guest.isAtHandler(17), guest.reg(ESI), guest.reg(EDI), guest.get(misaligned)]).toEqual([true, DATA, misaligned, 0]);
  });
});
