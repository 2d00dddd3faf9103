import { FETCH_CACHE, FETCH_CACHE_SLOTS } from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";

const NONE = -1;

/**
 * Direct-mapped cache of instruction-fetch translations: which physical page a linear page's instructions come from, per privilege. Translated code
 * that goes on from one page to another looks here, too, whether it would still find what it was made from.
 */
export class FetchCache {
  /** Two words a slot: the tag, and the page's host address. */
  private readonly words: Int32Array;
  private readonly pages = new Float64Array(FETCH_CACHE_SLOTS);
  private readonly global = new Uint8Array(FETCH_CACHE_SLOTS);
  /** Slots that may hold what is forgotten when CR3 is written; may name a slot twice. */
  private readonly local: number[] = [];

  constructor(state: CpuState) {
    this.words = state.i32.subarray(FETCH_CACHE >> 2, (FETCH_CACHE >> 2) + 2 * FETCH_CACHE_SLOTS);
    this.flushAll();
  }

  /** Physical page address, or -1. */
  find(linearPage: number, user: boolean): number {
    const slot = linearPage % FETCH_CACHE_SLOTS;
    return this.words[2 * slot] === tag(linearPage, user) ? this.pages[slot] : -1;
  }

  /** Host address of the page, or 0: not known, or no RAM. */
  host(linearPage: number, user: boolean): number {
    const slot = linearPage % FETCH_CACHE_SLOTS;
    return this.words[2 * slot] === tag(linearPage, user) ? this.words[2 * slot + 1] >>> 0 : 0;
  }

  isGlobal(linearPage: number): boolean {
    return this.global[linearPage % FETCH_CACHE_SLOTS] !== 0;
  }

  /** Remembers and returns `page`. What user code is fetched by belongs to its address space, global or not. */
  enter(linearPage: number, user: boolean, page: number, host: number, global: boolean): number {
    const slot = linearPage % FETCH_CACHE_SLOTS;
    this.words[2 * slot] = tag(linearPage, user);
    this.words[2 * slot + 1] = host;
    this.pages[slot] = page;
    this.global[slot] = global && !user ? 1 : 0;
    if (this.global[slot] === 0) this.local.push(slot);
    return page;
  }

  flushAll(): void {
    for (let slot = 0; slot < FETCH_CACHE_SLOTS; slot++) this.words[2 * slot] = NONE;
    this.local.length = 0;
  }

  flushNonGlobal(): void {
    for (const slot of this.local) if (this.global[slot] === 0) this.words[2 * slot] = NONE;
    this.local.length = 0;
  }

  flushPage(linearPage: number): void {
    this.words[2 * (linearPage % FETCH_CACHE_SLOTS)] = NONE;
  }
}

function tag(linearPage: number, user: boolean): number {
  return linearPage * 2 + (user ? 1 : 0);
}
