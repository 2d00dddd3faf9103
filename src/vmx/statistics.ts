import { readSample } from "../vmm/sample.js";
import type { CrossPage } from "../world/cross-page.js";
import type { MachineStats } from "./stats.js";

/** Statistics of a machine, out of the last sample of its VMM and what the host counts itself. */
export function machineStats(page: CrossPage, guestMiB: number): MachineStats {
  const sample = readSample(page.sample);
  const times = page.times.read();
  const { exitsByJump, exitsByBudget, exitsByEvent, exitsToInterpreter, ...translator } = sample.translator;
  const translated = sample.instructions === 0 ? 0 : translator.instructions / sample.instructions;
  const consoleBytes = sample.output0 + sample.input0 + sample.output1 + sample.input1;
  const { user, system } = process.cpuUsage();
  return {
    atMs: Date.now(),
    guestTimeMs: sample.guestTimeNs / 1e6,
    cpu: { instructions: sample.instructions, hostCpuUs: user + system, haltedUs: times.halt.timeUs },
    memory: { guestMiB, residentBytes: process.memoryUsage.rss() },
    modes: {
      directExecution: {
        instructions: sample.directInstructions,
        entries: sample.directEntries,
        timeUs: Math.round(sample.directTimeNs / 1000),
      },
      binaryTranslation: {
        instructions: sample.translatedInstructions,
        entries: sample.translatedEntries,
        timeUs: Math.round(sample.translatedTimeNs / 1000),
      },
    },
    engines: { interpreted: sample.instructions === 0 ? 0 : 1 - translated, translated },
    mmu: {
      hiddenFaults: sample.hiddenFaults,
      trueFaults: sample.trueFaults,
      tlbFlushes: sample.tlbFlushes,
      tracedWrites: sample.tracedWrites,
    },
    interpreter: {
      decodedInstructions: sample.decodedInstructions,
      codePages: sample.codePages,
      invalidations: sample.invalidations,
      flushes: sample.codeFlushes,
    },
    interrupts: { delivered: sample.interrupts, exceptions: sample.exceptions },
    translator: {
      ...translator,
      exits: { jump: exitsByJump, budget: exitsByBudget, event: exitsByEvent, interpreter: exitsToInterpreter },
    },
    worldSwitches: times,
    switchRates: {
      perConsoleByte: ratio(times.output.count + times.input.count + times.throttle.count, consoleBytes),
      perIdleSecond: ratio(times.halt.count, times.halt.timeUs / 1e6),
    },
    serial: [
      { port: 0, outputBytes: sample.output0, inputBytes: sample.input0 },
      { port: 1, outputBytes: sample.output1, inputBytes: sample.input1 },
    ],
  };
}

function ratio(count: number, of: number): number {
  return of === 0 ? 0 : count / of;
}
