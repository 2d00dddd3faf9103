import { MXCSR, RAM_BASE } from "../cpu/layout.js";
import { MODE_BITS, PE, USUAL } from "../sse/mxcsr.js";
import type { Label } from "../wasm/function.js";
import { Op, type ValueType } from "../wasm/opcodes.js";
import { Emitter, type Value, type Vector, type Wide } from "./emitter.js";
import { CF, ZF } from "./flags.js";
import type { Elements } from "./sse-elements.js";
import type { X87File } from "./x87-file.js";

/**
 * One operand of the instruction being emitted, opaque to definitions.
 * `rm`: what ModRM.rm names (register or memory), also a register in the opcode, the accumulator, a moffs.
 * `r`: what ModRM.reg names. `i`: immediate. `register`: a register that the instruction implies.
 */
export type Operand =
  | { readonly role: "rm" }
  | { readonly role: "r" }
  | { readonly role: "i" }
  | { readonly role: "register"; readonly number: number };

/** Condition codes as in the low nibble of Jcc. */
export type Condition = number;

/** What set the flags: an addition or a subtraction, without (with) carry or borrow in, or a logical operation. */
export type FlagsKind = "add" | "adc" | "sub" | "sbb" | "logic";

/** How an access will be used: what is translated for `modify` may be read and written. */
export type AccessKind = "read" | "write" | "modify" | "deferredRead";

/** A condition of a shortcut: `usual` is cheap and nearly always enough; where it isn't met, `otherwise` decides. They give 0 for no. */
export interface Requirement {
  usual(): Value;
  otherwise?(): Value;
}

/** A function of the core module that definitions may call, emitted once. Arguments and results are wasm values. */
export interface Helper {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  /** Emits the body; parameters are locals 0 .. n-1, results are left on the wasm stack. */
  emit(e: Emitter, core: HelperLinker): void;
}

/** Resolves helpers to function indices of the module being built. */
export interface HelperLinker {
  helper(helper: Helper): number;
}

/**
 * What a definition is written against. Rules (isa.md):
 *  - *translate, then act*: everything that may fault (reads, `modify`, `translate`, `raiseIf`) comes before the first change of state;
 *  - reads snapshot: a value read stays what it was, whatever is written later;
 *  - a memory operand is translated once: use `modify` for read-modify-write;
 *  - after `jump*`, `again`, `raise`, `callout` or `endBlock` the instruction has ended on that path.
 * Sizes are in bytes. Values of sizes 1 and 2 are zero-extended when read; only the low bytes count when written.
 */
export abstract class Stage extends Emitter {
  // Operands

  /** Reads an operand of 1, 2 or 4 bytes. May fault. */
  abstract read(operand: Operand, size: number): Value;
  /** Writes an operand of 1, 2 or 4 bytes; a memory operand may fault, before anything is stored. */
  abstract write(operand: Operand, size: number, v: Value): void;
  /** Translates an operand once for reading and writing. `store` can't fault. */
  abstract modify(operand: Operand, size: number): { v: Value; store(r: Value): void };
  /** Reads 8 bytes (MMX register, low half of an XMM register, or memory). */
  abstract readWide(operand: Operand): Wide;
  abstract writeWide(operand: Operand, v: Wide): void;
  /** Reads 16 bytes: an XMM register, or memory, which must be aligned (#GP(0)) unless `unaligned`. */
  abstract readVector(operand: Operand, unaligned?: boolean): Vector;
  /** Reads 4 or 8 bytes of memory into the low lanes; or a whole XMM register. May fault. */
  readLow(operand: Operand, size: number): Vector {
    return this.isMemory(operand) ? this.loadHostLow(this.translateOperand(size, "read"), size) : this.readVector(operand);
  }
  abstract writeVector(operand: Operand, v: Vector, unaligned?: boolean): void;
  /** Host address of a register operand's cell, for instructions that work on registers in memory (XMM, MMX, x87). Only for register forms. */
  abstract registerAddress(operand: Operand): Value;
  /** Whether `rm` is memory in the handler or site being emitted. */
  abstract isMemory(operand: Operand): boolean;
  /** Offset of the memory operand within its segment (LEA), not truncated to the operand size. */
  abstract effectiveAddress(): Value;
  /** Translates the memory operand for an access of `size` bytes (up to 16) at `offset` from it; gives a host address. May fault. */
  abstract translateOperand(size: number, kind: AccessKind, offset?: Value): Value;

