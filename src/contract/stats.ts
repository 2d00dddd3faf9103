/** One sample of a machine's statistics: what the stats stream carries and `GET /v1/vms/{id}/stats` answers. Shapes as in src/vmx/stats.ts. */
import { z } from "zod";
import { Time } from "./identity.js";
import { vmStates } from "./vm-states.js";

const count = z.number().min(0);
const mode = z.object({ instructions: count, entries: count, timeUs: count });

export const MachineStats = z
  .object({
    atMs: z.number().meta({ description: "Host time of the sample, ms since the epoch" }),
    guestTimeMs: count.meta({ description: "Guest time since the first instruction; stands still while paused" }),
    cpu: z.object({ instructions: count, hostCpuUs: count, haltedUs: count }),
    memory: z.object({ guestMiB: count, residentBytes: count }),
    modes: z.object({ directExecution: mode, binaryTranslation: mode }),
    engines: z.object({ interpreted: count, translated: count }),
    mmu: z.object({ hiddenFaults: count, trueFaults: count, tlbFlushes: count, tracedWrites: count }),
    interpreter: z.object({ decodedInstructions: count, codePages: count, invalidations: count, flushes: count }),
    interrupts: z.object({ delivered: count, exceptions: count }),
    translator: z.object({
      regionsCompiled: count,
      regionsRecalled: count.meta({ description: "Translated before, by this machine or an earlier one" }),
      regionsLinked: count.meta({ description: "Put into a larger module" }),
      liveRegions: count.meta({ description: "Now" }),
      codeBytes: count.meta({ description: "WebAssembly of the regions that are live now" }),
      queueLength: count.meta({ description: "Regions that are being translated now" }),
      queueTimeUs: count.meta({ description: "From request to answer, summed up" }),
      translateTimeUs: count,
      compileTimeUs: count,
      instructions: count.meta({ description: "Retired inside regions" }),
      entries: count,
      exits: z.object({ jump: count, budget: count, event: count, interpreter: count }).meta({
        description: "Why regions were left",
      }),
      retranslations: count,
      generations: count.meta({ description: "Wholesale flushes" }),
    }),
    worldSwitches: z.record(z.string(), z.object({ count, timeUs: count, histogramUs: z.array(count) })).meta({
      description:
        "By reason, with the time until the monitor went on; histogramUs[n] counts those below 2^n microseconds that no lower bucket counts, the last all the rest",
    }),
    switchRates: z.object({ perConsoleByte: count, perIdleSecond: count }).meta({
      description: "World switches for each byte of serial ports, and for each second that the guest was halted",
    }),
    serial: z.array(z.object({ port: z.int(), outputBytes: count, inputBytes: count })),
  })
  .meta({ id: "MachineStats", description: "Counters are cumulative since the VM process started" });

export const VmStats = z
  .object({
    time: Time,
    state: z.enum(vmStates),
    generation: z.int(),
    stats: MachineStats.nullable().meta({ description: "null while no VM process runs" }),
  })
  .meta({ id: "VmStats" });
export type VmStats = z.infer<typeof VmStats>;

export const VmStatsHistory = z
  .object({
    intervalSeconds: z.number(),
    items: z.array(VmStats).max(360).meta({ description: "Oldest first; nothing of the time in which no VM process ran" }),
  })
  .meta({ id: "VmStatsHistory" });
export type VmStatsHistory = z.infer<typeof VmStatsHistory>;
