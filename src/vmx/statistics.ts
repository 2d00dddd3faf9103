import { readSample } from "../vmm/sample.js";
import type { CrossPage } from "../world/cross-page.js";
import type { MachineStats } from "./stats.js";

/** Statistics of a machine, out of the last sample of its VMM and what the host counts itself. */
export function machineStats(page: CrossPage, guestMiB: number): MachineStats {
  const sample = readSample(page.sample);
  const times = page.times.read();
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
    engines: { interpreted: sample.instructions > 0 ? 1 : 0, translated: 0 },
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
    worldSwitches: Object.fromEntries(Object.entries(times).map(([reason, { count, timeUs }]) => [reason, { count, timeUs }])),
    serial: [
      { port: 0, outputBytes: sample.output0, inputBytes: sample.input0 },
      { port: 1, outputBytes: sample.output1, inputBytes: sample.input1 },
    ],
  };
}
