import { describe, expect, it } from "vitest";
import * as at from "../../src/vmm/cpu/layout.js";
import { Random } from "../isa/random.js";
import { CODE, DATA, EAX, ECX, EDI, ESI, SystemGuest } from "./system-guest.js";

const PAGE = 4096;
const REP = 0xf3;
const REPNE = 0xf2;
const MOVS = 0xa4;
const CMPS = 0xa6;
const STOS = 0xaa;
const LODS = 0xac;
const SCAS = 0xae;
const HLT = 0xf4;
const DF = 0x400;
const CF = 1;
/** Of DATA on, what the cases work in. */
const ARENA = 5 * PAGE;
const AMPLE = 1 << 20;

interface Case {
  code: number[];
  count: number;
  source?: number;
  destination?: number;
  eax?: number;
  eflags?: number;
  memory?: (byte: number) => number;
}

/** A guest that stands at the case's instruction, with HLT behind it. */
function guestOf(of: Case, guest = new SystemGuest()): SystemGuest {
  guest.reused().protectedMode();
  for (let i = 0; i < ARENA; i++) guest.put(DATA + i, of.memory?.(i) ?? i * 7 + (i >> 8), 1);
  guest.bytes(CODE, [...of.code, HLT]);
  guest.cpu.eip = CODE;
  guest.cpu.setFlags(of.eflags ?? CF, DF | CF);
  guest.set(ECX, of.count);
  guest.set(ESI, DATA + (of.source ?? 0));
  guest.set(EDI, DATA + (of.destination ?? 2 * PAGE));
  guest.set(EAX, of.eax ?? 0x1234_5678);
  return guest;
}

function stateOf(guest: SystemGuest) {
  const { interpreter, cpu } = guest;
  return {
    registers: [EAX, ECX, ESI, EDI].map((n) => guest.reg(n).toString(16)),
    eip: guest.eip - CODE,
    flags: cpu.flags,
    retired: interpreter.retired,
    memory: Buffer.from(guest.state.u8.slice(at.RAM_BASE + DATA, at.RAM_BASE + DATA + ARENA)).toString("latin1"),
  };
}

/** By the blocks of decoded code, in which iterations are done many at a time; and one by one. */
const [atOnce, oneByOne] = [new SystemGuest(), new SystemGuest()];

function runAtOnce(of: Case, budget = AMPLE) {
  const guest = guestOf(of, atOnce);
  guest.interpreter.budget.retired = 0;
  guest.interpreter.run(budget);
  return stateOf(guest);
}

/** Until the instruction has ended, or a fault has led elsewhere, or so many have retired. HLT is one more. */
function runOneByOne(of: Case, budget = AMPLE) {
  const guest = guestOf(of, oneByOne);
  const { interpreter } = guest;
  interpreter.budget.retired = 0;
  while (!guest.cpu.halted && interpreter.retired < budget) {
    guest.cpu.endResume();
    interpreter.step();
  }
  return stateOf(guest);
}

const prefix = (size: number) => (size === 2 ? [0x66] : []);
const opcode = (of: number, size: number) => (size === 1 ? of : of + 1);
const code = (repeat: number, of: number, size: number) => [...prefix(size), repeat, opcode(of, size)];
const sizes = [1, 2, 4] as const;

