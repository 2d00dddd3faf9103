import { FETCH_CACHE, FETCH_CACHE_SLOTS, RAM_BASE } from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import { type AddressSpace, Kind } from "./address-space.js";

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
  /** Slots that may hold what is forgotten when CR3 is written, each once. */
  private readonly local = new Uint16Array(FETCH_CACHE_SLOTS);
  private readonly listed = new Uint8Array(FETCH_CACHE_SLOTS);
  private count = 0;

  constructor(state: CpuState) {
    this.words = state.i32.subarray(FETCH_CACHE >> 2, (FETCH_CACHE >> 2) + 2 * FETCH_CACHE_SLOTS);
    this.flushAll();
  }

  /** Physical page address, or -1. */
  find(linearPage: number, user: boolean): number {
    const slot = slotOf(linearPage);
    return this.words[2 * slot] === tag(linearPage, user) ? this.pages[slot] : -1;
  }

  /** Host address of the page, or 0: not known, or no RAM. */
  host(linearPage: number, user: boolean): number {
    const slot = slotOf(linearPage);
    return this.words[2 * slot] === tag(linearPage, user) ? this.words[2 * slot + 1] >>> 0 : 0;
  }

  isGlobal(linearPage: number): boolean {
    return this.global[slotOf(linearPage)] !== 0;
  }

  /** Remembers and returns `page`. What user code is fetched by belongs to its address space, global or not. */
  enter(linearPage: number, user: boolean, page: number, host: number, global: boolean): number {
    const slot = slotOf(linearPage);
    this.words[2 * slot] = tag(linearPage, user);
    this.words[2 * slot + 1] = host;
    this.pages[slot] = page;
    this.global[slot] = global && !user ? 1 : 0;
    if (this.global[slot] === 0 && this.listed[slot] === 0) {
      this.listed[slot] = 1;
      this.local[this.count++] = slot;
    }
    return page;
  }

  /** Enters what still holds of an address space. */
  revive({ size, pages, kinds, hosts }: AddressSpace): void {
    for (let i = 0; i < size; i++)
      if (kinds[i] & Kind.fetch) this.enter(pages[i], (kinds[i] & Kind.user) !== 0, (hosts[i] - RAM_BASE) >>> 0, hosts[i], false);
  }

  flushAll(): void {
    for (let slot = 0; slot < FETCH_CACHE_SLOTS; slot++) this.words[2 * slot] = NONE;
    this.listed.fill(0);
    this.count = 0;
  }

  flushNonGlobal(): void {
    const { words, local, listed, global, count } = this;
    for (let i = 0; i < count; i++) {
      const slot = local[i];
      listed[slot] = 0;
      if (global[slot] === 0) words[2 * slot] = NONE;
    }
    this.count = 0;
  }

  flushPage(linearPage: number): void {
    this.words[2 * slotOf(linearPage)] = NONE;
  }
}

function tag(linearPage: number, user: boolean): number {
  return linearPage * 2 + (user ? 1 : 0);
}

function slotOf(linearPage: number): number {
  return linearPage & (FETCH_CACHE_SLOTS - 1);
}
