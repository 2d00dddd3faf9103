import type { Ports, TimeStampCounter } from "../../src/vmm/cpu/connections.js";
import type { MmioRegion } from "../../src/vmm/mmu/physical.js";
import { PAGE } from "./memory-map.js";

const INTERRUPTS = 3;

/** What the processor of a case hears from outside: values that follow from how much was asked, and a digest of all that was asked and said. */
export class Answers {
  digest = 0;
  #state = 1;
  #interrupts = 0;

  readonly ports: Ports = {
    read: (port, size) => this.#read(port, size),
    write: (port, size, value) => this.#note(2, port, size, value),
  };
  readonly tsc: TimeStampCounter = {
    low: 0,
    high: 0,
    window: 0,
    read: () => Object.assign(this.tsc, { low: this.#next(), high: this.#next() & 0xff }),
    write: (low, high) => this.#note(4, low, high),
  };

  restart(seed: number): void {
    this.#state = seed | 1;
    this.digest = 0;
    this.#interrupts = INTERRUPTS;
  }

  /** The interrupt controller's vector, and whether it was the last. */
  acknowledge(): { vector: number; last: boolean } {
    this.#note(3);
    this.#interrupts--;
    return { vector: this.#next() & 0xff, last: this.#interrupts <= 0 };
  }

  /** A page of device registers. */
  region(base: number): MmioRegion {
    return {
      base,
      size: PAGE,
      read: (offset, size) => this.#read(base + offset, size),
      write: (offset, size, value) => this.#note(5, base + offset, size, value),
    };
  }

  #read(from: number, size: number): number {
    this.#note(1, from, size);
    return size === 4 ? this.#next() : this.#next() & (size === 2 ? 0xffff : 0xff);
  }
  /** xorshift32. */
  #next(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state >>> 0;
  }
  #note(...words: number[]): void {
    for (const word of words) this.digest = (Math.imul(this.digest ^ word, 0x0100_0193) + 0x9e37) | 0;
  }
}
