import type { Cpu } from "../cpu/cpu.js";
import { updateFpuGates } from "../cpu/fpu-gate.js";
import { CS, SEGMENT, SEGMENT_SIZE, Seg, X87, X87_CONTROL, X87_CS, X87_IP, X87_STATUS, X87_TAGS, X87_TOP } from "../cpu/layout.js";
import { BUSY, C1, CONDITIONS, ES, EXCEPTIONS, IE, SF } from "./words.js";

/** An extended number in TypeScript: unsigned 64-bit significand, sign and exponent in 16 bits. */
export interface Real {
  readonly sig: bigint;
  readonly se: number;
}

/** The x87 registers as callouts use them. */
export class Registers {
  readonly #cpu: Cpu;

  constructor(cpu: Cpu) {
    this.#cpu = cpu;
  }

  get control(): number {
    return this.#cpu.state.get(X87_CONTROL);
  }
  get top(): number {
    return this.#cpu.state.get(X87_TOP);
  }
  get status(): number {
    return this.#cpu.state.get(X87_STATUS);
  }

  #physical(i: number): number {
    return (this.top + i) & 7;
  }
  /** Whether ST(i) is not empty; -1 is the register that a push fills. */
  valid(i: number): boolean {
    return ((this.#cpu.state.get(X87_TAGS) >> this.#physical(i)) & 1) === 1;
  }
  /** ST(i), also of an empty register. */
  load(i: number): Real {
    const cell = X87 + 16 * this.#physical(i);
    return { sig: this.#cpu.state.u64[cell >> 3], se: this.#cpu.state.u16[(cell + 8) >> 1] };
  }
  store(i: number, { sig, se }: Real): void {
    const { state } = this.#cpu;
    const cell = X87 + 16 * this.#physical(i);
    state.u64[cell >> 3] = sig;
    state.u16[(cell + 8) >> 1] = se;
    state.set(X87_TAGS, state.get(X87_TAGS) | (1 << this.#physical(i)));
  }
  pop(): void {
    const { state } = this.#cpu;
    state.set(X87_TAGS, state.get(X87_TAGS) & ~(1 << this.#physical(0)));
    state.set(X87_TOP, this.#physical(1));
  }
  push(a: Real): void {
    this.store(-1, a);
    this.#cpu.state.set(X87_TOP, this.#physical(-1));
  }

  /** Reports exceptions (flags, with C1 as it shall become), as the helper `raise` does; gives those that are unmasked. */
  raise(flags: number): number {
    const { state } = this.#cpu;
    const unmasked = flags & ~this.control & EXCEPTIONS;
    state.set(X87_STATUS, (this.status & ~C1) | flags | (unmasked ? ES | BUSY : 0));
    if (unmasked) updateFpuGates(this.#cpu);
    return unmasked;
  }
  /** An operand is empty, or (`overflow`) the register to be pushed is not. Gives whether the masked response applies. */
  stackFault(overflow = false): boolean {
    return this.raise(IE | SF | (overflow ? C1 : 0)) === 0;
  }
  /** Replaces the condition codes in `mask`. */
  setConditions(codes: number, mask: number = CONDITIONS): void {
    this.#cpu.state.set(X87_STATUS, (this.status & ~mask) | codes);
  }
}

/** FIP and FCS of the instruction that a callout executes. */
export function setInstructionPointer(cpu: Cpu): void {
  cpu.state.set(X87_IP, cpu.eip);
  cpu.state.set(X87_CS, cpu.state.u16[(SEGMENT + CS * SEGMENT_SIZE + Seg.selector) >> 1]);
}