  // Registers and memory

  abstract reg(n: number, size?: number): Value;
  abstract setReg(n: number, size: number, v: Value): void;
  /** Translates an access to segment:offset. May fault. The result is a host address for `loadHost*` and `store*`. */
  abstract translate(segment: number, offset: Value, size: number, kind: AccessKind): Value;
  /** Segment of a string source or of XLAT: DS or its override. */
  abstract translateSource(offset: Value, size: number, kind?: "read" | "deferredRead"): Value;
  /**
   * Translates a source behind which something else may still fault, and gives what reads it: to be called behind the last fault. A device
   * is read only there, because a restarted instruction that reads it again would not get the same.
   */
  deferRead(size: number, translate: (kind: "read" | "deferredRead") => Value): () => Value {
    const host = this.variable(translate("deferredRead"));
    return () => {
      this.when(this.ltU(host, RAM_BASE), () => this.assign(host, translate("read")));
      return this.loadHost(host, size);
    };
  }
  /** Stores at a host address that `translate` or `translateOperand` gave for writing; can't fault. */
  abstract store(host: Value, size: number, v: Value): void;
  abstract storeWide(host: Value, v: Wide): void;
  abstract storeVector(host: Value, v: Vector): void;
  /** Pushes a value of 2 or 4 bytes, which may come from `deferRead`; the low `stored` are written. May fault; ESP changes only if not. */
  abstract pushStack(size: number, v: Value | (() => Value), stored?: number): void;
  /** Value of `size` bytes at the top of the stack + `offset` bytes, ESP unchanged. May fault. */
  abstract peekStack(size: number, offset?: number): Value;
  /** ESP (or SP) += bytes. */
  abstract dropStack(bytes: Value): void;
  /** Whether, in the handler or site being emitted, offsets of both string operands are linear addresses: no bases, no limits, 32 bits. */
  abstract stringsAreFlat(): boolean;
  /** Mask of offsets for the address size of this instruction: 0xffff or -1; of the stack for `stack`. */
  abstract addressMask(): Value;
  abstract stackMask(): Value;

  /** The x87 registers. */
  abstract readonly x87: X87File;

  // Flags

  /** The flags of what gave `r` of `a` and `b`. */
  abstract flags(kind: FlagsKind, size: number, of: { a?: Value; b?: Value; r: Value }): void;
  /** The same for INC and DEC: CF stays. */
  abstract flagsKeepCarry(kind: "add" | "sub", size: number, of: { a: Value; b: Value; r: Value }): void;
  /** ZF, SF, PF from `r`; CF, OF (0 or 1) as given; AF clear. */
  abstract flagsResult(size: number, r: Value, cf: Value, of: Value): void;
  /** CF alone; CF and OF alone. The others stay. */
  abstract setCarry(cf: Value): void;
  abstract setCarryOverflow(cf: Value, of: Value): void;
  /** CF, PF, AF, ZF, SF, OF as an EFLAGS image, and from one (other bits of it are ignored). */
  abstract arithmeticFlags(): Value;
  abstract setArithmeticFlags(image: Value): void;
  /** The flags of comparing the lowest elements, of 4 or 8 bytes, which are no NaNs (COMISS, COMISD). */
  flagsOfNumbers(width: 4 | 8, a: Vector, b: Vector): void {
    const compare = (op: Op) => {
      this.putElement(width, a);
      this.putElement(width, b);
      this.f.op(op);
      return this.take();
    };
    const less = compare(width === 4 ? Op.f32_lt : Op.f64_lt);
    const equal = compare(width === 4 ? Op.f32_eq : Op.f64_eq);
    this.setArithmeticFlags(this.select(less, CF, this.select(equal, ZF, 0)));
  }
  abstract carry(): Value;
  /** 0 or 1. */
  abstract condition(cc: Condition): Value;

