import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { equivalent } from "./equivalent.js";
import { Judge } from "./judge.js";
import { change, type Mutation, mutated } from "./mutation.js";
import { sample } from "./sample.js";
import { sitesOf } from "./sites.js";
import { tableLineChanges } from "./table-lines.js";
import { families, sitesIn } from "./targets.js";
import { WorkingCopy } from "./working-copy.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const textOf = (file: string) => readFileSync(join(root, file), "utf8");

describe("mutations of a source text", () => {
  const changes = (text: string) => sitesOf("src/vmm/isa/some.ts", text).flatMap(({ mutations }) => mutations.map(change));

  it("are of operators, methods of the stage, rules of flags, sizes and signs", () => {
    expect(changes("const r = a + b;")).toEqual(["+ -> -"]);
    expect(changes("const r = x.sext(v, size);")).toEqual(["sext -> trunc"]);
    expect(changes('x.flags("add", size, { r });')).toEqual(["add -> sub"]);
    expect(changes("x.read(src, 1);")).toEqual(["1 -> 2", "1 -> 0"]);
    expect(changes("x.when(c, act);")).toEqual(["c -> x.eqz(c)"]);
    expect(changes("const op = Simd.i16x8_add_sat_s;")).toEqual([
      "i16x8_add_sat_s -> i16x8_add_sat_u",
      "i16x8_add_sat_s -> i16x8_sub_sat_s",
    ]);
    expect(changes('import { CF, ZF } from "./flags.js"; use(ZF);')).toEqual(["ZF -> CF"]);
  });

  it("leave alone what is not behaviour: types, imports, messages, names of definitions", () => {
    expect(changes('import { a } from "./a.js"; type B = 1 | 2; interface C { d: 4 }')).toEqual([]);
    expect(changes('throw new Error("opcode 1 + 1");')).toEqual([]);
    expect(changes('define("add", body);')).toEqual([]);
  });

  it("know the lines of the opcode tables", () => {
    const line = "add E,G v L";
    const changed = tableLineChanges(line).map(({ start, end, after }) => line.slice(0, start) + after + line.slice(end));
    expect(changed).toEqual(["add M,G v L", "add E,S v L", "add G,E v L", "add E,G d L", "add E,G v "]);
  });
});

describe("a sample", () => {
  const sites = sitesIn(root, families);

  it("is the same for the same seed, has some of each file, and never the same change twice", () => {
    const mutations = sample(sites, 250, 7);
    expect(mutations).toEqual(sample(sites, 250, 7));
    expect(mutations).not.toEqual(sample(sites, 250, 8));
    expect(new Set(mutations.map(({ file }) => file)).size).toBe(sites.size);
    // Each operand of a table's line is a place, and what is replaced are all of them: what comes in their stead tells places apart.
    expect(new Set(mutations.map(({ file, start, end, after }) => `${file}:${start}:${end}:${after}`)).size).toBe(250);
  });
});

describe("explanations of equivalent mutants", () => {
  it.each(equivalent.map((explanation) => [`${explanation.file}: ${explanation.source}`, explanation] as const))(
    "%s",
    (_, { file, source }) => {
      expect(
        textOf(file)
          .split("\n")
          .map((line) => line.trim()),
      ).toContain(source);
    },
  );
});

/** With directed cases alone, whose results were worked out by hand: so on any host. */
describe("the judge", () => {
  const FILE = "src/vmm/isa/arithmetic.ts";
  const text = textOf(FILE);
  const replacing = (before: string, after: string): Mutation => {
    const start = text.indexOf(before);
    if (start < 0) throw new Error(`${FILE} has no ${before}`);
    return { kind: "operator", file: FILE, start, end: start + before.length, before, after };
  };
  let copy: WorkingCopy;
  let judge: Judge;
  beforeAll(() => {
    copy = new WorkingCopy(root);
    judge = new Judge();
  });
  afterAll(() => {
    judge.close();
    copy.remove();
  });

  it("kills a mutant that makes a comparison add", async () => {
    const mutation = replacing("r: x.trunc(x.sub(a, b), size)", "r: x.trunc(x.add(a, b), size)");
    expect(await judge.judgeQuickly(copy, mutation)).toMatchObject({ killedBy: "instruction cases" });
  });

  it("kills a mutant that cannot be loaded", async () => {
    expect(await judge.judgeQuickly(copy, replacing('define("cmp"', 'define("add"'))).toMatchObject({ killedBy: "does not run" });
  });

  it("lets a mutant live whose comment alone is another, and leaves everything as it was", async () => {
    const mutation = replacing("// The accumulator first", "// the accumulator first");
    expect(mutated(text, mutation)).not.toBe(text);
    expect(await judge.judgeQuickly(copy, mutation)).toBeUndefined();
    expect(readFileSync(join(copy.folder, FILE), "utf8")).toBe(text);
    expect(textOf(FILE)).toBe(text);
  });
});
