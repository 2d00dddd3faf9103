import { describe, expect, it } from "vitest";
import { Coverage, FAULTING, RETIRING } from "./coverage.js";
import { variantsOf } from "./generate/families.js";
import { familyNames } from "./generate/source.js";
import { parseOptions } from "./options.js";
import { casesPerVariant, DIRECTED, plan } from "./plan.js";

describe("arguments of npm run test:isa", () => {
  it("are taken as given", () => {
    expect(parseOptions(["--cases", "5", "--seed", "7", "--family", "alu,x87", "--jobs", "3", "--coverage"])).toEqual({
      cases: 5,
      seed: 7,
      families: ["alu", "x87"],
      engine: "interpreter",
      jobs: 3,
      coverage: true,
    });
  });
  it.each([
    [["--cases", "many"]],
    [["--cases", "-1"]],
    [["--seed", "1.5"]],
    [["--jobs", "0"]],
    [["--family", "avx"]],
    [["--engine", "toString"]],
    [["--case", "1"]],
    [["alu"]],
  ])("%j are wrong", (args) => {
    expect(() => parseOptions(args)).toThrow();
  });
});

describe("the plan", () => {
  const TOTAL = 300_000;
  const chunks = plan(TOTAL, 9, familyNames);
  const generated = chunks.filter(({ family }) => family !== DIRECTED);

  it("begins with the directed cases, and has all families in their order", () => {
    expect([...new Set(chunks.map(({ family }) => family))]).toEqual([DIRECTED, ...familyNames]);
  });
  it("shares out as many cases as asked for, each variant getting its part", () => {
    const count = generated.reduce((sum, chunk) => sum + chunk.count, 0);
    expect(count).toBeGreaterThanOrEqual(TOTAL);
    expect(count).toBeLessThan(TOTAL + familyNames.length);
    const alu = generated.filter(({ family }) => family === "alu").reduce((sum, chunk) => sum + chunk.count, 0);
    expect(Math.floor(alu / variantsOf("alu").length)).toBe(casesPerVariant(TOTAL, familyNames));
  });
  it("gives each chunk a seed of its own, by the run's seed alone", () => {
    const seeds = generated.map(({ seed }) => seed);
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(plan(TOTAL, 9, familyNames)).toEqual(chunks);
    expect(plan(TOTAL, 10, familyNames).map(({ seed }) => seed)).not.toEqual(chunks.map(({ seed }) => seed));
  });
});

describe("coverage", () => {
  const full = () => {
    const coverage = new Coverage();
    coverage.addRows(
      variantsOf("trap").map(({ form: { title, mnemonic }, size, memory }) => {
        const name = `${title} ${size === 0 ? "" : `${8 * size} `}${memory ? "mem" : "reg"}`;
        return [name, mnemonic === "undefined" ? 0 : RETIRING, FAULTING] as const;
      }),
    );
    return coverage;
  };
  it("is complete when each variant has its cases, or a reason not to", () => {
    expect([...full().summary(["trap"])]).toEqual([expect.stringMatching(/^all \d+ variants covered: .* or a reason \(\d+\)$/)]);
  });
  it("names what is missing", () => {
    const [first, ...rest] = new Coverage().summary(["bcd"]);
    expect(first).toBe("  too few: daa 27 reg: 0 retired, 0 faulted");
    expect(rest.at(-1)).toMatch(/^6 of 6 variants short of /);
  });
  it("prints the reason in the table", () => {
    expect([...full().table(["trap"])].find((line) => line.includes("undefined 0F AA"))).toMatch(/always #UD$/);
  });
});
