import type { Insn } from "../cpu/callout.js";
import type { Cpu } from "../cpu/cpu.js";

/** Parts are where the whole puts them. */
const CHECKED = 1;

/** Reads and writes an image of known length at the memory operand; everything is probed before the first access. */
export class MemoryImage {
  readonly #cpu: Cpu;
  readonly #segment: number;
  readonly #offset: number;
  readonly #mask: number;

  constructor(cpu: Cpu, insn: Insn) {
    this.#cpu = cpu;
    this.#segment = insn.segment;
    this.#offset = insn.effectiveAddress();
    this.#mask = insn.addressSize === 2 ? 0xffff : 0xffff_ffff;
  }
  /** `alignment`: of the whole, where AC is checked. False: an exception was raised. */
  probe(bytes: number, write: boolean, alignment: number): boolean {
    return this.#cpu.probeSegment(this.#segment, this.#offset, bytes, write, alignment);
  }
  read(at: number, size: 1 | 2 | 4): number {
    return this.#cpu.readSegment(this.#segment, this.#at(at), size, CHECKED);
  }
  write(at: number, size: 1 | 2 | 4, value: number): void {
    this.#cpu.writeSegment(this.#segment, this.#at(at), size, value, CHECKED);
  }
  #at(at: number): number {
    return ((this.#offset + at) & this.#mask) >>> 0;
  }
}
