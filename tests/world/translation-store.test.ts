import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { link, type RegionObject, regionExport } from "../../src/vmm/translator/link.js";
import { TranslationStore } from "../../src/world/kept/translation-store.js";
import { functionsOf } from "../vmm/region-objects.js";
import { add, compileStraightToTheOptimizingTier, fill, type Had, had, have, type Known, known, objectOf } from "./kept-modules.js";

const reader = fileURLToPath(new URL("kept-reader.ts", import.meta.url));
const NAME = "guest-host.pack";
/** As many as a file is written for. */
const ENOUGH = 8;

let top: string;
let path: string;
beforeAll(compileStraightToTheOptimizingTier);
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "worldswitch-test-"));
  path = join(top, "cache", "translations", NAME);
});
afterEach(() => rmSync(top, { recursive: true }));

/** What a machine has made is saved, each of these in a module. */
function saved(...modules: readonly (readonly Known[])[]): TranslationStore {
  const store = new TranslationStore(path);
  store.open();
  for (const [i, regions] of modules.entries()) fill(store, 1 + i, regions);
  expect(store.save()).toBe(true);
  return store;
}
/** What the next machine has, in this process, where V8 may still know the modules; and in one of its own. */
const next = () => have(new TranslationStore(path));
const nextElsewhere = (): Had[] => JSON.parse(execFileSync(process.execPath, ["--import", "tsx", reader, path], { encoding: "utf8" }));
const bytesOf = (objects: readonly (RegionObject | undefined)[]) => link(objects.flatMap((object) => object ?? [])).bytes;

describe("translations that a machine has kept", () => {
  it("are there for the next one, in another process, and do what they did", () => {
    saved(known(1, 5), known(20, 7));
    expect(nextElsewhere()).toEqual([...had(known(1, 5)), ...had(known(20, 7))]);
  });

  it("can be had by the machine itself as soon as their module is made", () => {
    const store = new TranslationStore(path);
    fill(store, 1, known(1, 2));
    const loaded = store.load(1);
    expect(loaded?.imports).toEqual(["twice"]);
    expect(loaded && functionsOf(loaded.module)[regionExport(0)](1_000_000, 0, 0, 0)).toBe(had(known(1, 2))[0].gives);
    expect(store.load(2)).toBeNull();
  });

  it("are no more than those of which it says so", () => {
    const store = new TranslationStore(path);
    fill(store, 1, known(1, ENOUGH));
    add(store, 2, [50, 51], known(50, 2).map(objectOf));
    expect(store.save()).toBe(true);
    expect(next()).toEqual(had(known(1, ENOUGH)));
  });

  it("stay where the next one keeps others", () => {
    saved(known(1, ENOUGH));
    saved(known(50, ENOUGH));
    expect(next()).toEqual([...had(known(1, ENOUGH)), ...had(known(50, ENOUGH))]);
  });

  it("stay where another one has kept some meanwhile; of the same head, the last that was saved", () => {
    const stores = [new TranslationStore(path), new TranslationStore(path)];
    for (const store of stores) store.open();
    fill(stores[0], 1, known(1, 10));
    fill(stores[1], 1, known(6, 10, 1));
    for (const store of stores) expect(store.save()).toBe(true);
    expect(next()).toEqual([...had(known(1, 5)), ...had(known(6, 10, 1))]);
    fill(stores[0], 2, known(30, ENOUGH));
    expect(stores[0].save()).toBe(true);
    expect(next()).toEqual([...had(known(1, 10)), ...had(known(11, 5, 1)), ...had(known(30, ENOUGH))]);
  });
});

describe("what there is no room for", () => {
  const modules = Array.from({ length: 20 }, (_, i) => known(1 + 20 * i, ENOUGH));

  it("is what was neither made nor had for longest: it is gone for the machine and for the next one", () => {
    saved(...modules);
    const whole = statSync(path).size;
    rmSync(path);
    const store = new TranslationStore(path, whole / 8);
    for (const [i, regions] of modules.entries()) {
      fill(store, 1 + i, regions);
      expect(store.load(1)).not.toBeNull();
    }
    expect(store.object(modules[1][0].head)).toBeUndefined();
    expect([store.load(2), store.load(19) === null]).toEqual([null, false]);
    expect(store.save()).toBe(true);
    expect(statSync(path).size).toBeLessThan(whole / 2);
    const later = next();
    for (const regions of [modules[0], modules[19]]) for (const one of had(regions)) expect(later).toContainEqual(one);
    expect(later.filter(({ gives }) => gives === null)).toEqual([]);
  });

  it("is an earlier machine's before it is this one's", () => {
    saved(...modules.slice(0, 4));
    const store = new TranslationStore(path, statSync(path).size);
    const earlier = store.open();
    for (const [i, regions] of modules.slice(4).entries()) fill(store, 1 + i, regions);
    expect(earlier.flatMap(({ number }) => store.object(number) ?? [])).toEqual([]);
    expect(store.load(16)).not.toBeNull();
  });
});

