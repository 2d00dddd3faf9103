import type { Value } from "../isa/emitter.js";
import type { Helper } from "../isa/stage.js";
import type { FunctionBuilder, Label } from "../wasm/function.js";
import { ValueType } from "../wasm/opcodes.js";
import type { X87Locals } from "./region-x87.js";

/*
 * What the stage is given by whoever lays a region out: ways to leave a block, functions to call, locals of registers, and what the region is made for.
 */

/** How control leaves a block; given by whoever lays the region's code out. */
export interface Ways {
  /** Leaves the region before the present instruction, which then is the interpreter's. */
  leaveBefore(instruction: number, curable: boolean): void;
  /** Leaves behind the present instruction; and with the monitor looking at events. */
  leaveBehind(instruction: number): void;
  leaveForEvents(instruction: number): void;
  /** To the instruction at this offset, inside the region or not. */
  goTo(offset: number): void;
  /** To an EIP. */
  goToEip(target: Value): void;
  /** Whether the call at the end of the block goes on inside the region: then it is a jump (`goTo`). */
  takesIn(): boolean;
  /** Calls what begins at an EIP, and goes on when that returns to `offset`. */
  call(target: Value, offset: number): void;
  /** The flags are still what the stage says. */
  returnTo(target: Value): void;
  /** What the budget has left, at least 0. */
  budgetLeft(): Value;
  /** What is left of it behind this instruction of the block. */
  leftBehind(instruction: number): Value;
  /** So many iterations of the instruction are done: another begins at the label, if the budget has something left; otherwise `settle`, and leave. */
  again(iterations: Value, instruction: number, repeat: Label, settle: () => void): void;
}

/** Indices of functions in the module being built. */
export interface Linked {
  /** (linear, size, access) -> host address, below RAM_BASE a scratch cell, or 0: a fault; the same where it is plain RAM in two pages, or 0. () carries a store to a scratch cell out -> whether to leave. */
  readonly miss: number;
  readonly straddle: number;
  readonly commit: number;
  readonly translate: number;
  readonly arithmeticFlags: number;
  readonly setArithmeticFlags: number;
  helper(helper: Helper): number;
}

/** What a region is made for, beside its bytes. */
export interface RegionMode {
  readonly user: boolean;
  /** Direct execution: what is sensitive traps. */
  readonly direct: boolean;
  /** Flags that only a fault or interrupt frame could show are kept, too. */
  readonly strict: boolean;
  /** What WebAssembly can't do with floating point numbers is done by calls. Otherwise it leaves the region, which is left out of the way of the rest. */
  readonly exactCalls: boolean;
  /** Demands PE in MXCSR, so that inexact results change nothing. */
  readonly inexact: boolean;
  /** Regions tell how they are left. */
  readonly profile: boolean;
  /** Offsets of instructions whose accesses are calls. */
  readonly slow: ReadonlySet<number>;
}

/** Locals of the general, the XMM and the x87 registers. */
export interface Registers extends X87Locals {
  readonly general: readonly number[];
  readonly vector: readonly number[];
}
const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7];
export function newRegisters(f: FunctionBuilder): Registers {
  const eight = (type: ValueType) => EIGHT.map(() => f.local(type));
  return {
    general: eight(ValueType.i32),
    vector: eight(ValueType.v128),
    significand: eight(ValueType.i64),
    signExponent: eight(ValueType.i32),
  };
}
