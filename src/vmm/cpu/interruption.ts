import { RF } from "../isa/flags.js";
import type { Cpu } from "./cpu.js";

/** Where an interruption comes from: decides about the gate's DPL, the EXT bit and virtual-8086 rules. */
export type Source =
  /** INT n. */
  | "int"
  /** INT3, INTO. */
  | "trap"
  /** INT1, faults, traps, external interrupts: no instruction could choose the vector. */
  | "event";

export interface Interruption {
  readonly vector: number;
  readonly source: Source;
  /** NO_ERROR_CODE: none is pushed. */
  readonly error: number;
  /** EIP that the frame holds. */
  readonly returnEip: number;
  /** The frame's EFLAGS have RF set: a fault will be restarted. Otherwise RF is as it is (SDM vol. 3, 17.3.1.1). */
  readonly restart: boolean;
}

/** EFLAGS as the frame (or the old task's TSS) holds them. */
export function savedFlags(cpu: Cpu, what: Interruption): number {
  return (what.restart ? cpu.flags | RF : cpu.flags) >>> 0;
}
