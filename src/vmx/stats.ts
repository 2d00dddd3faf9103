import type { TranslatorCounters } from "../vmm/translator/counters.js";
import type { SwitchTime } from "../world/switch-times.js";

/** One sample of a machine's statistics. Counters are cumulative since the VM process started; times in microseconds unless the name says otherwise. */
export interface MachineStats {
  /** Host time of the sample, milliseconds since the epoch. */
  atMs: number;
  /** Guest time since the first instruction, stands still while paused. */
  guestTimeMs: number;
  cpu: {
    /** Retired guest instructions. */
    instructions: number;
    /** Host CPU time of the whole VM process, user + system. */
    hostCpuUs: number;
    haltedUs: number;
  };
  memory: { guestMiB: number; residentBytes: number };
  /** Instructions and entries by execution mode, as the decision engine chose. */
  modes: Record<"directExecution" | "binaryTranslation", { instructions: number; entries: number; timeUs: number }>;
  /** Share of instructions by engine. */
  engines: { interpreted: number; translated: number };
  mmu: { hiddenFaults: number; trueFaults: number; tlbFlushes: number; tracedWrites: number };
  interpreter: { decodedInstructions: number; codePages: number; invalidations: number; flushes: number };
  interrupts: { delivered: number; exceptions: number };
  /** What the translator did; `exits`: why its regions were left. */
  translator: Omit<TranslatorCounters, "exitsByJump" | "exitsByBudget" | "exitsByEvent" | "exitsToInterpreter"> & {
    exits: { jump: number; budget: number; event: number; interpreter: number };
  };
  /** World switches out of the VMM by reason, with the time until it went on. */
  worldSwitches: Record<string, SwitchTime>;
  /** World switches for each byte that serial ports carried, and for each second that the guest was halted; 0 where there was none. */
  switchRates: { perConsoleByte: number; perIdleSecond: number };
  serial: { port: number; outputBytes: number; inputBytes: number }[];
}
