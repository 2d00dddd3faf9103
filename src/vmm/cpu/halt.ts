import { type Insn, Outcome } from "./callout.js";
import type { Cpu } from "./cpu.js";
import { Event } from "./events.js";

/** HLT: until an interrupt. The run loop sees `Event.Halted`. */
export function hlt(cpu: Cpu, insn: Insn): Outcome {
  if (cpu.cpl !== 0) return cpu.generalProtection();
  cpu.setEvents(Event.Halted);
  return cpu.endInstruction(insn.length);
}

/** INVD, WBINVD: there is no cache that a guest could tell from memory. */
export function cacheInstruction(cpu: Cpu, _insn: Insn): Outcome {
  return cpu.cpl === 0 ? Outcome.Next : cpu.generalProtection();
}
