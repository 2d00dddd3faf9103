import type { Temp, Value } from "../isa/emitter.js";
import type { TemporaryFacts } from "./temporary-facts.js";

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
  readonly key: Key;
  readonly delta: number;
}
/** What the distance is from: a number for a register's value or a page, which nearly all are; text, with the brackets that it needs, for what is made of several. */
export type Key = number | string;

const PAGE_BITS = 12;
const REGISTERS = 8;

/** Key of the n-th value of a register since the block began. */
function registerKey(register: number, n: number): Key {
  return REGISTERS * n + register;
}
/** Pages have the negative numbers. */
function pageKey(linear: number): Key {
  return ~(linear >>> PAGE_BITS);
}

const FOUND: readonly Located[] = Array.from({ length: REGISTERS }, (_, n) => ({ key: registerKey(n, 0), delta: 0 }));

/**
 * Follows values through a block as far as addresses are made of them: a register as the block found it (or as it was last set), plus
 * constants, plus another scaled. Keys are made from what was computed, so staging a block again gives the same ones.
 */
export class Addresses {
  private readonly registers: Located[] = [...FOUND];
  /** How many values a register has had. */
  private readonly values: number[] = [0, 0, 0, 0, 0, 0, 0, 0];

  constructor(private readonly temporaries: TemporaryFacts<Located>) {}

  of(v: Value): Located | undefined {
    if (typeof v === "number") return { key: pageKey(v), delta: v & 0xfff };
    return this.temporaries.of(v.local);
  }

  /** `copy` is the value of register `n`. */
  isCopy(copy: Temp, n: number): void {
    this.temporaries.learn(copy.local, this.registers[n]);
  }

  /** Register `n` is `v` now; not always, if `perhaps`. */
  assigned(n: number, v: Value, perhaps: boolean): void {
    const located = perhaps || typeof v === "number" ? undefined : this.temporaries.of(v.local);
    this.registers[n] = located ?? { key: registerKey(n, ++this.values[n]), delta: 0 };
  }

  /** Notes that `sum` is a + b, and gives it back. */
  sum(sum: Value, a: Value, b: Value): Value {
    if (typeof sum === "number" || sum === a || sum === b) return sum;
    const located = this.added(a, b);
    if (located) this.temporaries.learn(sum.local, located);
    return sum;
  }
  private added(a: Value, b: Value): Located | undefined {
    if (typeof a === "number") return typeof b === "number" ? undefined : this.moved(b, a);
    if (typeof b === "number") return this.moved(a, b);
    const [left, right] = [this.of(a), this.of(b)];
    return left && right && { key: `(${left.key}+${right.key})`, delta: (left.delta + right.delta) | 0 };
  }
  private moved(v: Temp, by: number): Located | undefined {
    const located = this.temporaries.of(v.local);
    return located && { key: located.key, delta: (located.delta + by) | 0 };
  }

  /** Notes that `shifted` is a << n, and gives it back. */
  scaled(shifted: Value, a: Value, n: Value): Value {
    if (typeof shifted === "number" || shifted === a || typeof a === "number" || typeof n !== "number") return shifted;
    const located = this.temporaries.of(a.local);
    if (located) this.temporaries.learn(shifted.local, { key: `${located.key}<<${n}`, delta: located.delta << n });
    return shifted;
  }
}
