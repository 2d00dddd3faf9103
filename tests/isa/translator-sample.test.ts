import { afterAll, describe, expect, it } from "vitest";
import { departures, directed } from "./cases/directed.js";
import { toCase } from "./cases/directed-case.js";
import { Coverage } from "./coverage.js";
import { engines } from "./engine.js";
import { CaseSource, familyNames } from "./generate/source.js";
import { openHostOracle } from "./oracle/host.js";
import { Random } from "./random.js";
import { describe as describeMismatch } from "./report.js";
import { compareBatch, newTally } from "./runner.js";

/** A bounded sample of `npm run test:isa -- --engine translator`, with a fixed seed: every head is translated before it first runs. */
const SEED = 40423;
const CASES_PER_FAMILY = 60;
const TIMEOUT = 120_000;

const engine = engines.translator();
afterAll(() => engine.close());

it("does in directed cases what was worked out by hand, on any host", { timeout: TIMEOUT }, () => {
  const results = engine.run(directed.map(toCase));
  expect(directed.flatMap((d, i) => departures(d, results[i]))).toEqual([]);
});

const opened = openHostOracle();
if ("reason" in opened) {
  describe.skip(`translated instructions against the host's processor: ${opened.reason}`, () => {
    it("is skipped", () => {});
  });
} else {
  const { host } = opened;
  afterAll(() => host.close());
  describe("translated instructions do what the host's processor does", () => {
    it.each(familyNames)("%s", { timeout: TIMEOUT }, (family) => {
      const source = new CaseSource(family, new Random(SEED), host.lowPage);
      const tally = newTally();
      compareBatch(
        Array.from({ length: CASES_PER_FAMILY }, () => source.next()),
        host,
        engine,
        tally,
        new Coverage(),
      );
      expect(tally.mismatches.map((m) => describeMismatch(m.case, m.expected, m.actual, m.differences))).toEqual([]);
      expect(tally.compared).toBeGreaterThan(CASES_PER_FAMILY / 2);
    });
  });
}
