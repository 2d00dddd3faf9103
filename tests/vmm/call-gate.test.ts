import { describe, expect, it } from "vitest";
import { CS, IDTR_LIMIT, LDTR, Seg, SS, TR } from "../../src/vmm/cpu/layout.js";
import { Access, absent, BIG, CODE, CODE0, DATA0, EAX, FREE, GDT, LDT, level, STACK0, STACK3, SystemGuest, TSS } from "./system-guest.js";

const shared = new SystemGuest();

/** Transfers through call gates (SDM vol. 2, CALL and JMP; vol. 3, 5.8.3 to 5.8.6). */
const GATE = FREE;
const TARGET = FREE + 8;
const INNER = FREE + 16;
const ENTRY = 0x5678;
const call = (selector: number) => [0x9a, 0, 0, 0, 0, selector & 0xff, selector >> 8];
const jmp = (selector: number) => [0xea, 0, 0, 0, 0, selector & 0xff, selector >> 8];

interface Setup {
  cpl?: number;
  gate?: number;
  target?: number;
  parameters?: number;
  limit?: number;
}
/** At `cpl`, a gate to TARGET, and a stack for each inner level n at STACK0 + n * 1000h. */
function withGate({
  cpl = 3,
  gate = Access.callGate32 | level(3),
  target = Access.code,
  parameters = 0,
  limit = 0xfffff,
}: Setup): SystemGuest {
  const guest = shared.reused().protectedMode();
  guest.gateAt(GDT + GATE, TARGET, ENTRY, gate, parameters);
  guest.descriptor(TARGET, 0, limit, target, limit === 0xfffff ? BIG : 4);
  for (let n = 0; n < 3; n++) {
    guest.descriptor(INNER + 8 * n, 0, 0xfffff, Access.data | level(n), BIG);
    guest.put(TSS + 4 + 8 * n, STACK0 + 0x1000 * n);
    guest.put(TSS + 8 + 8 * n, (INNER + 8 * n) | n);
  }
  return cpl === 0 ? guest : guest.toLevel(cpl);
}

describe("which level a gate leads to", () => {
  const SAME = "same";
  /** [CPL, gate's DPL, code segment, its DPL, CALL, JMP]: the new CPL, or the vector of a refusal. */
  it.each([
    [3, 3, Access.code, 0, 0, "GP"],
    [3, 3, Access.code, 1, 1, "GP"],
    [3, 3, Access.code, 2, 2, "GP"],
    [3, 3, Access.code, 3, SAME, SAME],
    [2, 3, Access.code, 1, 1, "GP"],
    [2, 3, Access.code, 2, SAME, SAME],
    [2, 3, Access.code, 3, "GP", "GP"],
    [0, 0, Access.code, 0, SAME, SAME],
    [0, 0, Access.code, 1, "GP", "GP"],
    [3, 3, Access.conforming, 0, SAME, SAME],
    [3, 3, Access.conforming, 3, SAME, SAME],
    [1, 3, Access.conforming, 2, "GP", "GP"],
    [3, 2, Access.code, 0, "gate", "gate"],
    [1, 1, Access.code, 1, SAME, SAME],
    [1, 0, Access.code, 1, "gate", "gate"],
  ])("CPL %i, gate of DPL %i, code %i of DPL %i", (cpl, gateDpl, code, dpl, onCall, onJump) => {
    for (const [transfer, outcome] of [
      [call, onCall],
      [jmp, onJump],
    ] as const) {
      const guest = withGate({ cpl, gate: Access.callGate32 | level(gateDpl), target: code | level(dpl) });
      const raised = guest.exec(...transfer(GATE));
      if (outcome === "GP") expect(raised).toEqual({ vector: 13, error: TARGET });
      else if (outcome === "gate") expect(raised).toEqual({ vector: 13, error: GATE });
      else {
        expect(raised).toBeUndefined();
        const now = outcome === SAME ? cpl : Number(outcome);
        expect([guest.cpu.cpl, guest.selector(CS), guest.eip]).toEqual([now, TARGET | now, ENTRY]);
        if (outcome !== SAME) expect([guest.selector(SS), guest.reg(4)]).toEqual([(INNER + 8 * now) | now, STACK0 + 0x1000 * now - 16]);
      }
    }
  });

  it("RPL of the gate's selector counts against the gate's DPL", () => {
    const guest = withGate({ cpl: 0, gate: Access.callGate32 });
    expect(guest.exec(...call(GATE | 1))).toEqual({ vector: 13, error: GATE });
    expect(guest.exec(...call(GATE))).toBeUndefined();
  });

  it("RPL of the selector in the gate doesn't count", () => {
    const guest = withGate({ cpl: 0, gate: Access.callGate32 });
    guest.gateAt(GDT + GATE, TARGET | 3, ENTRY, Access.callGate32);
    expect(guest.exec(...call(GATE))).toBeUndefined();
    expect(guest.selector(CS)).toBe(TARGET);
  });
});

