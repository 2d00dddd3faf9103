const SLOTS = 1024;

/** Direct-mapped cache of instruction-fetch translations: which physical page a linear page's instructions come from, per privilege. */
export class FetchCache {
  /** Linear page number * 2 + user, or -1. */
  private readonly tags = new Int32Array(SLOTS).fill(-1);
  private readonly pages = new Float64Array(SLOTS);
  private readonly global = new Uint8Array(SLOTS);

  /** Physical page address, or -1. */
  find(linearPage: number, user: boolean): number {
    const slot = linearPage % SLOTS;
    return this.tags[slot] === linearPage * 2 + (user ? 1 : 0) ? this.pages[slot] : -1;
  }

  /** Remembers and returns `page`. */
  enter(linearPage: number, user: boolean, page: number, global: boolean): number {
    const slot = linearPage % SLOTS;
    this.tags[slot] = linearPage * 2 + (user ? 1 : 0);
    this.pages[slot] = page;
    this.global[slot] = global ? 1 : 0;
    return page;
  }

  flushAll(): void {
    this.tags.fill(-1);
  }

  flushNonGlobal(): void {
    for (let slot = 0; slot < SLOTS; slot++) if (this.global[slot] === 0) this.tags[slot] = -1;
  }

  flushPage(linearPage: number): void {
    this.tags[linearPage % SLOTS] = -1;
  }
}
