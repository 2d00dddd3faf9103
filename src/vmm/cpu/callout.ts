import type { Cpu } from "./cpu.js";

/** How an instruction that was done in TypeScript ended. */
export const Outcome = {
  /** Go on with the next instruction. Nothing that decoded code depends on (mode, CPL, mappings, segments' flatness) has changed. */
  Next: 0,
  /** EIP has been set, or something that decoded code depends on may have changed (EIP is then set to the next instruction by `cpu.endInstruction`). */
  Jump: 1,
  /** An exception was raised by `cpu.raise*`; no state of the guest has changed, EIP is still this instruction's. */
  Fault: 2,
  /** This instruction again: one iteration of a repeated string instruction is done. */
  Again: 3,
  /** An exception was raised after a task switch had changed everything: EIP is that of the new task. */
  FaultInNewTask: 4,
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** The predecoded instruction that a callout executes. One object, reused: read what you need at once. */
export interface Insn {
  /** Operand size: 2 or 4; for byte forms of an instruction 1. */
  readonly size: number;
  readonly addressSize: 2 | 4;
  /** Whether ModRM names memory (else a register). */
  readonly memory: boolean;
  /** ModRM.rm as a register: the register's number (0-7). Meaningless where `memory`. */
  readonly rm: number;
  /** ModRM.reg, or the register in the opcode. */
  readonly reg: number;
  readonly imm: number;
  /** Second immediate: selector of a far pointer, nesting level of ENTER. */
  readonly imm2: number;
  /** Segment register number of the memory operand or string source, override applied. */
  readonly segment: number;
  /** 0, 0xf2 or 0xf3. */
  readonly rep: number;
  /** Bytes of the instruction. */
  readonly length: number;
  /** Offset of the memory operand in its segment, computed from the registers as they are now, truncated to the address size. */
  effectiveAddress(): number;
}

export type Callout = (cpu: Cpu, insn: Insn) => Outcome;
