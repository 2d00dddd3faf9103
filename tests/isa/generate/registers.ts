import { newWords } from "../arena.js";
import { CROSSING_WINDOW, DATA, EDGE_WINDOW, PAGE, WINDOW } from "../layout.js";
import type { Random } from "../random.js";
import { interestingWord } from "./values.js";

export const SP = 4;

/** The general registers of a case: they get their initial values when something needs them, the rest at the end. */
export class CaseRegisters {
  /** EAX ECX EDX EBX ESP EBP ESI EDI. */
  protected readonly gpr = newWords(8);
  // Sets of registers, a bit each.
  #fixed = 0;
  /** They still hold what the case started with. */
  #initial = 0xff;
  /** Addresses are made of them. */
  #pointers = 0;

  constructor(protected readonly random: Random) {}

  setRegister(register: number, value: number): void {
    this.gpr[register] = value;
    this.#fixed |= 1 << register;
  }

  /** Gives a register its initial value, if nothing else has. */
  offer(register: number, value: number): void {
    if (this.isFree(register)) this.setRegister(register, value);
  }

  /** A register that the case hasn't written: its value is known here. */
  isInitial(register: number): boolean {
    return (this.#initial & (1 << register)) !== 0;
  }

  isFree(register: number): boolean {
    return (this.#initial & ~this.#fixed & (1 << register)) !== 0;
  }

  isPointer(register: number): boolean {
    return (this.#pointers & (1 << register)) !== 0;
  }

  markPointer(register: number): void {
    this.#pointers |= 1 << register;
  }

  /** Value of a register that is still initial; draws one if need be. */
  register(register: number): number {
    if ((this.#fixed & (1 << register)) === 0)
      this.setRegister(register, register === SP ? stackPointer(this.random) : interestingWord(this.random));
    return this.gpr[register];
  }

  /** One of a set of registers whose value is known, or -1. */
  known(registers: number): number {
    const known = this.#initial & registers;
    if (known === 0) return -1;
    for (;;) {
      const register = this.random.below(8);
      if ((known & (1 << register)) !== 0) return register;
    }
  }

  /** From here on their values are unknown. */
  clobber(registers: readonly number[]): void {
    for (const register of registers) this.#initial &= ~(1 << register);
  }
}

function stackPointer(random: Random): number {
  switch (random.below(10)) {
    case 0:
      return EDGE_WINDOW + random.below(WINDOW + 8);
    case 1:
      return CROSSING_WINDOW + random.below(WINDOW);
    case 2:
      return DATA + PAGE + random.below(48); // pushes reach the read-only page
    default:
      return DATA + 4 * PAGE + 256 + 4 * random.below(700);
  }
}
