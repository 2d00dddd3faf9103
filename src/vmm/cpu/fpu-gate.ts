import { Outcome } from "./callout.js";
import { CR0_EM, CR0_MP, CR0_NE, CR0_TS, CR4_OSFXSR } from "./control-bits.js";
import type { Cpu } from "./cpu.js";
import { Event } from "./events.js";
import { Vector } from "./exceptions.js";
import { CR0, CR4, MMX_GATE, SSE_GATE, X87_GATE, X87_STATUS } from "./layout.js";

/** Bits of X87_GATE and MMX_GATE: the unit is emulated or belongs to another task. */
export const GATE_ABSENT = 1;
/** An unmasked x87 exception waits to be reported. Whoever sets ES in X87_STATUS sets this bit in X87_GATE and MMX_GATE, or calls `updateFpuGates`. */
export const GATE_ERROR = 2;

const STATUS_ES = 0x80;

/** Derives the three gate words from CR0, CR4 and the x87 status: to be called when one of them has changed. */
export function updateFpuGates(cpu: Cpu): void {
  const { state } = cpu;
  const cr0 = state.get(CR0);
  const absent = cr0 & (CR0_EM | CR0_TS) ? GATE_ABSENT : 0;
  const ignored = cpu.ignoreNumericError && !(cr0 & CR0_NE);
  const error = state.get(X87_STATUS) & STATUS_ES && !ignored ? GATE_ERROR : 0;
  // WAIT looks at TS and MP only, but is gated by the same word: `waitGate` tells them apart.
  state.set(X87_GATE, absent | error);
  state.set(MMX_GATE, absent | error);
  state.set(SSE_GATE, absent || !(state.get(CR4) & CR4_OSFXSR) ? GATE_ABSENT : 0);
}

/**
 * A pending x87 exception, found by a waiting instruction. With CR0.NE: #MF. Without (SDM vol. 1, 8.7.2, "MS-DOS compatibility"): FERR# goes up,
 * which the board turns into IRQ 13, and the processor stands at this instruction until that interrupt, unless the board asserts IGNNE#.
 */
function numericError(cpu: Cpu): Outcome {
  if (cpu.state.get(CR0) & CR0_NE) return cpu.raise(Vector.MF);
  if (cpu.ignoreNumericError) {
    updateFpuGates(cpu);
    return Outcome.Jump;
  }
  cpu.numericErrorLine(true);
  cpu.setEvents(Event.Halted);
  return Outcome.Jump;
}

/** Before an x87 instruction. */
export function x87Gate(cpu: Cpu): Outcome {
  return cpu.state.get(CR0) & (CR0_EM | CR0_TS) ? cpu.raise(Vector.NM) : numericError(cpu);
}

/** Before an MMX instruction. */
export function mmxGate(cpu: Cpu): Outcome {
  const cr0 = cpu.state.get(CR0);
  if (cr0 & CR0_EM) return cpu.raise(Vector.UD);
  return cr0 & CR0_TS ? cpu.raise(Vector.NM) : numericError(cpu);
}

/** Before an SSE or SSE2 instruction. */
export function sseGate(cpu: Cpu): Outcome {
  const { state } = cpu;
  if (state.get(CR0) & CR0_EM || !(state.get(CR4) & CR4_OSFXSR)) return cpu.raise(Vector.UD);
  return cpu.raise(Vector.NM);
}

/** WAIT when X87_GATE is set: EM alone doesn't stop it, TS does only with MP (SDM vol. 3, table 9-3). */
export function waitGate(cpu: Cpu): Outcome {
  const { state } = cpu;
  const both = CR0_MP | CR0_TS;
  if ((state.get(CR0) & both) === both) return cpu.raise(Vector.NM);
  return state.get(X87_GATE) & GATE_ERROR ? numericError(cpu) : Outcome.Next;
}
