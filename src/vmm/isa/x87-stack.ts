import { GATE_ABSENT } from "../cpu/fpu-gate.js";
import { CS, SEGMENT, SEGMENT_SIZE, Seg, X87, X87_CS, X87_GATE, X87_IP, X87_STATUS, X87_TAGS, X87_TOP } from "../cpu/layout.js";
import { ValueType } from "../wasm/opcodes.js";
import { stackOverflow, stackUnderflow } from "../x87/exceptions.js";
import { type Extended, putExtended } from "../x87/unpacked.js";
import { C1, NO_RESULT } from "../x87/words.js";
import { define } from "./definition.js";
import type { Temp, Value } from "./emitter.js";
import type { Helper, Operand, Stage } from "./stage.js";

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
  x.setState(X87_IP, x.currentEip());
  x.setState(X87_CS, x.loadHost(0, 2, SEGMENT + CS * SEGMENT_SIZE + Seg.selector));
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
    body(x, new RegisterStack(x), operand ? x.registerAddress(operand) : 0);
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
    body(x, new RegisterStack(x), operand, size);
    finish(x);
  });
}

export function clearC1(x: Stage): void {
  x.setState(X87_STATUS, x.and(x.state(X87_STATUS), ~C1));
}

/** The register stack as the instruction finds it. */
export class RegisterStack {
  readonly top: Value;

  constructor(private readonly x: Stage) {
    this.top = x.state(X87_TOP);
  }

  /** Number of the physical register that is ST(i); -1 is the one that a push fills. */
  physical(i: Value): Value {
    return this.x.and(this.x.add(this.top, i), 7);
  }
  /** Address of ST(i). */
  cell(i: Value): Value {
    return this.x.add(this.x.shl(this.physical(i), 4), X87);
  }
  /** 1 if ST(i) is not empty. */
  valid(i: Value): Value {
    return this.x.and(this.x.shrU(this.x.state(X87_TAGS), this.physical(i)), 1);
  }
  load(i: Value): Extended {
    const cell = this.cell(i);
    return { sig: this.x.loadHostWide(cell), se: this.x.loadHost(cell, 2, 8) };
  }
  /** Puts a number into ST(i), which is not empty then. */
  store(i: Value, a: Extended): void {
    this.put(i, a);
    this.x.setState(X87_TAGS, this.x.or(this.x.state(X87_TAGS), this.x.shl(1, this.physical(i))));
  }
  /** The same for a register that is not empty already. */
  put(i: Value, { sig, se }: Extended): void {
    const cell = this.cell(i);
    this.x.storeHostWide(cell, sig);
    this.x.storeHost(cell, 2, se, 8);
  }
  empty(i: Value): void {
    this.x.setState(X87_TAGS, this.x.and(this.x.state(X87_TAGS), this.x.not(this.x.shl(1, this.physical(i)))));
  }
  pop(count = 1): void {
    for (let i = 0; i < count; i++) this.empty(i);
    this.x.setState(X87_TOP, this.physical(count));
  }
  push(a: Extended): void {
    this.store(-1, a);
    this.x.setState(X87_TOP, this.physical(-1));
  }
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
  return x.gtS(se, NO_RESULT);
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