describe("refusals, the first that applies", () => {
  it("a target of the wrong level that is not present is #GP, not #NP", () => {
    const setup = { target: absent(Access.code) };
    expect(withGate(setup).exec(...jmp(GATE))).toEqual({ vector: 13, error: TARGET });
    expect(withGate(setup).exec(...call(GATE))).toEqual({ vector: 11, error: TARGET });
  });

  it("a gate of the wrong level that is not present is #GP, not #NP", () => {
    const guest = withGate({ gate: absent(Access.callGate32 | level(2)) });
    expect(guest.exec(...call(GATE))).toEqual({ vector: 13, error: GATE });
  });

  it("an entry point beyond the limit is #GP(0), after the stack was found good", () => {
    const guest = withGate({ limit: ENTRY - 1 });
    expect(guest.exec(...call(GATE))).toEqual({ vector: 13, error: 0 });
    guest.put(TSS + 4, 0);
    guest.descriptor(INNER, 0, 0xffff, Access.data, 4);
    expect(guest.exec(...call(GATE))).toEqual({ vector: 12, error: INNER });
    expect([guest.cpu.cpl, guest.reg(4)]).toEqual([3, STACK3]);
  });

  it.each([
    ["a busy TSS", 0x8b],
    ["an LDT", Access.ldt],
    ["an interrupt gate", Access.interrupt32],
    ["a trap gate", Access.trap16],
    ["type 0", 0x80],
    ["type 8", 0x88],
    ["type 10", 0x8a],
    ["type 13", 0x8d],
  ])("%s can't be called or jumped to", (_, access) => {
    for (const transfer of [call, jmp])
      expect(withGate({ gate: access | level(3) }).exec(...transfer(GATE))).toEqual({ vector: 13, error: GATE });
  });

  it("a TSS in the LDT can't be called, even where it is present", () => {
    const guest = withGate({ cpl: 0 });
    guest.descriptor(8, 0x5000, 0x67, Access.tss32, 0, LDT);
    expect(guest.exec(...call(0x0c))).toEqual({ vector: 13, error: 0x0c });
    guest.descriptor(8, 0x5000, 0x67, absent(Access.tss32), 0, LDT);
    expect(guest.exec(...jmp(0x0c))).toEqual({ vector: 13, error: 0x0c });
  });

  it("a selector of an LDT that isn't there is #GP(selector)", () => {
    const guest = withGate({ cpl: 0 });
    guest.state.setSegment(LDTR, Seg.access, 0);
    expect(guest.exec(...call(0x0c))).toEqual({ vector: 13, error: 0x0c });
    expect(guest.state.get(IDTR_LIMIT)).toBe(0x7ff);
  });
});

describe("the inner stack", () => {
  it.each([
    ["null", 0, Access.data, 10, 0],
    ["beyond the GDT", 0x1000, Access.data, 10, 0x1000],
    ["of another RPL", INNER | 1, Access.data, 10, INNER],
    ["of another DPL", INNER, Access.data | level(1), 10, INNER],
    ["read-only", INNER, Access.readOnly, 10, INNER],
    ["code", INNER, Access.code, 10, INNER],
    ["a system segment", INNER, Access.ldt, 10, INNER],
    ["not present", INNER, absent(Access.data), 12, INNER],
  ])("that is %s is refused", (_, selector, access, vector, error) => {
    const guest = withGate({});
    guest.descriptor(INNER, 0, 0xfffff, access, BIG);
    guest.put(TSS + 8, selector);
    expect(guest.exec(...call(GATE))).toEqual({ vector, error });
    expect([guest.cpu.cpl, guest.eip, guest.reg(4)]).toEqual([3, CODE, STACK3]);
  });

  it("that the TSS is too short for is #TS(TSS): its last byte counts", () => {
    const guest = withGate({ target: Access.code | level(2) });
    guest.state.setSegment(TR, Seg.limit, 0x14 + 5);
    expect(guest.exec(...call(GATE))).toBeUndefined();
    const short = withGate({ target: Access.code | level(2) });
    short.state.setSegment(TR, Seg.limit, 0x14 + 4);
    expect(short.exec(...call(GATE))).toEqual({ vector: 10, error: short.selector(TR) });
  });

  it("is taken from a 16-bit TSS by its layout", () => {
    const guest = withGate({ target: Access.code | level(1) });
    guest.state.setSegment(TR, Seg.access, 0x1_0083);
    guest.put(TSS + 6, 0x8000, 2);
    guest.put(TSS + 8, (INNER + 8) | 1, 2);
    expect(guest.exec(...call(GATE))).toBeUndefined();
    expect([guest.cpu.cpl, guest.selector(SS), guest.reg(4)]).toEqual([1, (INNER + 8) | 1, 0x8000 - 16]);
  });

  it("gets up to 31 parameters, read from the outer stack with the outer rights", () => {
    const guest = withGate({ parameters: 31 });
    const words = Array.from({ length: 31 }, (_, i) => 0x1000 + i);
    guest.push(...words);
    expect(guest.exec(...call(GATE))).toBeUndefined();
    expect(Array.from({ length: 31 }, (_, i) => guest.stack(2 + i))).toEqual(words.reverse());
    expect(guest.reg(4)).toBe(STACK0 - 4 * 35);
  });

  it("takes parameters from the outer stack only within its limit: #SS(0)", () => {
    const guest = withGate({ parameters: 2 });
    guest.descriptor(INNER + 24, 0, STACK3 - 1, Access.data | level(3), 4);
    guest.set(EAX, INNER + 27);
    guest.exec(0x8e, 0xd0); // mov ss, ax
    guest.set(4, STACK3 - 4);
    expect(guest.exec(...call(GATE))).toEqual({ vector: 12, error: 0 });
  });

  it("leaves the upper half of ESP alone where it is a 16-bit one", () => {
    const guest = withGate({});
    guest.descriptor(INNER, 0, 0xffff, Access.data);
    guest.put(TSS + 4, 0xabcd_8000);
    guest.exec(...call(GATE));
    expect(guest.reg(4)).toBe((STACK3 & 0xffff_0000) | (0x8000 - 16));
  });

  it("is not used by a transfer on the same level", () => {
    const guest = withGate({ cpl: 0, gate: Access.callGate32, parameters: 3 });
    guest.put(TSS + 8, 0);
    expect(guest.exec(...call(GATE))).toBeUndefined();
    expect([guest.reg(4), guest.selector(SS)]).toEqual([STACK0 - 8, DATA0]);
    expect([guest.stack(0), guest.stack(1)]).toEqual([CODE + 7, CODE0]);
  });
});
