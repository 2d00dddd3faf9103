import { describe, expect, it } from "vitest";
import { CR4, CS, EFLAGS, Seg, SS, STACK_MASK } from "../../src/vmm/cpu/layout.js";
import { AC, ARITHMETIC, DF, ID, IF, IOPL, NT, RF, TF, VIF, VIP, VM } from "../../src/vmm/isa/flags.js";
import { executes } from "./executes.js";
import { ESP, SystemGuest } from "./system-guest.js";

const shared = new SystemGuest();

executes("FA", "FB");

/** Which bits of EFLAGS an instruction takes from its image, by mode, CPL and IOPL (SDM vol. 2, PUSHF, POPF and IRET). */
const VME = 1;
const PVI = 2;

function protectedAt(cpl: number, iopl: number, cr4 = 0): () => SystemGuest {
  return () => {
    const guest = shared.reused().protectedMode();
    guest.state.set(CR4, cr4);
    if (cpl > 0) return guest.toLevel(cpl, (iopl << 12) | 0x202);
    guest.cpu.setFlags(iopl << 12, IOPL);
    return guest;
  };
}
const virtual8086 =
  (iopl: number, cr4 = 0) =>
  () => {
    const guest = shared.reused().protectedMode();
    guest.state.set(CR4, cr4);
    return guest.toVirtual8086(0x2_0202 | (iopl << 12));
  };
const real = () => shared.reused().realMode();

/** What POPF takes wherever it runs. */
const BASIC = ARITHMETIC | DF | NT | TF;
const WIDE = ID | AC;
const VME_VIF = "IF to VIF";

/** `taken`: bits from the image; `popfd` and `iretd`: further ones with a 32-bit operand; undefined: #GP(0). */
const MODES: [string, () => SystemGuest, { taken: number | typeof VME_VIF; popfd?: number; iretd?: number }][] = [
  ["real mode", real, { taken: BASIC | IF | IOPL, popfd: WIDE, iretd: WIDE | RF }],
  ["CPL 0", protectedAt(0, 0), { taken: BASIC | IF | IOPL, popfd: WIDE, iretd: WIDE | RF | VIF | VIP }],
  ["CPL 1, IOPL 0", protectedAt(1, 0), { taken: BASIC, popfd: WIDE, iretd: WIDE | RF }],
  ["CPL 1, IOPL 1", protectedAt(1, 1), { taken: BASIC | IF, popfd: WIDE, iretd: WIDE | RF }],
  ["CPL 3, IOPL 2", protectedAt(3, 2), { taken: BASIC, popfd: WIDE, iretd: WIDE | RF }],
  ["CPL 3, IOPL 3", protectedAt(3, 3), { taken: BASIC | IF, popfd: WIDE, iretd: WIDE | RF }],
  ["CPL 3, IOPL 0, PVI, which changes CLI and STI only", protectedAt(3, 0, PVI), { taken: BASIC, popfd: WIDE, iretd: WIDE | RF }],
  ["virtual-8086 mode, IOPL 3", virtual8086(3), { taken: BASIC | IF, popfd: WIDE, iretd: WIDE | RF }],
  ["virtual-8086 mode, IOPL 3, VME", virtual8086(3, VME), { taken: BASIC | IF, popfd: WIDE, iretd: WIDE | RF }],
  ["virtual-8086 mode, IOPL 0, VME", virtual8086(0, VME), { taken: VME_VIF }],
];

function top(guest: SystemGuest): number {
  return guest.state.segment(SS, Seg.base) + ((guest.reg(ESP) & guest.state.get(STACK_MASK)) >>> 0);
}
const operandPrefix = (guest: SystemGuest, size: number) => {
  const is32 = (guest.state.segment(CS, Seg.access) & 0x4000) !== 0;
  return is32 === (size === 4) ? [] : [0x66];
};
/** EFLAGS after POPF or IRET (to where it is) with an image. */
function load(guest: SystemGuest, code: number, size: number, image: number): number | undefined {
  if (code === 0xcf) {
    guest.put(top(guest), guest.eip + 4, size);
    guest.put(top(guest) + size, guest.selector(CS), size);
    guest.put(top(guest) + 2 * size, image >>> 0, size);
  } else guest.put(top(guest), image >>> 0, size);
  const raised = guest.exec(...operandPrefix(guest, size), code);
  if (!raised) return guest.cpu.flags;
  expect(raised).toEqual({ vector: 13, error: 0 });
  return undefined;
}

// VM is what makes an IRETD at CPL 0 another kind of return; TF is left out of the images, since #GP is its due under VME.
const ONES = ~(VM | TF);

