import type { Form } from "./forms/form.js";

/** One encoded instruction of a case. */
export interface Instruction {
  readonly form: Form;
  readonly bytes: readonly number[];
  /** Operand size in bytes. */
  readonly size: number;
  /** Whether ModRM or the opcode names memory. */
  readonly memory: boolean;
  /** Where, if the code says so (ModRM or an offset), and the registers are what the builder chose. */
  readonly address?: number;
  /** EFLAGS bits that the manuals leave undefined after this instruction, for the operands that it has here. */
  readonly undefinedFlags: number;
  /** EFLAGS bits that it always defines. */
  readonly definedFlags: number;
}

/** Code and the state that it starts in. Segments are flat (CS 23h, SS DS ES 2Bh, FS GS null), CPL is 3, IF is set. */
export interface Case {
  readonly family: string;
  /** Set for directed cases. */
  readonly name?: string;
  readonly instructions: readonly Instruction[];
  /** Instructions one after another; the engine puts `tail` behind them. */
  readonly code: Uint8Array;
  readonly eip: number;
  readonly eflags: number;
  /** EAX ECX EDX EBX ESP EBP ESI EDI. */
  readonly gpr: Uint32Array;
  /** 512 bytes as FXRSTOR64 takes them. */
  readonly fx: Uint8Array;
  /** 64 bytes at CROSSING_WINDOW and 64 at EDGE_WINDOW. */
  readonly crossing: Uint8Array;
  readonly edge: Uint8Array;
}

/**
 * How a case ended: it reached `tail`; it faulted; it ran longer than anyone waits; it asked the host's kernel for something (only on the
 * host, and not judged).
 */
export type Ending = "done" | "fault" | "endless" | "syscall";

export interface Result {
  readonly ending: Ending;
  /** 0..31 and the error code as pushed, 0 where there is none; CR2 for vector 14. Only for faults. */
  readonly vector: number;
  readonly errorCode: number;
  readonly cr2: number;
  /** The address of `tail`, or that of the fault frame. */
  readonly eip: number;
  readonly eflags: number;
  readonly gpr: Uint32Array;
  /** ES CS SS DS FS GS. */
  readonly segments: Uint16Array;
  /** 512 bytes as FXSAVE64 writes them. */
  readonly fx: Uint8Array;
  /** Pairs of address and value: each aligned doubleword of memory that has changed, ascending. */
  readonly writes: Uint32Array;
}

/** What can run cases: the host's processor or one of our engines. */
export interface IsaEngine {
  readonly name: string;
  /** Families and directed cases that it can't agree in yet, with the reason; they are left out, and said to be, unless asked for by name. */
  readonly lacks: Readonly<Record<string, string>>;
  /** Results in the order of the cases. */
  run(cases: readonly Case[]): Result[];
  close(): void;
}
