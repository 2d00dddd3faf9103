import { CR0_PE } from "../cpu/control-bits.js";
import type { Cpu } from "../cpu/cpu.js";
import { CR0, EFLAGS } from "../cpu/layout.js";
import { irreversibleSegments } from "../cpu/reversible.js";
import { IF, VM } from "../isa/flags.js";

export type ExecutionMode = "directExecution" | "binaryTranslation";

/**
 * The decision: from system state alone, never from the instruction stream, in constant time. Direct execution is for code that could do on bare
 * hardware nothing that the monitor must see: application code with interrupts on, whose segment registers can be saved and loaded again.
 */
export function decide(cpu: Cpu): ExecutionMode {
  const flags = cpu.state.get(EFLAGS);
  if ((cpu.state.get(CR0) & CR0_PE) === 0) return "binaryTranslation";
  if (flags & VM) return "directExecution";
  if (cpu.iopl >= cpu.cpl || (flags & IF) === 0) return "binaryTranslation";
  return irreversibleSegments(cpu) === 0 ? "directExecution" : "binaryTranslation";
}