describe("a repeated string instruction does what its iterations do", () => {
  const repeated = [
    ["rep movs", REP, MOVS],
    ["rep stos", REP, STOS],
    ["rep lods", REP, LODS],
    ["repe cmps", REP, CMPS],
    ["repne cmps", REPNE, CMPS],
    ["repe scas", REP, SCAS],
    ["repne scas", REPNE, SCAS],
  ] as const;
  const each = repeated.flatMap(([name, repeat, of]) => sizes.map((size) => [name, size, code(repeat, of, size)] as const));

  it.each(each)("%s, elements of %i bytes: wherever the operands lie, however many there are", (name, size, bytes) => {
    const random = new Random(size * 1000 + name.length);
    for (let i = 0; i < 60; i++) {
      const even = random.oneIn(2) ? 0 : random.below(256);
      const odd = random.pick([0, ARENA - 1, random.below(ARENA)]);
      const of = {
        code: bytes,
        count: random.pick([0, 1, 2, 3, 31, 33, random.below(100), random.below(PAGE)]),
        source: PAGE + random.pick([0, 1, PAGE - 1, PAGE - size, random.below(PAGE)]),
        destination: PAGE + random.pick([0, PAGE - 3, random.below(2 * PAGE)]),
        eax: random.oneIn(2) ? even * 0x0101_0101 : random.word(),
        eflags: random.oneIn(4) ? DF : CF,
        memory: random.oneIn(3) ? undefined : (byte: number) => (byte === odd ? even ^ 1 : even),
      };
      // Downwards, from the top.
      if (of.eflags === DF) of.count = Math.min(of.count, 1000);
      expect(runAtOnce(of)).toEqual(runOneByOne(of));
    }
  });

  it.each(sizes)("rep movs whose destination lies little behind its source: the beginning is repeated (%i bytes)", (size) => {
    for (const distance of [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 100, 500]) {
      const of = { code: code(REP, MOVS, size), count: 600 / size, source: 100, destination: 100 + distance };
      expect(runAtOnce(of)).toEqual(runOneByOne(of));
    }
  });

  it.each(sizes)("rep movs whose source and destination hardly overlap (%i bytes)", (size) => {
    for (let distance = 40 * size - 9; distance <= 40 * size + 9; distance++) {
      const of = { code: code(REP, MOVS, size), count: 41, source: 100, destination: 100 + distance };
      expect(runAtOnce(of)).toEqual(runOneByOne(of));
    }
  });

  it.each(sizes)("rep movs whose destination lies little before its source (%i bytes)", (size) => {
    for (const distance of [0, 1, 2, 3, 4, 5, 7, 8, 16, 31, 100]) {
      const of = { code: code(REP, MOVS, size), count: 600 / size, source: 700, destination: 700 - distance };
      expect(runAtOnce(of)).toEqual(runOneByOne(of));
    }
  });

  it("rep movsb between two linear addresses of one page: what was stored there is loaded here", () => {
    const mirrored = (guest: SystemGuest) => {
      const directory = 0x8_0000;
      const table = directory + PAGE;
      guest.put(directory, table | 3);
      for (let page = 0; page < 256; page++) guest.put(table + 4 * page, (page * PAGE) | 3);
      guest.put(table + 4 * 0xf0, DATA | 3);
      guest.state.set(at.CR3, directory);
      guest.state.set(at.CR0, (guest.state.get(at.CR0) | 0x8000_0000) >>> 0);
      guest.cpu.restored();
      guest.set(EDI, 0xf_0003);
      return guest;
    };
    const of = { code: code(REP, MOVS, 1), count: 1000 };
    const first = mirrored(guestOf(of, atOnce));
    first.interpreter.run(AMPLE);
    const bytes = Array.from({ length: 9 }, (_, i) => first.get(DATA + i, 1));
    expect(bytes).toEqual([0, 7, 14, 0, 7, 14, 0, 7, 14]);
    expect(first.reg(EDI)).toBe(0xf_0003 + 1000);
  });

  it("none of it touches memory for a count of 0", () => {
    for (const [, , bytes] of each) {
      const of = { code: bytes, count: 0, source: 0x7fff_0000, destination: 0x7fff_0000 };
      expect(runAtOnce(of)).toEqual(runOneByOne(of));
    }
  });
});

describe("each iteration retires, and uses budget", () => {
  it.each([
    ["rep movsd", code(REP, MOVS, 4)],
    ["rep stosb", code(REP, STOS, 1)],
    ["repne scasb", code(REPNE, SCAS, 1)],
  ])("%s stops where the budget ends, between two iterations", (_name, bytes) => {
    for (const budget of [1, 2, 3, 50, 51, 98, 99]) {
      const of = { code: bytes, count: 100, eax: 0xee, memory: () => 3 };
      const state = runAtOnce(of, budget);
      expect(state).toEqual(runOneByOne(of, budget));
      expect(state.retired).toBe(budget);
    }
  });

  it("behind other instructions of its run, with what they have left", () => {
    const nops = [0x90, 0x90, 0x90];
    const of = { code: [...nops, ...code(REP, STOS, 4)], count: 100 };
    const state = runAtOnce(of, 13);
    expect(state).toEqual(runOneByOne(of, 13));
    expect(state.retired).toBe(13);
  });
});

