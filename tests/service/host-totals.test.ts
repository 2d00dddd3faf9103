import { describe, expect, it } from "vitest";
import { newTranslatorCounters } from "../../src/vmm/translator/counters.js";
import { HostTotals } from "../../src/worker/host-totals.js";

const mode = { instructions: 10, entries: 1, timeUs: 5 };
const { exitsByJump, exitsByBudget, exitsByEvent, exitsToInterpreter, ...translator } = newTranslatorCounters();
const exits = { jump: exitsByJump, budget: exitsByBudget, event: exitsByEvent, interpreter: exitsToInterpreter };

function sample(instructions: number, liveRegions: number, worldSwitches: object = {}): object {
  return {
    cpu: { instructions, hostCpuUs: 1, haltedUs: 2 },
    modes: { directExecution: mode, binaryTranslation: mode },
    mmu: { hiddenFaults: 1, trueFaults: 2, tlbFlushes: 3, tracedWrites: 4 },
    interrupts: { delivered: 5, exceptions: 6 },
    translator: { ...translator, liveRegions, exits },
    worldSwitches,
  };
}

describe("the totals of a host", () => {
  it("are the last samples of its machines, added up", () => {
    const totals = new HostTotals();
    const [one, other] = [{}, {}];
    totals.heard(one, sample(50, 1));
    totals.heard(one, sample(100, 3, { halt: { count: 2, timeUs: 10, histogramUs: [0, 2] } }));
    totals.heard(other, sample(7, 4, { halt: { count: 1, timeUs: 1, histogramUs: [1, 0] } }));
    expect(totals.read()).toMatchObject({
      cpu: { instructions: 107 },
      mmu: { trueFaults: 4 },
      translator: { liveRegions: 7 },
      worldSwitches: { halt: { count: 3, timeUs: 11, histogramUs: [1, 2] } },
    });
  });

  it("never fall when a machine ends; what it had, it has no more", () => {
    const totals = new HostTotals();
    const [one, other] = [{}, {}];
    totals.heard(one, sample(100, 3));
    totals.ended(one);
    totals.ended(one);
    totals.heard(other, sample(7, 4));
    expect(totals.read()).toMatchObject({ cpu: { instructions: 107 }, translator: { liveRegions: 4 } });
  });

  it("are nothing before there was a machine", () => {
    expect(new HostTotals().read()).toBeNull();
  });

  it("take nothing from a VM process that says something else", () => {
    const totals = new HostTotals();
    totals.heard({}, { cpu: "none" });
    totals.heard({}, sample(-1, 0));
    expect(totals.read()).toBeNull();
    totals.heard({}, sample(1, 0, { 'x"} 1': { count: 1, timeUs: 1, histogramUs: [1] } }));
    expect(totals.read()?.worldSwitches).toEqual({});
  });
});