/** Bytes of the files without a name that this process has in the folder of translations. */
function scratchBytes(): number {
  const open = readdirSync("/proc/self/fd").flatMap((fd) => {
    const link = join("/proc/self/fd", fd);
    try {
      const name = readlinkSync(link);
      return name.startsWith(path) && name.endsWith(" (deleted)") ? [statSync(link).size] : [];
    } catch {
      // It was for reading this folder.
      return [];
    }
  });
  return open.reduce((sum, size) => sum + size, 0);
}

describe("what a machine makes without end", () => {
  it.runIf(process.platform === "linux")("takes no more and more room on the disk; what there is room for can be had", () => {
    const ROOM = 20_000;
    const store = new TranslationStore(path, ROOM);
    const first = known(1, ENOUGH);
    fill(store, 1, first);
    for (let chunk = 2; chunk < 100; chunk++) {
      fill(store, chunk, known(10 * chunk, ENOUGH));
      expect(store.load(1)).not.toBeNull();
      expect(scratchBytes()).toBeLessThan(3 * ROOM);
    }
    expect(bytesOf(first.map(({ head }) => store.object(head)))).toEqual(link(first.map(objectOf)).bytes);
    expect(store.save()).toBe(true);
    const later = next();
    for (const one of [...had(first), ...had(known(990, ENOUGH))]) expect(later).toContainEqual(one);
  });
});

describe("a region that something better has taken the place of", () => {
  it("is kept no more; the others of its module are", () => {
    const store = new TranslationStore(path);
    fill(store, 1, known(1, ENOUGH + 1));
    store.forget(3);
    expect(store.object(3)).toBeUndefined();
    expect(store.save()).toBe(true);
    expect(next()).toEqual(had([...known(1, 2), ...known(4, ENOUGH - 2)]));
  });

  it("was the last of its module: that goes, too", () => {
    const store = new TranslationStore(path);
    fill(store, 1, known(1, 2));
    fill(store, 2, known(50, ENOUGH));
    for (const number of [1, 2]) store.forget(number);
    expect(store.load(1)).toBeNull();
    expect(store.save()).toBe(true);
    expect(next()).toEqual(had(known(50, ENOUGH)));
  });

  it("may be an earlier machine's", () => {
    saved(known(1, ENOUGH));
    const store = new TranslationStore(path);
    const [{ number, region }] = store.open();
    store.forget(number);
    fill(store, 1, [...known(region.entries[0].offset, 1, 1), ...known(50, ENOUGH)]);
    expect(store.save()).toBe(true);
    const better = had([...known(1, 1, 1), ...known(50, ENOUGH)]);
    expect(next()).toEqual([better[0], ...had(known(2, ENOUGH - 1)), ...better.slice(1)]);
  });
});

describe("objects of kept regions", () => {
  it("link to the same module as those that they were made of: of this machine, and of an earlier one", () => {
    const regions = [...known(1, 5), ...known(20, ENOUGH)];
    const store = saved(regions.slice(0, 5), regions.slice(5));
    const made = link(regions.map(objectOf)).bytes;
    expect(bytesOf(regions.map(({ head }) => store.object(head)))).toEqual(made);
    const later = new TranslationStore(path);
    const placed = later.open().sort((a, b) => a.region.entries[0].offset - b.region.entries[0].offset);
    expect(bytesOf(placed.map(({ number }) => later.object(number)))).toEqual(made);
    expect(later.object(12_345)).toBeUndefined();
  });

  it("move into a larger module, and those that they leave go", () => {
    saved(known(1, ENOUGH));
    const store = new TranslationStore(path);
    const earlier = store.open();
    fill(store, 1, known(20, ENOUGH));
    const numbers = [...earlier.map(({ number }) => number), ...known(20, ENOUGH).map(({ head }) => head)];
    add(
      store,
      2,
      numbers,
      numbers.flatMap((number) => store.object(number) ?? []),
    );
    expect([earlier[0].chunk, 1].map((chunk) => store.load(chunk))).toEqual([null, null]);
    expect(store.save()).toBe(true);
    expect(nextElsewhere()).toEqual(had([...known(1, ENOUGH), ...known(20, ENOUGH)]));
  });
});

