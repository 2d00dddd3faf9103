import type { Temp, Value } from "../isa/emitter.js";

/** Accesses of a block whose distances from each other are known: one check of the TLB serves them all. */
export interface Group {
  low: number;
  high: number;
  write: boolean;
  count: number;
  /** Local with the host address of `low`, once it has been checked in the block being emitted. */
  local?: number;
}

/** A value as a distance from something that doesn't change meanwhile. */
export interface Located {
  readonly key: string;
  readonly delta: number;
}

const PAGE_BITS = 12;

/**
 * Follows values through a block as far as addresses are made of them: a register as the block found it (or as it was last set), plus
 * constants, plus another scaled. Keys are made from what was computed, so staging a block again gives the same ones.
 */
export class Addresses {
  private readonly registers: Located[] = Array.from({ length: 8 }, (_, n) => ({ key: `r${n}`, delta: 0 }));
  private readonly versions = new Int32Array(8);
  private readonly temporaries = new Map<number, Located>();

  of(v: Value): Located | undefined {
    if (typeof v === "number") return { key: `page ${v >>> PAGE_BITS}`, delta: v & 0xfff };
    return this.temporaries.get(v.local);
  }

  /** `copy` is the value of register `n`. */
  isCopy(copy: Temp, n: number): void {
    this.temporaries.set(copy.local, this.registers[n]);
  }

  /** Register `n` is `v` now; not always, if `perhaps`. */
  assigned(n: number, v: Value, perhaps: boolean): void {
    const located = perhaps || typeof v === "number" ? undefined : this.temporaries.get(v.local);
    this.registers[n] = located ?? { key: `r${n}.${++this.versions[n]}`, delta: 0 };
  }

  /** Notes that `sum` is a + b, and gives it back. */
  sum(sum: Value, a: Value, b: Value): Value {
    if (typeof sum === "number" || sum === a || sum === b) return sum;
    const located = this.added(a, b);
    if (located) this.temporaries.set(sum.local, located);
    return sum;
  }
  private added(a: Value, b: Value): Located | undefined {
    if (typeof a === "number") return typeof b === "number" ? undefined : this.moved(b, a);
    if (typeof b === "number") return this.moved(a, b);
    const [left, right] = [this.of(a), this.of(b)];
    return left && right && { key: `${left.key}+${right.key}`, delta: (left.delta + right.delta) | 0 };
  }
  private moved(v: Temp, by: number): Located | undefined {
    const located = this.temporaries.get(v.local);
    return located && { key: located.key, delta: (located.delta + by) | 0 };
  }

  /** Notes that `shifted` is a << n, and gives it back. */
  scaled(shifted: Value, a: Value, n: Value): Value {
    if (typeof shifted === "number" || shifted === a || typeof a === "number" || typeof n !== "number") return shifted;
    const located = this.temporaries.get(a.local);
    if (located) this.temporaries.set(shifted.local, { key: `${located.key}<<${n}`, delta: located.delta << n });
    return shifted;
  }

  /** Temporaries are about to be used again for other values. */
  forgetTemporaries(): void {
    this.temporaries.clear();
  }
}
