import { beforeEach, describe, expect, it } from "vitest";
import { KeptRegions } from "../../src/vmm/translator/kept-regions.js";
import { Linking } from "../../src/vmm/translator/linking.js";
import { Installed, LiveRegions } from "../../src/vmm/translator/live-regions.js";
import type { TranslatorRequest } from "../../src/vmm/translator/port.js";
import { regionAt } from "./kept-region.js";

const FEWEST = 3;
/** As many regions as a module may have. */
const MANY = 96;
/** More turns than it takes to see that nothing else is to be done. */
const QUIET = 100;

describe("regions in small modules", () => {
  let live: LiveRegions;
  let kept: KeptRegions;
  let linking: Linking;
  let asked: (readonly number[])[];
  beforeEach(() => {
    live = new LiveRegions();
    kept = new KeptRegions({ u8: new Uint8Array() });
    asked = [];
    const send = (request: TranslatorRequest) => {
      if (request.kind === "link") asked.push(request.numbers);
    };
    linking = new Linking(live, kept, { keeps: true, send, take: () => undefined, nowUs: () => 0 }, FEWEST);
  });

  const install = (number: number, settled = false) => {
    const how = { heads: [], handlers: [], pages: new Map(), replaces: [], slow: new Set<number>(), absorbed: new Set<number>() };
    live.add(number, new Installed({ id: number, ...how, takesIn: false, round: 0 }, regionAt(number).region, 0, number, {}, settled));
  };
  const keep = (number: number, chunkSize = 1) => kept.add({ number, chunk: number, position: 0, chunkSize, region: regionAt(-number) });
  const turns = (busy = false) => {
    for (let i = 0; i < QUIET; i++) linking.turn(busy);
  };
  /** The translator's answer, and what came of it. */
  const linked = (numbers: readonly number[]) => {
    const placed: [index: number, position: number][] = [];
    const answer = { kind: "linked", chunk: 9, numbers, linked: { module: {} as WebAssembly.Module, imports: [] }, compileUs: 0 } as const;
    linking.linked(answer, (index, _, position) => placed.push([index, position]));
    return placed;
  };

  it("are put into a large one when there is time: those in place, and those of earlier machines", () => {
    for (const number of [1, 2]) install(number);
    install(3, true);
    keep(-1);
    keep(-2, MANY);
    turns(true);
    expect(asked).toEqual([]);
    turns();
    expect(asked).toEqual([[1, 2, -1]]);
    expect(linking.waits).toBe(true);
    expect(linked([1, 2, -1])).toEqual([
      [1, 0],
      [2, 1],
    ]);
    expect(linking.waits).toBe(false);
    turns();
    expect(asked).toHaveLength(1);
  });

  it("stay there while they are too few", () => {
    for (const number of [1, 2]) install(number);
    turns();
    expect(asked).toEqual([]);
  });

  it("are not asked for again where the translator doesn't know them any more", () => {
    for (const number of [1, 2, 3]) install(number);
    for (const number of [-1, -2, -3, -4]) keep(number);
    turns();
    expect(asked).toEqual([[1, 2, 3, -1, -2, -3, -4]]);
    expect(linked([2, -4])).toEqual([[2, 0]]);
    turns();
    expect(asked).toHaveLength(1);
    for (const number of [5, 6, 7]) install(number);
    turns();
    expect(asked.slice(1)).toEqual([[5, 6, 7]]);
  });
});
