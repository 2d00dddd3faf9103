import { GATE_ABSENT } from "../cpu/fpu-gate.js";
import { X87_GATE, X87_STATUS } from "../cpu/layout.js";
import { ValueType } from "../wasm/opcodes.js";
import { stackOverflow, stackUnderflow } from "../x87/exceptions.js";
import { type Extended, putExtended } from "../x87/unpacked.js";
import { C1, NO_RESULT } from "../x87/words.js";
import { define } from "./definition.js";
import type { Temp, Value } from "./emitter.js";
import type { Helper, Operand, Stage } from "./stage.js";
import type { RegisterStack } from "./x87-file.js";

/*
 * The parts that x87 instructions are made of. Every instruction goes through these steps:
 *   gate        may the unit be used, is an exception pending
 *   memory      its operand is translated (may fault)
 *   pointer     from here on the instruction is executed: FIP and FCS become its address
 *   compute     helpers of src/vmm/x87 report exceptions in the status word and give NO_RESULT if an unmasked one forbids a result
 *   settle      registers, tags and TOP change, unless there is no result
 *   finish      if an unmasked exception was raised, the rest of the pointers is noted
 *
 * Of the pointers to the last instruction, FIP and FCS are kept by every instruction but the control ones; FOP, FDP and FDS only by those
 * that raise an unmasked exception, which is as much as later processors keep (SDM vol. 1, 8.1.8 and 8.1.9: "fopcode compatibility mode",
 * FDP_EXCPTN_ONLY).
 *
 * Where the stage knows gate, masks and tags, each step comes down to its usual case.
 */

/** Starts an instruction that waits for pending exceptions. */
export function gate(x: Stage): void {
  x.gate(X87_GATE, "x87Gate");
}

/** Starts an instruction that does not: only CR0.EM and TS stop it. */
export function gateWithoutWait(x: Stage): void {
  x.when(x.and(x.state(X87_GATE), GATE_ABSENT), () => x.callout("x87Gate"));
}

export function setPointer(x: Stage): void {
  x.x87.setPointer();
}

/** Only an unmasked exception can have closed the gate since the instruction began. */
function finish(x: Stage): void {
  x.when(x.state(X87_GATE), () => x.callout("x87Exception"));
}

/** Defines an instruction on registers. `i` says which ST(i) an instruction with an operand names. */
export function registerInstruction(name: string, body: (x: Stage, stack: RegisterStack, i: Value) => void): void {
  define(name, (x, _size, operand) => {
    gate(x);
    setPointer(x);
    body(x, x.x87.stack(), operand ? x.registerAddress(operand) : 0);
    finish(x);
  });
}

/** Defines an instruction with a memory operand: `translate` may fault, so that it comes first; `body` gets what it gives. */
export function memoryInstruction<T>(
  name: string,
  translate: (x: Stage, size: number, memory: Operand) => T,
  body: (x: Stage, stack: RegisterStack, operand: T, size: number) => void,
): void {
  define(name, (x, size, memory) => {
    gate(x);
    const operand = translate(x, size, memory);
    setPointer(x);
    body(x, x.x87.stack(), operand, size);
    finish(x);
  });
}

export function clearC1(x: Stage): void {
  x.setState(X87_STATUS, x.and(x.state(X87_STATUS), ~C1));
}

/** A number that one of two arms gives: two variables. */
export interface Result {
  readonly sig: Temp;
  readonly se: Temp;
}

export function newResult(x: Stage): Result {
  return { sig: x.temp(ValueType.i64), se: x.temp() };
}

/** Calls a helper with one extended result into `into`. */
export function callInto(x: Stage, into: Result, helper: Helper, ...args: Extended[]): void {
  for (const arg of args) putExtended(x, arg);
  x.callHelper(helper);
  x.f.set(into.se.local).set(into.sig.local);
}

export function assignExtended(x: Stage, into: Result, a: Extended): void {
  x.assignWide(into.sig, a.sig);
  x.assign(into.se, a.se);
}

export function hasResult(x: Stage, se: Value): Value {
  return x.x87.quiet ? 1 : x.gtS(se, NO_RESULT);
}

/**
 * Result of `compute` if the registers it needs are not empty, otherwise the indefinite number of a stack underflow.
 * `settle` runs if there is one.
 */
export function withOperands(x: Stage, valid: Value, compute: (into: Result) => void, settle: (result: Result) => void): void {
  const into = newResult(x);
  x.when(
    valid,
    () => compute(into),
    () => callInto(x, into, stackUnderflow),
  );
  x.when(hasResult(x, into.se), () => settle(into));
}

/** The same, into ST(to), which is one of those registers; `pop`: and pops. */
export function replacing(
  x: Stage,
  stack: RegisterStack,
  { valid, to = 0, pop = false }: { valid: Value; to?: Value; pop?: boolean },
  compute: (into: Result) => void,
): void {
  const into = newResult(x);
  x.when(
    valid,
    () => compute(into),
    () => {
      callInto(x, into, stackUnderflow);
      x.when(hasResult(x, into.se), () => stack.occupy(to));
    },
  );
  x.when(hasResult(x, into.se), () => {
    stack.put(to, into);
    if (pop) stack.pop();
  });
}

/** Pushes what `compute` gives, or the indefinite number of a stack overflow. */
export function pushing(x: Stage, stack: RegisterStack, compute: (into: Result) => void): void {
  const into = newResult(x);
  x.when(
    stack.valid(-1),
    () => callInto(x, into, stackOverflow),
    () => compute(into),
  );
  x.when(hasResult(x, into.se), () => stack.push(into));
}
