import { bounds } from "./bounds.js";
import type { Cpu } from "./cpu.js";
import { ACCESS_BIG, access, base, type Descriptor, limit } from "./descriptors.js";
import { Vector } from "./exceptions.js";
import { ESP } from "./general-registers.js";
import { CPL, Seg, SS, STACK_MASK } from "./layout.js";

/** The longest is that of a call gate with 31 parameters and four words more. */
const CAPACITY = 40;

/**
 * Values on their way to a stack. They are collected first, then all checked, then all stored, so that a fault leaves no half of a frame.
 * One object, reused.
 */
export class StackFrame {
  readonly #offsets = new Uint32Array(CAPACITY);
  readonly #values = new Uint32Array(CAPACITY);
  readonly #sizes = new Uint8Array(CAPACITY);
  #count = 0;
  #base = 0;
  #low = 0;
  #high = 0;
  #user = false;
  /** Error code of a #SS. */
  #error = 0;
  /** 0xffff or 0xffffffff. */
  mask = 0;
  /** Offset of what was pushed last, within `mask`. */
  pointer = 0;

  constructor(private readonly cpu: Cpu) {}

  /** Begins on the present stack. */
  onCurrent(): this {
    const { state } = this.cpu;
    this.#base = state.segment(SS, Seg.base);
    this.#low = state.segment(SS, Seg.writeLow);
    this.#high = state.segment(SS, Seg.writeHigh);
    this.#user = state.get(CPL) === 3;
    this.#error = this.cpu.ext;
    this.mask = state.get(STACK_MASK);
    this.pointer = (state.reg(ESP) & this.mask) >>> 0;
    this.#count = 0;
    return this;
  }

  /** Begins on the stack of another privilege level: segment `d` (checked by the caller), whose selector is the error code of a #SS. */
  on(d: Descriptor, selector: number, pointer: number, cpl: number): this {
    const bits = access(d);
    const { low, high } = bounds(bits, limit(d));
    this.#base = base(d);
    this.#low = low;
    this.#high = high;
    this.#user = cpl === 3;
    this.#error = (selector & 0xfffc) | this.cpu.ext;
    this.mask = bits & ACCESS_BIG ? 0xffff_ffff : 0xffff;
    this.pointer = (pointer & this.mask) >>> 0;
    this.#count = 0;
    return this;
  }

  push(size: number, value: number): this {
    this.pointer = ((this.pointer - size) & this.mask) >>> 0;
    this.#offsets[this.#count] = this.pointer;
    this.#values[this.#count] = value;
    this.#sizes[this.#count++] = size;
    return this;
  }

  /** Whether all can be stored; otherwise the exception has been raised. */
  check(): boolean {
    for (let i = 0; i < this.#count; i++) {
      const offset = this.#offsets[i];
      const size = this.#sizes[i];
      if (offset < this.#low || offset + size - 1 > this.#high) {
        this.cpu.raise(Vector.SS, this.#error);
        return false;
      }
      const linear = (this.#base + offset) >>> 0;
      // Of inner stacks not: alignment is checked at CPL 3 only, and those are another level's.
      if (this.#user && !this.cpu.aligned(linear, size)) return false;
      if (!this.cpu.mmu.probe(linear, size, true, this.#user)) return false;
    }
    return true;
  }

  /** Stores all, after `check`. ESP and SS are the caller's. */
  store(): void {
    const { mmu } = this.cpu;
    for (let i = 0; i < this.#count; i++) {
      const linear = (this.#base + this.#offsets[i]) >>> 0;
      mmu.accessed(linear, this.#sizes[i], true);
      mmu.write(linear, this.#sizes[i], this.#values[i], this.#user);
    }
  }
}
