import { RF, TF } from "../isa/flags.js";
import { Outcome } from "./callout.js";
import type { Cpu } from "./cpu.js";
import { DR6_BS, instructionBreakpoint, pendDebug, takeDebugTrap } from "./debug.js";
import { Event } from "./events.js";
import { NO_ERROR_CODE, Vector } from "./exceptions.js";
import { interrupt } from "./interrupts.js";
import { CR2, DEBUG_PENDING, EFLAGS, EVENTS, FAULT_ADDRESS, FAULT_ERROR, FAULT_VECTOR, MET_BREAKPOINTS } from "./layout.js";

/** Whether the guest goes on after a delivery. False: a triple fault, the processor has shut down; the board resets it. */
export type Delivery = boolean;

const NONE = -1;

/** Classes of table 6-4 (SDM vol. 3): two contributory exceptions in a row, or anything but a benign one after a page fault, are a double fault. */
const CONTRIBUTORY: ReadonlySet<number> = new Set([Vector.DE, Vector.TS, Vector.NP, Vector.SS, Vector.GP]);

function isDoubleFault(first: number, second: number): boolean {
  if (CONTRIBUTORY.has(first)) return CONTRIBUTORY.has(second);
  return first === Vector.PF && (CONTRIBUTORY.has(second) || second === Vector.PF);
}

/** Delivers the exception in the FAULT words, with EIP as the address of the instruction that raised it, and what its delivery raises. */
export function deliverFault(cpu: Cpu): Delivery {
  const { state } = cpu;
  // What the instruction has met on its way to the fault, it will meet again.
  state.set(MET_BREAKPOINTS, 0);
  // Ends: a benign exception is followed by a contributory one or a #PF, those by each other at most once, then by #DF, and that by shutdown.
  // Only #AC may come again, by itself or with a #PF in between, where its handler runs at CPL 3 on a stack that isn't aligned: a processor
  // delivers it for ever.
  let aligning = false;
  for (let previous: number = NONE; ; ) {
    let vector = state.get(FAULT_VECTOR);
    let error = state.i32[FAULT_ERROR >> 2];
    if (vector === Vector.PF) state.set(CR2, state.get(FAULT_ADDRESS));
    if (previous === Vector.DF) return false;
    // Nothing has changed: the instruction will raise it again, within the budget and with a look at who wants to stop.
    if (aligning && vector === Vector.AC) return true;
    aligning ||= vector === Vector.AC;
    if (isDoubleFault(previous, vector)) {
      vector = Vector.DF;
      error = 0;
    }
    // An abort isn't restarted.
    const restart = vector !== Vector.DF;
    if (interrupt(cpu, { vector, source: "event", error, returnEip: cpu.eip, restart }) === Outcome.Jump) return delivered(cpu);
    previous = vector;
  }
}

/** Interrupts and traps: before the instruction at EIP. Benign: what their delivery raises stands by itself. */
function deliverEvent(cpu: Cpu, vector: number): Delivery {
  cpu.clearEvents(Event.Halted);
  const done = interrupt(cpu, { vector, source: "event", error: NO_ERROR_CODE, returnEip: cpu.eip, restart: false });
  return done === Outcome.Jump ? delivered(cpu) : deliverFault(cpu);
}

function delivered(cpu: Cpu): Delivery {
  cpu.clearEvents(Event.Shadow | Event.StackShadow);
  cpu.updateEvents();
  return true;
}

/** For `Event.Intr`, when `cpu.interruptible()`: the vector that the interrupt controller gave. */
export function deliverInterrupt(cpu: Cpu, vector: number): Delivery {
  return deliverEvent(cpu, vector);
}

/** For `Event.Nmi`. */
export function deliverNmi(cpu: Cpu): Delivery {
  cpu.takeNmi();
  return deliverEvent(cpu, Vector.NMI);
}

/** For `Event.Debug`: #DB as a trap, or for an instruction breakpoint. */
export function deliverDebugTrap(cpu: Cpu): Delivery {
  takeDebugTrap(cpu);
  return deliverEvent(cpu, Vector.DB);
}

/**
 * Before an instruction that runs alone (`SingleStep`, `Shadow` or `Breakpoints`). False: it isn't to be run, a #DB for an instruction breakpoint
 * is pending. The shadow ends here: it kept interrupts away from the boundary before this instruction.
 */
export function beforeInstruction(cpu: Cpu): boolean {
  const { state } = cpu;
  const eflags = state.get(EFLAGS);
  const events = state.get(EVENTS);
  cpu.stepping = (eflags & TF) !== 0;
  // What MOV SS from memory has met waits for this instruction too, and stays if it faults.
  state.set(DEBUG_PENDING, state.get(DEBUG_PENDING) | state.get(MET_BREAKPOINTS));
  state.set(MET_BREAKPOINTS, 0);
  if (eflags & RF) state.set(EFLAGS, eflags & ~RF);
  else if (events & Event.Breakpoints && !(events & Event.StackShadow) && instructionBreakpoint(cpu)) return false;
  cpu.clearEvents(Event.Shadow | Event.StackShadow);
  return true;
}

/**
 * After it, if it raised nothing. TF counts as it was before; an interrupt that the instruction itself made ends the stepping; and there is no
 * single-step trap behind MOV SS and POP SS (SDM vol. 3, 6.8.3).
 */
export function afterInstruction(cpu: Cpu): void {
  if (cpu.stepping && !(cpu.state.get(EVENTS) & Event.StackShadow)) pendDebug(cpu, DR6_BS);
  cpu.stepping = false;
  cpu.updateEvents();
}