  // Floating point

  /** Not 0 where MXCSR has the usual mode (sse/mxcsr.ts), and for `inexact` also PE, so that an inexact result changes nothing. */
  usualMode(inexact: boolean): Value {
    const [bits, usual] = inexact ? [MODE_BITS | PE, USUAL | PE] : [MODE_BITS, USUAL];
    return this.eq(this.and(this.state(MXCSR), bits), usual);
  }
  /**
   * Emits `short` for where all requirements are met, `long` for elsewhere. A stage may leave the instruction to another way of executing
   * it instead of `long`: nothing has changed by then.
   */
  shortcut(requirements: readonly Requirement[], short: () => void, long: () => void): void {
    const done = this.f.block();
    const unmet = this.f.block();
    this.demand(requirements, unmet);
    short();
    this.f.br(done).end();
    long();
    this.f.end();
  }
  /** Branches to `unmet` unless all requirements are met. */
  protected demand(requirements: readonly Requirement[], unmet: Label): void {
    const demanded = (met: Value) => {
      if (typeof met === "number" && met) return;
      this.put(this.eqz(met));
      this.f.brIf(unmet);
    };
    for (const { usual, otherwise } of requirements) {
      if (otherwise) this.when(this.eqz(usual()), () => demanded(otherwise()));
      else demanded(usual());
    }
  }
  /** Whether the elements of `v` are known to be ordinary numbers: no NaNs, no denormal ones. */
  knowsOrdinary(_v: Vector, _elements: Elements): boolean {
    return false;
  }
  /** From here on, in the code that follows, they are. */
  learnOrdinary(_v: Vector, _elements: Elements): void {}

  // Control

  /** EIP of this instruction. */
  abstract currentEip(): Value;
  /** EIP of the next instruction. */
  abstract nextEip(): Value;
  /** Jumps relative to the next instruction by the immediate; EIP is truncated to `size` bytes. */
  abstract jumpRelative(size: number): void;
  /** The same if `c`; otherwise the instruction ends, falling through. */
  abstract branch(c: Value, size: number): void;
  /** Target of `jumpRelative`, for CALL. */
  abstract relativeTarget(size: number): Value;
  abstract jumpTo(target: Value): void;
  /** #GP(0) if `target` lies outside the code segment: before any change of state. */
  abstract checkTarget(target: Value): void;
  /** This instruction again (REP), of which `iterations` (at most `budgetLeft`, or one) have been done: each is one retired, restartable step. */
  abstract again(iterations?: Value): void;
  /** What is left of all the budget once this instruction has retired. */
  abstract leftBehind(): Value;
  /** How many instructions, or iterations of this one, may still retire, as an unsigned number. */
  abstract budgetLeft(): Value;
  /** The instruction has ended; the monitor looks at events before the next one. With `shadow`, only after the next one (STI). */
  abstract endBlock(shadow?: boolean): void;
  /** Ends the instruction by raising an exception; `error` is pushed where the vector has one. */
  abstract raise(vector: number, error?: number): void;
  raiseIf(c: Value, vector: number, error?: number): void {
    this.when(c, () => this.raise(vector, error));
  }
  /** Ends the instruction in TypeScript: the callout of that name (cpu/callouts) does all of it, or raises. */
  abstract callout(name: string): void;
  /** Callout that ends the instruction unless the word of processor state at `address` is 0 (a gate: may this unit be used?). */
  gate(address: number, callout: string): void {
    this.when(this.state(address), () => this.callout(callout));
  }
  /** Calls a helper of the core module with wasm values already on the stack; results are on the stack. */
  abstract callHelper(helper: Helper): void;
  /** This instruction is sensitive: in line in binary translation, a trap in direct execution. */
  abstract sensitive(): void;
}