describe.each([
  ["POPF", 0x9d, "popfd"],
  ["IRET", 0xcf, "iretd"],
] as const)("%s", (_, code, wide) => {
  describe.each(MODES)("%s", (__, make, modes) => {
    for (const size of [2, 4])
      for (const [pattern, image] of [
        ["zeros", 0],
        ["ones", ONES],
      ] as const) {
        it(`${8 * size} bits of ${pattern}`, () => {
          const guest = make();
          // VIF without VIP, and every other bit the opposite of the image's; but NT makes IRET a return to a task.
          const nt = code === 0xcf ? 0 : NT;
          guest.cpu.setFlags(image ? 0 : ARITHMETIC | DF | nt | WIDE | VIF, ARITHMETIC | DF | nt | WIDE | VIF);
          const before = guest.cpu.flags;
          const after = load(guest, code, size, image);
          if (modes.taken === VME_VIF) {
            const expected = (before & ~((BASIC & ~TF) | VIF)) | (image & BASIC & ~TF) | (image & IF ? VIF : 0);
            expect(after).toBe(size === 4 ? undefined : expected >>> 0);
            return;
          }
          const taken = modes.taken | (size === 4 ? (modes[wide] ?? 0) : 0);
          expect(after).toBe(((before & ~taken) | (image & taken) | 2) >>> 0);
        });
      }
  });

  it("is #GP(0) in virtual-8086 mode below IOPL 3 without VME", () => {
    for (const size of [2, 4]) expect(load(virtual8086(2)(), code, size, 0)).toBeUndefined();
  });

  it.each([
    ["TF in the image", 0, TF],
    ["IF in the image while VIP is set", VIP, IF],
  ])("under VME below IOPL 3 is #GP(0) for %s, and nothing is changed", (__, flags, image) => {
    const guest = virtual8086(0, VME)();
    guest.cpu.setFlags(flags, VIP);
    const before = [guest.cpu.flags, guest.reg(ESP), guest.eip];
    expect(load(guest, code, 2, image)).toBeUndefined();
    expect([guest.cpu.flags, guest.reg(ESP), guest.eip]).toEqual(before);
  });
});

describe("PUSHF", () => {
  function pushed(guest: SystemGuest, size: number): number | undefined {
    return guest.exec(...operandPrefix(guest, size), 0x9c) ? undefined : guest.get(top(guest), size);
  }

  it.each(MODES.filter(([, , { taken }]) => taken !== VME_VIF))("%s: all of EFLAGS but VM and RF", (_, make) => {
    for (const size of [2, 4]) {
      const guest = make();
      guest.cpu.setFlags(ARITHMETIC | ID | VIF | AC | NT, ARITHMETIC | ID | VIF | AC | NT | RF);
      const shown = guest.cpu.flags & ~(VM | RF);
      expect(pushed(guest, size)).toBe(size === 2 ? shown & 0xffff : shown);
    }
  });

  it.each([
    [0, 0x3002],
    [VIF, 0x3202],
    [IF, 0x3002],
    [IF | VIF, 0x3202],
  ])("under VME below IOPL 3 shows VIF in the place of IF, and IOPL 3 (%i)", (flags, image) => {
    const guest = virtual8086(1, VME)();
    guest.cpu.setFlags(flags, IF | VIF);
    expect(pushed(guest, 2)).toBe(image);
    expect(pushed(guest, 4)).toBeUndefined();
  });
});

describe("CLI and STI", () => {
  const REFUSED = -1;
  /** [mode, EFLAGS bit that stands for IF, or REFUSED]. */
  it.each([
    ["real mode", real, IF],
    ["CPL 0, IOPL 0", protectedAt(0, 0), IF],
    ["CPL 1, IOPL 1", protectedAt(1, 1), IF],
    ["CPL 1, IOPL 0", protectedAt(1, 0), REFUSED],
    ["CPL 1, IOPL 0, PVI, which is for CPL 3", protectedAt(1, 0, PVI), REFUSED],
    ["CPL 3, IOPL 3", protectedAt(3, 3), IF],
    ["CPL 3, IOPL 3, PVI", protectedAt(3, 3, PVI), IF],
    ["CPL 3, IOPL 2", protectedAt(3, 2), REFUSED],
    ["CPL 3, IOPL 2, VME, which is for virtual-8086 mode", protectedAt(3, 2, VME), REFUSED],
    ["CPL 3, IOPL 2, PVI", protectedAt(3, 2, PVI), VIF],
    ["virtual-8086 mode, IOPL 3", virtual8086(3), IF],
    ["virtual-8086 mode, IOPL 3, VME", virtual8086(3, VME), IF],
    ["virtual-8086 mode, IOPL 2", virtual8086(2), REFUSED],
    ["virtual-8086 mode, IOPL 2, PVI, which is for protected mode", virtual8086(2, PVI), REFUSED],
    ["virtual-8086 mode, IOPL 2, VME", virtual8086(2, VME), VIF],
  ])("%s", (_, make, bit) => {
    const guest = make();
    for (const [code, value] of [
      [0xfb, -1],
      [0xfa, 0],
    ]) {
      // NT, the bit above IOPL, must not count.
      guest.cpu.setFlags(~value, IF | VIF | NT);
      const before = guest.state.get(EFLAGS);
      const raised = guest.exec(code);
      expect(raised).toEqual(bit === REFUSED ? { vector: 13, error: 0 } : undefined);
      expect(guest.state.get(EFLAGS)).toBe(bit === REFUSED ? before : ((before & ~bit) | (value & bit)) >>> 0);
    }
  });

  it.each([
    ["PVI", protectedAt(3, 0, PVI)],
    ["VME", virtual8086(0, VME)],
  ])("STI under %s while VIP is set is #GP(0); CLI doesn't mind", (_, make) => {
    const guest = make();
    guest.cpu.setFlags(VIP, VIP | VIF);
    expect(guest.exec(0xfb)).toEqual({ vector: 13, error: 0 });
    expect(guest.state.get(EFLAGS) & VIF).toBe(0);
    expect(guest.exec(0xfa)).toBeUndefined();
  });
});
