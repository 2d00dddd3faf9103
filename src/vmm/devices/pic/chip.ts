import type { InterruptLine } from "../line.js";
import { type ChipState, READY } from "./state.js";

/** What `acknowledge` answers when the request went away before it was taken. */
export const SPURIOUS = -1;

/**
 * One 8259A (Intel 8259A data sheet; "IR" are its inputs, 0 to 7). Always answers as in 8086 mode: the call instructions of MCS-80 mode mean
 * nothing to an x86 processor. Buffered mode changes pins only.
 *
 * In edge mode a request exists while its input stays high: one that falls before it is acknowledged is gone, and if the processor asks
 * nevertheless it gets IR7, without a bit in ISR.
 */
export class Pic8259 {
  readonly #int: InterruptLine;
  readonly #ended: (ir: number) => void;
  readonly #reset: ChipState;
  #state: ChipState;

  /**
   * `int`: the output. `ended(ir)`: an EOI has cleared this bit of ISR (in AEOI mode: it was acknowledged).
   * `reset`: the state in which firmware leaves the chip.
   */
  constructor(int: InterruptLine, ended: (ir: number) => void, reset: ChipState) {
    this.#int = int;
    this.#ended = ended;
    this.#reset = reset;
    this.#state = { ...reset };
  }

  /** The inputs keep their levels, they are not the chip's. */
  reset(): void {
    this.#state = { ...this.#reset, lines: this.#state.lines, elcr: 0 };
    this.#int(false);
  }

  get int(): boolean {
    return this.#state.int;
  }

  get cascade(): number {
    return this.#state.single ? 0 : this.#state.cascade;
  }

  get elcr(): number {
    return this.#state.elcr;
  }

  set elcr(mask: number) {
    this.#state.elcr = mask;
    this.#update();
  }

  /** IRR: the inputs that request, masked or not. */
  get irr(): number {
    const state = this.#state;
    const level = state.levelTriggered ? 0xff : state.elcr;
    return (state.edges & ~level) | (state.lines & level);
  }

  /** The vector for an input. */
  vector(ir: number): number {
    return this.#state.base | ir;
  }

  setLine(ir: number, asserted: boolean): void {
    const state = this.#state;
    const bit = 1 << ir;
    if (asserted === ((state.lines & bit) !== 0)) return;
    if (asserted) {
      state.lines |= bit;
      state.edges |= bit;
    } else {
      state.lines &= ~bit;
      state.edges &= ~bit;
    }
    this.#update();
  }

  /** INTA: the input with the highest priority goes into service. Returns it, or SPURIOUS. */
  acknowledge(): number {
    const state = this.#state;
    const ir = this.#highest();
    if (ir >= 0) {
      state.edges &= ~(1 << ir);
      if (!state.autoEoi) state.isr |= 1 << ir;
      else if (state.rotateOnAutoEoi) state.lowest = ir;
    }
    // INT drops with the first INTA, and comes back if there is more: the master needs that edge to see the slave's next request.
    if (state.int) {
      state.int = false;
      this.#int(false);
    }
    this.#update();
    if (ir >= 0 && state.autoEoi) this.#ended(ir);
    return ir;
  }

  /** `odd`: A0, the chip's second port. */
  read(odd: boolean): number {
    const state = this.#state;
    if (state.poll) {
      state.poll = false;
      const ir = this.acknowledge();
      return ir < 0 ? 0 : 0x80 | ir;
    }
    if (odd) return state.imr;
    return state.readIsr ? state.isr : this.irr;
  }

  write(odd: boolean, value: number): void {
    if (odd) this.#writeOdd(value);
    else if ((value & 0x10) !== 0) this.#writeIcw1(value);
    else if ((value & 0x08) !== 0) this.#writeOcw3(value);
    else this.#writeOcw2(value);
    this.#update();
  }

