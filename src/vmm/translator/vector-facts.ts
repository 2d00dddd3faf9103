import type { Elements } from "../isa/sse-elements.js";

/**
 * Which vectors of a block are known to hold ordinary numbers in their low lanes (isa/sse-fast.ts), so that what was made of tested numbers
 * needs no test again. Nothing is known where a block begins.
 */
export class VectorFacts {
  private readonly registers = new Map<number, Elements>();
  private readonly temporaries = new Map<number, Elements>();
  /** Temporaries that hold what a register holds. */
  private readonly copies = new Map<number, number>();

  isCopy(local: number, register: number): void {
    this.copies.set(local, register);
    const known = this.registers.get(register);
    if (known) this.temporaries.set(local, known);
  }
  /** A register has got what a temporary holds; not always, if `perhaps`. */
  assigned(register: number, local: number, perhaps: boolean): void {
    for (const [copy, of] of this.copies) if (of === register) this.copies.delete(copy);
    const known = perhaps ? undefined : this.temporaries.get(local);
    if (known) this.registers.set(register, known);
    else this.registers.delete(register);
  }

  learn(local: number, elements: Elements): void {
    if (this.knows(local, elements)) return;
    this.temporaries.set(local, elements);
    const register = this.copies.get(local);
    if (register !== undefined) this.registers.set(register, elements);
  }
  knows(local: number, { format, lanes }: Elements): boolean {
    const known = this.temporaries.get(local);
    return known !== undefined && known.format === format && known.lanes >= lanes;
  }

  /** Temporaries are about to be used again for other values. */
  forgetTemporaries(): void {
    this.temporaries.clear();
    this.copies.clear();
  }
}
