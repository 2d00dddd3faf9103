import { describe, expect, it } from "vitest";
import { link, type RegionObject, regionExport } from "../../src/vmm/translator/link.js";
import { functionBodies } from "../../src/vmm/wasm/function-bodies.js";
import { functionsOf, lessTwice, plus, product, type Sum, twicePlus } from "./region-objects.js";

/** With what they mean. */
const regions: readonly (readonly [string, RegionObject, Sum])[] = [
  ["one without a call", plus(5), (a) => a + 5],
  ["one that calls itself", product, (a, b, _, d) => a * b + d],
  ["one that imports functions", lessTwice, (a, b, c) => 2 * (a - b) - c],
  ["one that imports them the other way round", twicePlus(-300), (a) => 2 * a - 300],
];
const all = regions.map(([, object]) => object);
const GIVEN: readonly Parameters<Sum>[] = [
  [0, 0, 0, 0],
  [7, 3, 2, 1],
  [1000, -2, 70_000, 5],
];
const moduleOf = (...objects: RegionObject[]) => new WebAssembly.Module(link(objects).bytes);

describe("regions put into a module", () => {
  it.each(regions)("do alone and together what they did: %s", (_, object, meaning) => {
    const expected = GIVEN.map((given) => meaning(...given));
    const others = [...all, ...all.toReversed()];
    for (const objects of [[object], [object, ...others], [...others, object]]) {
      const f = functionsOf(moduleOf(...objects))[regionExport(objects.indexOf(object))];
      expect(GIVEN.map((given) => f(...given))).toEqual(expected);
    }
  });

  it("do so, too, where there are more functions than one byte counts", () => {
    const objects = Array.from({ length: 300 }, (_, n) => (n % 2 ? plus(n) : product));
    const functions = functionsOf(moduleOf(...objects));
    for (const position of [200, 298]) expect(functions[regionExport(position)](6, 7, 0, 8)).toBe(50);
    for (const position of [1, 299]) expect(functions[regionExport(position)](1, 0, 0, 0)).toBe(1 + position);
  });

  it("share one import of what several of them call, and import nothing that none of them does", () => {
    const importsOf = (...objects: RegionObject[]) => {
      const { bytes, imports } = link(objects);
      const named = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).filter(({ kind }) => kind === "function");
      expect(named.map(({ name }) => name)).toEqual(imports);
      return [...imports].sort();
    };
    expect(importsOf(...all, ...all)).toEqual(["less", "twice"]);
    expect(importsOf(twicePlus(1))).toEqual(["twice"]);
    expect(importsOf(plus(1), product)).toEqual([]);
  });

  it("say of the same branches as before that they are seldom taken", () => {
    const objects = [lessTwice, product, plus(1), product];
    const { bytes, imports } = link(objects);
    const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(bytes), "metadata.code.branch_hint");
    const [place] = product.hints;
    // Of two functions: which one, and a hint of a byte, which says "no", at the place.
    expect([...new Uint8Array(section)]).toEqual([2, ...[1, 3].flatMap((position) => [imports.length + position, 1, place, 1, 0])]);
    expect(functionBodies(bytes).map((body) => body[place])).toEqual(objects.map(({ body }) => body[place]));
  });

  it("are a module also where there are none of them", () => {
    const { bytes, imports } = link([]);
    expect(imports).toEqual([]);
    expect(Object.keys(functionsOf(new WebAssembly.Module(bytes)))).toEqual([]);
    expect(functionBodies(bytes)).toEqual([]);
  });
});

describe("linking", () => {
  it("makes the same module of the same regions", () => {
    expect(link(all)).toEqual(link(all));
    expect(link(all).bytes).not.toEqual(link(all.toReversed()).bytes);
  });

  it("leaves objects as they are", () => {
    const before = structuredClone(all);
    link(all);
    expect(all).toEqual(before);
  });

  it("makes the same of what it has linked before: a module has its regions' bodies", () => {
    const bodies = functionBodies(link([...all, ...all]).bytes);
    const again = all.map((object, i) => ({ ...object, body: bodies[i] }));
    expect(link(again)).toEqual(link(all));
    expect(link([again[3], again[1]])).toEqual(link([all[3], all[1]]));
  });
});
