import * as at from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";

const ENTRIES = at.JUMP_CACHE_ENTRIES;

/**
 * The two jump caches (supervisor, user) that emitted code looks EIPs up in. They hold for one mode, one base and limit of CS, and one state
 * of the mappings. Kernels flush single pages by the ten thousand while they boot, hardly ever one with code, and reload CR3 on every
 * context switch: so it is remembered which slots are filled and which linear pages they stand for. An entry stands in the slot that its EIP
 * hashes to or, when another has come there, in that slot's neighbour: of the few hundred EIPs that a timer interrupt goes through, a dozen
 * share their slots.
 */
export class JumpCache {
  private readonly filled = new Uint32Array(2 * ENTRIES);
  private count = 0;
  /** Linear page numbers with entries, by their low 12 bits. */
  private readonly pages = new Uint8Array(4096);

  constructor(private readonly state: CpuState) {
    for (let slot = 0; slot < 2 * ENTRIES; slot++) this.empty(slot);
  }

  /** Enters a record into the cache of the present privilege. `linear` is its linear address. */
  enter(eip: number, record: number, linear: number): void {
    const { i32 } = this.state;
    const slot = this.slotOf(eip);
    const word = (at.JUMP_CACHE >> 2) + 2 * slot;
    if (i32[word + 1] !== 0 && i32[word] !== (eip | 0)) this.fill(slot ^ 1, i32[word], i32[word + 1]);
    this.fill(slot, eip, record);
    this.pages[(linear >>> 12) & 0xfff] = 1;
  }

  /** The record for an EIP at the present privilege; 0: not known. */
  find(eip: number): number {
    const slot = this.slotOf(eip);
    return this.recordIn(slot, eip) || this.recordIn(slot ^ 1, eip);
  }

  clear(): void {
    for (let i = 0; i < this.count; i++) this.empty(this.filled[i]);
    this.count = 0;
    this.pages.fill(0);
  }

  /** The mapping of one linear page has changed. */
  clearPage(linear: number): void {
    if (this.pages[(linear >>> 12) & 0xfff]) this.clear();
  }

  private slotOf(eip: number): number {
    return ((this.state.get(at.VIEW_JUMP_CACHE) - at.JUMP_CACHE) >> 3) + ((eip ^ (eip >>> 12)) & (ENTRIES - 1));
  }

  private recordIn(slot: number, eip: number): number {
    const { i32 } = this.state;
    const word = (at.JUMP_CACHE >> 2) + 2 * slot;
    return i32[word] === (eip | 0) ? i32[word + 1] : 0;
  }

  private fill(slot: number, eip: number, record: number): void {
    const { i32 } = this.state;
    const word = (at.JUMP_CACHE >> 2) + 2 * slot;
    // Slots are listed when they are filled first: a full list is every slot, so it can't overflow.
    if (i32[word + 1] === 0) this.filled[this.count++] = slot;
    i32[word] = eip;
    i32[word + 1] = record;
  }

  /** An empty slot's key must not hash to the slot or its neighbour: the complement of its number never does. */
  private empty(slot: number): void {
    const word = (at.JUMP_CACHE >> 2) + 2 * slot;
    this.state.i32[word] = ~slot & (ENTRIES - 1);
    this.state.i32[word + 1] = 0;
  }
}