describe("the file", () => {
  it("isn't written for a few changes, nor for few beside what is in it", () => {
    const store = new TranslationStore(path);
    fill(store, 1, known(1, ENOUGH - 1));
    expect([store.save(), store.open()]).toEqual([false, []]);
    fill(store, 2, known(20, 900));
    expect([store.save(), store.save()]).toEqual([true, false]);
    fill(store, 3, known(1000, ENOUGH));
    expect(store.save()).toBe(false);
    fill(store, 4, known(1100, ENOUGH));
    expect(store.save()).toBe(true);
  });

  it("is its owner's alone, in a folder that is, too; and no other file is to be seen there", () => {
    const store = new TranslationStore(path);
    fill(store, 1, known(1, ENOUGH));
    expect(readdirSync(dirname(path))).toEqual([]);
    store.save();
    expect(readdirSync(dirname(path))).toEqual([NAME]);
    expect([path, dirname(path)].map((one) => statSync(one).mode & 0o777)).toEqual([0o600, 0o700]);
  });

  it("counts for nothing in a folder that others may write to, and isn't written there", () => {
    saved(known(1, ENOUGH));
    const before = readFileSync(path);
    chmodSync(dirname(path), 0o777);
    const store = new TranslationStore(path);
    expect(store.open()).toEqual([]);
    fill(store, 1, known(20, ENOUGH));
    expect([store.load(1), store.save()]).toEqual([null, false]);
    expect(readdirSync(dirname(path))).toEqual([NAME]);
    expect(readFileSync(path)).toEqual(before);
  });

  it("may be missing, or in a place where there can be none", () => {
    expect(new TranslationStore(path).open()).toEqual([]);
    const store = new TranslationStore(join(reader, NAME));
    expect(store.open()).toEqual([]);
    fill(store, 1, known(20, ENOUGH));
    expect(store.save()).toBe(false);
  });
});

describe("a damaged file", () => {
  /** A machine that finds it makes anew what it can't have, and more, and saves that; then the next one has all, once. */
  function isReplaced(regions: readonly Known[]): void {
    const store = new TranslationStore(path);
    const there = new Set(have(store).flatMap(({ head, gives }) => (gives === null ? [] : [head])));
    fill(store, 1, [...regions.filter(({ head }) => !there.has(head)), ...known(100, ENOUGH)]);
    expect(store.save()).toBe(true);
    const right = had([...regions, ...known(100, ENOUGH)]).map(({ head, gives }) => ({ head, gives }));
    expect(next().map(({ head, gives }) => ({ head, gives }))).toEqual(right);
  }
  const regions = known(1, ENOUGH);

  it.each<[string, (whole: Buffer) => Uint8Array]>([
    ["an empty one", () => Buffer.alloc(0)],
    ["one of zeros", (whole) => Buffer.alloc(whole.length)],
    ["one of something else", (whole) => Buffer.alloc(whole.length, "no translations ")],
    ["one that says that its index is larger than all", (whole) => whole.fill(0xff, whole.indexOf("\n") + 1, whole.indexOf("\n") + 5)],
    ["one cut off in its header", (whole) => whole.subarray(0, 40)],
    ["one cut off in its index", (whole) => whole.subarray(0, 500)],
    ["one cut off in its last part", (whole) => whole.subarray(0, -1)],
  ])("has nothing, and a good one takes its place: %s", (_, damaged) => {
    saved(regions);
    writeFileSync(path, damaged(readFileSync(path)));
    expect(next()).toEqual([]);
    isReplaced(regions);
  });

  it("may be a folder, which stays", () => {
    mkdirSync(path, { recursive: true });
    chmodSync(dirname(path), 0o700);
    expect(next()).toEqual([]);
    const store = new TranslationStore(path);
    fill(store, 1, regions);
    expect(store.save()).toBe(false);
    expect(readdirSync(dirname(path))).toEqual([NAME]);
  });

  it("has the modules that are whole, if it is cut off behind them", () => {
    saved(regions, known(20, ENOUGH));
    writeFileSync(path, readFileSync(path).subarray(0, -1));
    expect(next()).toEqual(had(regions));
    isReplaced([...regions, ...known(20, ENOUGH)]);
  });

  it("has nothing wrong, whatever byte of it is; and a good one takes its place", () => {
    saved(regions);
    const whole = readFileSync(path);
    const right = new Set(had(regions).map((one) => JSON.stringify(one)));
    for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 40)) {
      const damaged = Buffer.from(whole);
      damaged[at] ^= 0x10;
      writeFileSync(path, damaged);
      for (const one of next()) if (one.gives !== null) expect(right).toContain(JSON.stringify(one));
      const store = new TranslationStore(path);
      const numbers = store.open().map(({ number }) => number);
      const objects = numbers.flatMap((number) => store.object(number) ?? []);
      if (objects.length > 0) expect(bytesOf(objects)).toEqual(link(regions.map(objectOf)).bytes);
      isReplaced(regions);
    }
  });
});