  save(): ChipState {
    return { ...this.#state };
  }

  restore(state: ChipState): void {
    this.#state = { ...state };
  }

  #writeIcw1(value: number): void {
    const state = this.#state;
    state.edges = 0;
    state.imr = 0;
    state.isr = 0;
    state.lowest = 7;
    state.specialMask = false;
    state.readIsr = false;
    state.poll = false;
    state.autoEoi = false;
    state.rotateOnAutoEoi = false;
    state.specialFullyNested = false;
    state.wantsIcw4 = (value & 0x01) !== 0;
    state.single = (value & 0x02) !== 0;
    state.levelTriggered = (value & 0x08) !== 0;
    state.expects = 2;
  }

  #writeOdd(value: number): void {
    const state = this.#state;
    if (state.expects === 2) {
      state.base = value & 0xf8;
      state.expects = state.single ? this.#afterIcw3() : 3;
    } else if (state.expects === 3) {
      state.cascade = value;
      state.expects = this.#afterIcw3();
    } else if (state.expects === 4) {
      state.autoEoi = (value & 0x02) !== 0;
      state.specialFullyNested = (value & 0x10) !== 0;
      state.expects = READY;
    } else {
      state.imr = value;
    }
  }

  #afterIcw3(): number {
    return this.#state.wantsIcw4 ? 4 : READY;
  }

  /** OCW2: R, SL, EOI in bits 7 to 5 and a level in 2 to 0. */
  #writeOcw2(value: number): void {
    const state = this.#state;
    const level = value & 7;
    switch (value >> 5) {
      case 0b000:
      case 0b100:
        state.rotateOnAutoEoi = value >> 5 === 0b100;
        break;
      case 0b001:
      case 0b101:
        this.#endOfInterrupt(this.#highestInService(), value >> 5 === 0b101);
        break;
      case 0b011:
      case 0b111:
        this.#endOfInterrupt(level, value >> 5 === 0b111);
        break;
      case 0b110:
        state.lowest = level;
        break;
      default: // 0b010: no operation
        break;
    }
  }

  #writeOcw3(value: number): void {
    const state = this.#state;
    if ((value & 0x40) !== 0) state.specialMask = (value & 0x20) !== 0;
    if ((value & 0x04) !== 0) state.poll = true;
    if ((value & 0x02) !== 0) state.readIsr = (value & 0x01) !== 0;
  }

  #endOfInterrupt(ir: number, rotate: boolean): void {
    const state = this.#state;
    if (ir < 0) return;
    if (rotate) state.lowest = ir;
    if ((state.isr & (1 << ir)) === 0) return;
    state.isr &= ~(1 << ir);
    this.#update();
    this.#ended(ir);
  }

  /** What a non-specific EOI ends; in special mask mode it passes over masked levels. -1: nothing is in service. */
  #highestInService(): number {
    const inService = this.#blocking();
    for (let i = 1; i <= 8; i++) {
      const ir = (this.#state.lowest + i) & 7;
      if ((inService & (1 << ir)) !== 0) return ir;
    }
    return -1;
  }

  /** The input that may interrupt now, -1 if none may. A level in service holds back itself and all below it. */
  #highest(): number {
    const state = this.#state;
    const requests = this.irr & ~state.imr;
    if (requests === 0 || state.expects !== READY) return -1;
    const blocking = this.#blocking();
    // Special fully nested mode: a slave in service may interrupt again, for something that its own priorities let through.
    const nested = state.specialFullyNested ? this.cascade : 0;
    for (let i = 1; i <= 8; i++) {
      const ir = (state.lowest + i) & 7;
      const bit = 1 << ir;
      if ((requests & bit & (~blocking | nested)) !== 0) return ir;
      if ((blocking & bit) !== 0) return -1;
    }
    return -1;
  }

  #blocking(): number {
    return this.#state.specialMask ? this.#state.isr & ~this.#state.imr : this.#state.isr;
  }

  #update(): void {
    const int = this.#highest() >= 0;
    if (int === this.#state.int) return;
    this.#state.int = int;
    this.#int(int);
  }
}
