import { beforeAll, describe, expect, it } from "vitest";
import { setFlatSegment } from "../../src/vmm/cpu/hidden-part.js";
import * as at from "../../src/vmm/cpu/layout.js";
import { VALID } from "../../src/vmm/mmu/tlb-entry.js";
import { impossibilities } from "./architecture.js";
import { makeCase } from "./fuzz-case.js";
import { Fuzzer } from "./fuzzer.js";
import * as map from "./memory-map.js";
import { newTally } from "./tally.js";

const SEED = 20_261_125;

/** One for all tests: making one takes longer than a hundred cases. */
const fuzzer = new Fuzzer(SEED);

describe("random code in random modes", () => {
  it.each([0, 1])("finds nothing that crashes, hangs, escapes, or depends on how it is executed, in batch %i of a sample", (batch) => {
    const tally = newTally();
    expect(fuzzer.batch(200 * batch, tally)).toEqual([]);
    expect(tally.cases).toBe(200);
    expect(tally.compared).toBeGreaterThan(150);
  });

  it("finds nothing in whole machines with their devices", () => {
    const tally = newTally();
    expect(fuzzer.batch(1000, tally, 50)).toEqual([]);
    expect([...tally.modes.keys()].every((mode) => mode.startsWith("machine"))).toBe(true);
  });
});

describe("the fuzzer would notice", () => {
  beforeAll(() => {
    fuzzer.batch(0, newTally(), 20);
    expect(fuzzer.inspect()).toEqual([]);
  });

  /** Spoils a word of the monitor's memory, looks, and puts it back. */
  function withWord(address: number, value: number): string[] {
    const { state } = fuzzer.blocks;
    const before = state.get(address);
    state.set(address, value);
    const found = fuzzer.inspect();
    state.set(address, before);
    return found;
  }

  it.each([
    ["the word at 0", 0],
    ["the gap behind the general registers", at.STATE_END],
    ["a gap of the layout", at.JUMP_CACHE - 8],
    ["the page behind RAM", at.RAM_BASE + map.RAM_BYTES],
    ["RAM where the hole of the PC is", at.RAM_BASE + map.HOLE.start],
  ])("a store to %s", (_where, address) => {
    expect(withWord(address, 0x1234_5678)).toHaveLength(1);
  });

  it.each([
    ["below RAM", at.TLB, at.RECORDS],
    ["behind RAM", at.TLB, at.RAM_BASE + map.RAM_BYTES],
    ["at no page's start", at.TLB, at.RAM_BASE + 0x10],
  ])("a TLB entry that leads %s", (_where, entry, host) => {
    expect(withWord(entry, host)).toHaveLength(1);
  });

  it("an entry for stores to a page with decoded code", () => {
    const { cache } = fuzzer.blocks.interpreter;
    const page = Array.from({ length: map.RAM_BYTES / map.PAGE }, (_, i) => i).find((i) => cache.holdsCode(i)) ?? 0;
    const linear = 0x8_0000;
    expect(withWord(at.TLB + at.TLB_SIZE + 4 * linear, (at.RAM_BASE + page * map.PAGE - linear * map.PAGE + VALID) | 0)).toHaveLength(1);
  });

  it.each([
    ["jump cache", at.JUMP_CACHE + 4, at.RAM_BASE],
    ["record's handler", at.RECORDS, 0xffff],
    ["record's link", at.RECORDS + 20, at.RAM_BASE],
  ])("a %s that leads astray", (_what, address, value) => {
    expect(withWord(address, value)).not.toEqual([]);
  });

  it("a state that no processor could be in", () => {
    const { cpu, state } = fuzzer.blocks;
    fuzzer.blocks.load(makeCase(SEED, 0));
    expect(impossibilities(cpu)).toEqual([]);
    state.set(at.EFLAGS, 0x8000_0002);
    state.set(at.MXCSR, 0x1_0000);
    setFlatSegment(cpu, at.SS, 0x1_0000, 0x1_c093);
    state.set(at.STACK_MASK, 0xffff);
    expect(impossibilities(cpu).length).toBeGreaterThanOrEqual(4);
  });

  it("what RESET leaves behind", () => {
    const { cpu, state } = fuzzer.blocks;
    const { reset } = cpu;
    cpu.reset = () => {
      reset.call(cpu);
      state.set(at.XMM, 1);
    };
    expect(fuzzer.blocks.load(makeCase(SEED, 0))).toHaveLength(1);
    cpu.reset = reset;
  });

  it("blocks and steps that differ", () => {
    const { cpu } = fuzzer.steps;
    const { afterInstruction } = cpu;
    // Each stepped instruction counts in EBP as well.
    cpu.afterInstruction = () => {
      cpu.state.setReg(5, cpu.state.reg(5) + 1);
      return afterInstruction.call(cpu);
    };
    const failures = fuzzer.batch(0, newTally(), 20);
    cpu.afterInstruction = afterInstruction;
    expect(failures.length).toBeGreaterThan(10);
  });
});
