import * as at from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import type { FlushKind } from "../mmu/mmu.js";

const ENTRIES = at.JUMP_CACHE_ENTRIES;

/**
 * The jump caches that emitted code looks EIPs up in: the supervisor's, and one for user code of each address space. They hold for one mode, one base
 * and limit of CS, and one state of the mappings. Kernels flush single pages by the ten thousand while they boot, hardly ever one with code, and
 * reload CR3 on every context switch, which leaves their own pages, global ones, where they are.
 */
export class JumpCaches {
  private readonly supervisor: JumpCache;
  /** By address space. */
  private readonly user: readonly JumpCache[];

  constructor(private readonly state: CpuState) {
    this.supervisor = new JumpCache(state, at.JUMP_CACHE);
    this.user = Array.from({ length: at.ADDRESS_SPACES }, (_, i) => new JumpCache(state, at.JUMP_CACHE + (1 + i) * at.JUMP_CACHE_SIZE));
  }

  /** Enters a record into the present cache. `linear` is its linear address; `global`: its page stays when CR3 is written. */
  enter(eip: number, record: number, linear: number, global: boolean): void {
    this.present.enter(eip, record, linear, global);
  }
  /** The record for an EIP at the present privilege; 0: not known. */
  find(eip: number): number {
    return this.present.find(eip);
  }

  clear(): void {
    this.supervisor.clear();
    for (const cache of this.user) cache.clear();
  }

  /** Mappings may have changed. */
  flushed(kind: FlushKind, linear: number): void {
    if (kind === "all") this.clear();
    else if (kind === "page") {
      this.supervisor.clearPage(linear);
      this.ofSpace.clearPage(linear);
    } else {
      this.supervisor.clearLocal();
      if (kind === "space") this.ofSpace.clear();
    }
  }

  private get present(): JumpCache {
    return this.state.get(at.VIEW_JUMP_CACHE) === at.JUMP_CACHE ? this.supervisor : this.ofSpace;
  }
  private get ofSpace(): JumpCache {
    return this.user[(this.state.get(at.USER_JUMP_CACHE) - at.JUMP_CACHE) / at.JUMP_CACHE_SIZE - 1];
  }
}

/**
 * It is remembered which slots are filled and which linear pages they stand for. An entry stands in the slot that its EIP hashes to or, when others
 * have come there, in one of that slot's neighbours: of the thousands of EIPs that a fork goes through, hundreds share their slots.
 */
class JumpCache {
  /** Index of the first word. */
  private readonly first: number;
  private readonly filled = new Uint16Array(ENTRIES);
  private count = 0;
  /** Linear page numbers that may have entries. */
  private readonly pages = new Set<number>();
  /** The one that was added last, if it is still there. */
  private lastPage = -1;
  /** Of CS: what there is in the cache goes by one base. */
  private base = 0;
  /** Entries of pages that aren't global are few, or all. */
  private hasLocal = false;
  private readonly local = new Uint8Array(ENTRIES);

  constructor(
    private readonly state: CpuState,
    address: number,
  ) {
    this.first = address >> 2;
    for (let slot = 0; slot < ENTRIES; slot++) this.empty(slot);
  }

  enter(eip: number, record: number, linear: number, global: boolean): void {
    const slot = slotOf(eip);
    this.makeRoom(slot, eip);
    this.fill(slot, eip, record, global ? 0 : 1);
    if (linear >>> 12 !== this.lastPage) {
      this.lastPage = linear >>> 12;
      this.pages.add(this.lastPage);
    }
    this.base = linear - eip;
  }

  find(eip: number): number {
    const slot = slotOf(eip);
    for (let way = 0; way < at.JUMP_CACHE_WAYS; way++) {
      const record = this.recordIn(slot ^ way, eip);
      if (record !== 0) return record;
    }
    return 0;
  }

  /** What stands in a slot moves on to the neighbour, and what stood there, up to one that is free or holds the EIP itself; or else the last one goes. */
  private makeRoom(slot: number, eip: number): void {
    const { i32 } = this.state;
    let last = 0;
    const isTaken = (at: number) => i32[this.first + 2 * at + 1] !== 0 && i32[this.first + 2 * at] !== (eip | 0);
    while (last < at.JUMP_CACHE_WAYS - 1 && isTaken(slot ^ last)) last++;
    for (let way = last; way > 0; way--) {
      const word = this.first + 2 * (slot ^ (way - 1));
      this.fill(slot ^ way, i32[word], i32[word + 1], this.local[slot ^ (way - 1)]);
    }
  }

  clear(): void {
    if (this.count === 0) return;
    for (let i = 0; i < this.count; i++) this.empty(this.filled[i]);
    this.count = 0;
    this.hasLocal = false;
    this.pages.clear();
    this.lastPage = -1;
  }

  /** The mapping of one linear page has changed. */
  clearPage(linear: number): void {
    if (!this.pages.delete(linear >>> 12)) return;
    if (this.lastPage === linear >>> 12) this.lastPage = -1;
    const { i32 } = this.state;
    this.clearWhere((slot) => (i32[this.first + 2 * slot] + this.base) >>> 12 === linear >>> 12);
  }

  /** The mappings of all pages that aren't global have. */
  clearLocal(): void {
    if (!this.hasLocal) return;
    this.hasLocal = false;
    this.clearWhere((slot) => this.local[slot] !== 0);
  }

  private clearWhere(goes: (slot: number) => boolean): void {
    const { filled, count } = this;
    this.count = 0;
    for (let i = 0; i < count; i++)
      if (goes(filled[i])) this.empty(filled[i]);
      else filled[this.count++] = filled[i];
  }

  private recordIn(slot: number, eip: number): number {
    const { i32 } = this.state;
    const word = this.first + 2 * slot;
    return i32[word] === (eip | 0) ? i32[word + 1] : 0;
  }

  private fill(slot: number, eip: number, record: number, local: number): void {
    const { i32 } = this.state;
    const word = this.first + 2 * slot;
    // Slots are listed when they are filled first: a full list is every slot, so it can't overflow.
    if (i32[word + 1] === 0) this.filled[this.count++] = slot;
    i32[word] = eip;
    i32[word + 1] = record;
    this.local[slot] = local;
    if (local) this.hasLocal = true;
  }

  /** An empty slot's key must not hash to the slot or its neighbours. */
  private empty(slot: number): void {
    const word = this.first + 2 * slot;
    this.state.i32[word] = slot < at.JUMP_CACHE_WAYS ? 1 : 0;
    this.state.i32[word + 1] = 0;
  }
}

/** The slot that an EIP hashes to; 0 hashes to 0. */
export function slotOf(eip: number): number {
  return Math.imul(eip, at.JUMP_CACHE_FACTOR) >>> (Math.clz32(ENTRIES) + 1);
}
