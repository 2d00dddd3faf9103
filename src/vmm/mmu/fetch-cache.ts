const SLOTS = 1024;

/** Direct-mapped cache of instruction-fetch translations: which physical page a linear page's instructions come from, per privilege. */
export class FetchCache {
  /** Linear page number * 2 + user, or -1. */
  private readonly tags = new Int32Array(SLOTS).fill(-1);
  private readonly generations = new Uint32Array(SLOTS);
  private readonly pages = new Float64Array(SLOTS);
  private generation = 1;

  /** Physical page address, or -1. */
  find(linearPage: number, user: boolean): number {
    const slot = linearPage % SLOTS;
    return this.tags[slot] === linearPage * 2 + (user ? 1 : 0) && this.generations[slot] === this.generation ? this.pages[slot] : -1;
  }

  /** Remembers and returns `page`. */
  enter(linearPage: number, user: boolean, page: number): number {
    const slot = linearPage % SLOTS;
    this.tags[slot] = linearPage * 2 + (user ? 1 : 0);
    this.generations[slot] = this.generation;
    this.pages[slot] = page;
    return page;
  }

  flush(): void {
    if (++this.generation > 0xffffffff) {
      this.generation = 1;
      this.generations.fill(0);
    }
  }
}