describe("what has to be looked at is looked at", () => {
  const handler = 14;
  /** Pages of the arena by number, the rest of the first megabyte as it is; `missing` isn't there. */
  function paged(of: Case, missing: number): SystemGuest {
    const guest = guestOf(of, new SystemGuest());
    const directory = 0x8_0000;
    const table = directory + PAGE;
    guest.put(directory, table | 3);
    for (let page = 0; page < 256; page++) guest.put(table + 4 * page, page * PAGE === DATA + missing ? 0 : (page * PAGE) | 3);
    guest.state.set(at.CR3, directory);
    guest.state.set(at.CR0, (guest.state.get(at.CR0) | 0x8000_0000) >>> 0);
    guest.cpu.restored();
    return guest;
  }

  it.each([
    ["the source's", 3 * PAGE - 12, PAGE, 3 * PAGE],
    ["the destination's", PAGE, 3 * PAGE - 12, 3 * PAGE],
  ])("a fault in %s second page leaves ECX, ESI and EDI at the iteration that faulted", (_whose, source, destination, missing) => {
    const guest = paged({ code: code(REP, MOVS, 4), count: 50, source, destination }, missing);
    const before = guest.interpreter.retired;
    guest.runToHandler(...code(REP, MOVS, 4), HLT);
    expect(guest.isAtHandler(handler)).toBe(true);
    expect([guest.reg(ECX), guest.reg(ESI), guest.reg(EDI)]).toEqual([47, DATA + source + 12, DATA + destination + 12]);
    expect(guest.state.get(at.CR2)).toBe(DATA + missing);
    // The HLT of the handler is one more.
    expect(guest.interpreter.retired - before).toBe(3 + 1);
  });

  it("an element that straddles the pages is stored in both", () => {
    const of = { code: code(REP, STOS, 4), count: 1000, destination: PAGE - 402, eax: 0x4433_2211 };
    expect(runAtOnce(of)).toEqual(runOneByOne(of));
  });

  it("code that is overwritten, behind the very instruction that does it", () => {
    const guest = new SystemGuest().protectedMode();
    const after = CODE + 2;
    guest.bytes(CODE, [REP, 0xaa, HLT]);
    guest.interpreter.cache.find(CODE, { code32: true, flat: true, user: false, direct: false });
    guest.cpu.eip = CODE;
    guest.set(EAX, 0x40); // inc eax
    guest.set(ECX, 64);
    guest.set(EDI, after);
    guest.put(after + 64, HLT, 1);
    guest.interpreter.run(AMPLE);
    expect(guest.reg(EAX)).toBe(0x40 + 64);
  });

  it("a device, element by element and in their order", () => {
    const guest = guestOf({ code: code(REP, STOS, 4), count: 3, eax: 0xabcd }, new SystemGuest());
    const stores: string[] = [];
    const base = 0xfee0_0000;
    guest.mmu.memory.addRegion({
      base,
      size: PAGE,
      read: () => 0,
      write: (offset, size, value) => stores.push(`${offset}/${size}=${value.toString(16)}`),
    });
    guest.set(EDI, base + 8);
    guest.interpreter.run(AMPLE);
    expect(stores).toEqual(["8/4=abcd", "12/4=abcd", "16/4=abcd"]);
  });

  it("a data breakpoint in the middle: the iteration that meets it is the last one before the trap", () => {
    const guest = guestOf({ code: code(REP, MOVS, 1), count: 300 }, new SystemGuest());
    guest.state.set(at.DR, DATA + 2 * PAGE + 100);
    guest.state.set(at.DR + 56, 0x1_0402); // DR0: one byte, written
    guest.mmu.breakpointsChanged();
    guest.cpu.updateEvents();
    guest.runToHandler(...code(REP, MOVS, 1), HLT);
    expect([guest.isAtHandler(1), guest.reg(ECX)]).toEqual([true, 199]);
  });

  it("misaligned elements where alignment is checked", () => {
    const AC = 0x4_0000;
    const guest = new SystemGuest().protectedMode().toLevel(3, 0x202 | AC);
    guest.state.set(at.CR0, guest.state.get(at.CR0) | 0x4_0000);
    guest.cpu.restored();
    guest.set(ECX, 10);
    guest.set(EDI, DATA + 2);
    guest.runToHandler(...code(REP, STOS, 4), HLT);
    expect([guest.isAtHandler(17), guest.reg(ECX)]).toEqual([true, 10]);
  });

  it("16-bit addresses wrap", () => {
    const guest = guestOf({ code: [], count: 4, eax: 0x77 }, new SystemGuest());
    guest.set(EDI, 0x5_fffe);
    guest.runToHandler(0x67, REP, 0xaa, HLT);
    expect([guest.get(0xfffe, 2), guest.get(0, 2), guest.reg(EDI)]).toEqual([0x7777, 0x7777, 0x5_0002]);
  });
});
