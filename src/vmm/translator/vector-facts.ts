import type { Elements } from "../isa/sse-elements.js";
import type { TemporaryFacts } from "./temporary-facts.js";

/** What is known of a vector in a temporary. */
export interface VectorFact {
  readonly elements?: Elements;
  /** It is the n-th value of a register. */
  readonly copyOf?: { readonly register: number; readonly n: number };
}

/**
 * Which vectors of a block are known to hold ordinary numbers in their low lanes (isa/sse-fast.ts), so that what was made of tested numbers
 * needs no test again. Nothing is known where a block begins.
 */
export class VectorFacts {
  private readonly registers: (Elements | undefined)[] = [];
  /** How many values a register has had. */
  private readonly values: number[] = [0, 0, 0, 0, 0, 0, 0, 0];

  constructor(private readonly temporaries: TemporaryFacts<VectorFact>) {}

  isCopy(local: number, register: number): void {
    this.temporaries.learn(local, { elements: this.registers[register], copyOf: { register, n: this.values[register] } });
  }
  /** A register has got what a temporary holds; not always, if `perhaps`. */
  assigned(register: number, local: number, perhaps: boolean): void {
    this.values[register]++;
    this.registers[register] = perhaps ? undefined : this.temporaries.of(local)?.elements;
  }

  learn(local: number, elements: Elements): void {
    if (this.knows(local, elements)) return;
    const copyOf = this.temporaries.of(local)?.copyOf;
    this.temporaries.learn(local, { elements, copyOf });
    if (copyOf && copyOf.n === this.values[copyOf.register]) this.registers[copyOf.register] = elements;
  }
  knows(local: number, { format, lanes }: Elements): boolean {
    const known = this.temporaries.of(local)?.elements;
    return known !== undefined && known.format === format && known.lanes >= lanes;
  }
}
