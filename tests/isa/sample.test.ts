import { afterAll, describe, expect, it, vi } from "vitest";
import { departures, directed, directedCases, judgedByHost } from "./cases/directed.js";
import { toCase } from "./cases/directed-case.js";
import { differences } from "./compare.js";
import { DEFAULT_ENGINE, engines } from "./engine.js";
import { forms } from "./generate/families.js";
import { CaseSource, familyNames } from "./generate/source.js";
import { openHostOracle } from "./oracle/host.js";
import { Random } from "./random.js";
import { describe as describeMismatch } from "./report.js";
import { compareBatch, newTally } from "./runner.js";

const SEED = 20031;
const CASES_PER_FAMILY = 400;
/** Nothing here waits; this is for loaded machines. */
const TIMEOUT = 120_000;

const opened = openHostOracle();

const engine = engines[DEFAULT_ENGINE]();
afterAll(() => engine.close());

describe(engine.name, () => {
  it("does in directed cases what was worked out by hand, on any host", () => {
    const judged = directed.filter(({ name }) => engine.lacks[name] === undefined);
    const results = engine.run(judged.map(toCase));
    expect(judged.flatMap((d, i) => departures(d, results[i]))).toEqual([]);
  });
});

/** A bounded sample of `npm run test:isa`, with a fixed seed. */
vi.setConfig({ testTimeout: TIMEOUT });
if ("reason" in opened) {
  describe.skip(`instructions against the host's processor: ${opened.reason}`, () => {
    it("is skipped", () => {});
  });
} else {
  const { host } = opened;
  afterAll(() => host.close());

  describe("the host's processor", () => {
    it("does in directed cases what was worked out by hand", () => {
      const results = host.run(directedCases);
      expect(judgedByHost.flatMap((d, i) => departures(d, results[i]))).toEqual([]);
    });

    it("gives the same results in another order: cases don't touch each other", () => {
      const cases = familyNames.flatMap((family) => {
        const source = new CaseSource(family, new Random(SEED + 1), host.lowPage);
        return Array.from({ length: 50 }, () => source.next());
      });
      const forwards = host.run(cases);
      const backwards = host.run([...cases].reverse()).reverse();
      const differing = cases.filter((c, i) => differences(c, forwards[i], backwards[i]).length > 0);
      expect(differing.map((c) => c.instructions.map(({ form }) => form.title))).toEqual([]);
    });

    it("knows every form that isn't meant to be undefined", () => {
      const INVALID_OPCODE = 6;
      const LOCK = 0xf0;
      const unknown = new Set<string>();
      for (const family of familyNames.filter((name) => name !== "segment" && name in forms)) {
        const source = new CaseSource(family, new Random(SEED + 2), host.lowPage);
        const cases = Array.from({ length: 600 }, () => source.next()).filter(
          ({ instructions }) => instructions.length === 1 && !instructions[0].bytes.includes(LOCK),
        );
        host.run(cases).forEach((result, i) => {
          const { form } = cases[i].instructions[0];
          const isMeant = form.mnemonic === "undefined" || /^ud[012]$/.test(form.mnemonic);
          if (result.ending === "fault" && result.vector === INVALID_OPCODE && !isMeant) unknown.add(form.title);
        });
      }
      expect([...unknown]).toEqual([]);
    });
  });

  describe(`${engine.name} against the host's processor`, () => {
    it("agrees in directed cases", () => {
      const tally = newTally();
      compareBatch(
        directedCases.filter((c) => engine.lacks[c.name ?? ""] === undefined),
        host,
        engine,
        tally,
      );
      expect(tally.mismatches.map((m) => describeMismatch(m.case, m.expected, m.actual, m.differences))).toEqual([]);
    });

    it.each(familyNames.filter((family) => engine.lacks[family] === undefined))("agrees in a sample of family %s", (family) => {
      const source = new CaseSource(family, new Random(SEED), host.lowPage);
      const tally = newTally();
      compareBatch(
        Array.from({ length: CASES_PER_FAMILY }, () => source.next()),
        host,
        engine,
        tally,
      );
      expect(tally.compared).toBeGreaterThan(CASES_PER_FAMILY / 2);
      expect(tally.mismatches.slice(0, 3).map((m) => describeMismatch(m.case, m.expected, m.actual, m.differences))).toEqual([]);
    });
  });
}
