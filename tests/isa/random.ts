/** xoshiro128**: a small generator that is the same everywhere, so that a seed is a test. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number) {
    let z = seed >>> 0;
    const next = () => {
      z = (z + 0x9e3779b9) >>> 0;
      let t = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      t = Math.imul(t ^ (t >>> 13), 0xc2b2ae35);
      return t ^ (t >>> 16);
    };
    [this.#a, this.#b, this.#c, this.#d] = [next(), next(), next(), next()];
  }

  /** Uniform in -2^31..2^31-1. */
  #next(): number {
    const x = Math.imul(this.#b, 5);
    const t = this.#b << 9;
    const c = this.#c ^ this.#a;
    const d = this.#d ^ this.#b;
    this.#b ^= c;
    this.#a ^= d;
    this.#c = c ^ t;
    this.#d = (d << 11) | (d >>> 21);
    return Math.imul((x << 7) | (x >>> 25), 9);
  }

  /** Uniform in 0..2^32-1. */
  word(): number {
    return this.#next() >>> 0;
  }

  /** Uniform in 0..n-1, for n up to 2^16. */
  below(n: number): number {
    return ((this.#next() >>> 16) * n) >>> 16;
  }

  /** True once in n. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(items: ArrayLike<T>): T {
    return items[this.below(items.length)];
  }
}
