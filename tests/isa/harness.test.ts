import { existsSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { beyond } from "./beyond-the-host.js";
import type { Case, IsaEngine, Result } from "./case.js";
import { directedCases } from "./cases/directed.js";
import { differences, flagMask, unjudged } from "./compare.js";
import { fxAt } from "./generate/fx.js";
import { CaseSource } from "./generate/source.js";
import { InterpreterEngine } from "./interpreter/engine.js";
import { CODE, LOW, PAGE } from "./layout.js";
import { judge, minimize } from "./minimize.js";
import { Random } from "./random.js";
import { compareBatch, newTally } from "./runner.js";
import { RF, undefinedAfter } from "./undefined-flags.js";

vi.setConfig({ testTimeout: 60_000 });

const CF = 0x001;
const AF = 0x010;
const OF = 0x800;
/** x87 status: underflow. */
const UE = 0x10;

const right = new InterpreterEngine();

/** Goes wrong in one instruction only: CF comes out the other way after ADC to a register. */
const wrong: IsaEngine = {
  name: "wrong",
  lacks: {},
  run: (cases) => right.run(cases).map((result, i) => (endsWithAdc(cases[i], result) ? { ...result, eflags: result.eflags ^ CF } : result)),
  close: () => {},
};

function endsWithAdc(c: Case, result: Result): boolean {
  return result.ending === "done" && c.instructions.at(-1)?.form.mnemonic === "adc";
}

function sample(family: string, count: number): Case[] {
  const source = new CaseSource(family, new Random(7), true);
  return Array.from({ length: count }, () => source.next());
}

describe("the instruction harness", () => {
  it("finds an engine that sets a flag wrongly, and shows the instruction alone", () => {
    const tally = newTally();
    compareBatch(sample("alu", 3000), right, wrong, tally);
    expect(tally.mismatchCount).toBeGreaterThan(10);
    const long = tally.mismatches.find(({ case: c }) => c.instructions.length > 1);
    const again = long === undefined ? undefined : judge(long.case, right, wrong);
    expect(again).toBeDefined();
    if (again === undefined) return;
    const small = minimize(again, right, wrong);
    expect(small.case.instructions.map(({ form }) => form.mnemonic)).toEqual(["adc"]);
    expect(small.differences.map(({ field }) => field)).toEqual(["eflags"]);
  });

  it("finds nothing where there is nothing", () => {
    const tally = newTally();
    compareBatch(sample("mixed", 500), right, right, tally);
    expect(tally.mismatchCount).toBe(0);
  });

  it.each<[string, (result: Result) => Result]>([
    ["a register", (r) => ({ ...r, gpr: r.gpr.map((value, i) => (i === 2 ? value ^ 1 : value)) })],
    ["memory", (r) => ({ ...r, writes: Uint32Array.of(0x2468e000, 1) })],
    ["the address of a fault", (r) => ({ ...r, cr2: r.cr2 + 4 })],
    ["an error code", (r) => ({ ...r, errorCode: r.errorCode ^ 2 })],
    ["a segment", (r) => ({ ...r, segments: r.segments.map((value, i) => (i === 3 ? value ^ 8 : value)) })],
    ["an x87 register", (r) => ({ ...r, fx: r.fx.map((value, i) => (i === 40 ? value ^ 1 : value)) })],
    ["a vector register", (r) => ({ ...r, fx: r.fx.map((value, i) => (i === 287 ? value ^ 1 : value)) })],
    ["MXCSR", (r) => ({ ...r, fx: r.fx.map((value, i) => (i === 24 ? value ^ 1 : value)) })],
  ])("sees a difference in %s", (_, spoil) => {
    const c = directedCases.find(({ name }) => name === "pop to a missing page leaves ESP");
    if (c === undefined) throw new Error("the case is gone");
    const [result] = right.run([c]);
    expect(differences(c, result, result)).toEqual([]);
    expect(differences(c, result, spoil(result))).toHaveLength(1);
  });

  it("masks what is undefined for the count at hand, and no more", () => {
    expect(undefinedAfter("shl", 0, 4)).toBe(0);
    expect(undefinedAfter("shl", 32, 4)).toBe(0);
    expect(undefinedAfter("shl", 1, 4)).toBe(AF);
    expect(undefinedAfter("shl", 2, 4)).toBe(AF | OF);
    expect(undefinedAfter("shl", 9, 1)).toBe(AF | OF | CF);
    expect(undefinedAfter("sar", 9, 1)).toBe(AF | OF);
    expect(undefinedAfter("ror", 1, 4)).toBe(0);
    expect(undefinedAfter("add", 1, 4)).toBe(0);
  });

  it("masks RF alone where all flags are defined", () => {
    const c = directedCases.find(({ name }) => name === "add overflows into the sign");
    if (c === undefined) throw new Error("the case is gone");
    expect(flagMask(c, right.run([c])[0])).toBe(RF);
  });

  it("judges #GP where code ends, and not where data ran as code", () => {
    const [c] = sample("control", 1);
    const ended = { ...right.run([c])[0], ending: "fault" as const, vector: 13, errorCode: 0 };
    expect(unjudged(c, { ...ended, eip: CODE + PAGE })).toBeUndefined();
    expect(unjudged(c, { ...ended, eip: 0xffff_fffe })).toBeUndefined();
    expect(unjudged(c, { ...ended, eip: LOW + 0x730 })).toMatch("ran through data");
  });

  it("lets a transcendental underflow on one side where its neighbours are the least normal number and a denormal", () => {
    const [c] = sample("transcendental", 1);
    const result = right.run([c])[0];
    const ended = (significand: bigint, exponent: number, status: number): Result => {
      const fx = Uint8Array.from(result.fx);
      const view = new DataView(fx.buffer);
      view.setUint16(fxAt.fsw, status, true);
      view.setBigUint64(fxAt.st, significand, true);
      view.setUint16(fxAt.st + 8, exponent, true);
      return { ...result, fx };
    };
    const least = ended(1n << 63n, 1, 0);
    expect(differences(c, least, ended((1n << 63n) - 1n, 0, UE))).toEqual([]);
    expect(differences(c, least, ended(1n << 63n, 1, UE))).toMatchObject([{ field: "fsw" }]);
    expect(differences(c, least, ended((1n << 63n) - 9n, 0, UE))).toMatchObject([{ field: "fsw" }, { field: "st0" }]);
  });

  it("puts memory back: a case gives the same result after any other", () => {
    const cases = [...sample("mixed", 200), ...sample("string", 200), ...sample("self-modifying", 50)];
    const first = right.run(cases);
    const second = right.run([...cases].reverse()).reverse();
    expect(cases.filter((c, i) => unjudged(c, first[i]) === undefined && differences(c, first[i], second[i]).length > 0)).toEqual([]);
  });
});

describe("what the host can't judge", () => {
  it.each(beyond)("$what is tested by a file that is there", ({ testedBy }) => {
    expect(testedBy.filter((file) => !existsSync(new URL(`../${file}`, import.meta.url)))).toEqual([]);
  });
});
