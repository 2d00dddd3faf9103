import { PAGE_SIZE, RAM_BASE, TLB, TLB_SIZE } from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import { type AddressSpace, Kind } from "./address-space.js";
import type { PhysicalMemory, Stores } from "./physical.js";
import { forgetRecentPages } from "./recent-pages.js";
import { hostBy, isValid, NOTHING, VALID } from "./tlb-entry.js";

/** Entries remembered per list; a list that is full costs one flush of everything. */
const TOUCHED = 1 << 16;

/** Pages of the largest page there is, 4 MiB. Two pages of 2 MiB are flushed together. */
const LARGE_PAGES = 1024;

/** Translations of an address space that are entered here are for data, and not global. */
const ENTERED = Kind.data | Kind.global;

/** From an entry of a read table to that of the write table of the same privilege, in words. */
const WRITE = TLB_SIZE >> 2;

/** Read and write table of one privilege, and which of their entries may be valid. */
interface View {
  /** Index of the first word of the tables. */
  readonly read: number;
  readonly write: number;
  readonly local: Touched;
  readonly global: Touched;
}

/** Chains in a list, by host page. */
const CHAINS = 256;

/** Linear page numbers whose entries may be valid; may name a page twice or one that has been flushed since. */
class Touched {
  readonly pages = new Uint32Array(TOUCHED);
  count = 0;
  /** First place of each chain, and behind each place the next one; all of them counted from 1, 0 ends a chain. */
  readonly chains = new Uint32Array(CHAINS);
  readonly next = new Uint32Array(TOUCHED + 1);

  /** Chains the place of the page that was listed last: stores go to this host page. */
  chain(hostPage: number): void {
    const chain = chainOf(hostPage);
    this.next[this.count] = this.chains[chain];
    this.chains[chain] = this.count;
  }
  clear(): void {
    this.count = 0;
    this.chains.fill(0);
  }
}

function chainOf(hostPage: number): number {
  return (hostPage >>> 12) % CHAINS;
}

/**
 * The software TLB: four flat tables over the 2^20 linear pages: supervisor read, supervisor write, user read, user write.
 * Entries are as tlb-entry.ts has them, and how emitted code asks is in isa/tlb-access.ts. There are valid write entries only for pages that may be
 * stored to with nothing to be done beside: dirty already, writable for that privilege, RAM, and without predecoded code. Flushing walks lists of
 * touched pages, never the tables.
 */
export class Tlb {
  private readonly entries: Int32Array;
  private readonly supervisor: View = view(0);
  private readonly user: View = view(2);
  /** By 4 MiB of linear addresses: something there was translated by a large page. INVLPG must forget all of it (SDM vol. 3, 4.10.4.1). */
  private readonly large = new Uint8Array(2 ** 20 / LARGE_PAGES);

  constructor(private readonly state: CpuState) {
    this.entries = state.i32;
  }

  /** Entry of a linear page number for reads (or writes); tlb-entry.ts. */
  readEntry(user: boolean, page: number): number {
    return this.entries[(user ? this.user : this.supervisor).read + page];
  }
  writeEntry(user: boolean, page: number): number {
    return this.entries[(user ? this.user : this.supervisor).write + page];
  }

  /** Enters a translation of a linear page number to the host address of a RAM page. False: the list was full; flush everything and ask again. */
  fill(user: boolean, page: number, hostPage: number, stores: Stores, global: boolean): boolean {
    const of = user ? this.user : this.supervisor;
    const list = global ? of.global : of.local;
    if (list.count === TOUCHED) return false;
    list.pages[list.count++] = page;
    if (stores !== "none") list.chain(hostPage);
    const delta = (hostPage - (page << 12)) | 0;
    this.enter(of.read + page, delta + VALID);
    this.enter(of.write + page, stores === "plain" ? delta + VALID : stores === "traced" ? delta : NOTHING);
    return true;
  }
  private enter(place: number, entry: number): void {
    const was = this.entries[place];
    if (isValid(was) && was !== entry) forgetRecentPages(this.state);
    this.entries[place] = entry;
  }

  /** Enters what still holds of an address space. Made for two processes that pass bytes to and fro: some fifty entries at each switch. */
  revive(space: AddressSpace, memory: PhysicalMemory): void {
    const { entries, supervisor, user } = this;
    const { size, pages, kinds, hosts } = space;
    for (let i = 0; i < size; i++) {
      const kind = kinds[i];
      const page = pages[i];
      if (kind & Kind.large) this.markLarge(page);
      if ((kind & ENTERED) !== Kind.data) continue;
      const of = kind & Kind.user ? user : supervisor;
      // It was empty, and a space remembers less than it takes.
      const list = of.local;
      list.pages[list.count++] = page;
      const delta = (hosts[i] - (page << 12)) | 0;
      entries[of.read + page] = delta + VALID;
      if ((kind & Kind.writable) === 0) continue;
      list.chain(hosts[i]);
      entries[of.write + page] = memory.traced(hosts[i]) ? delta : delta + VALID;
    }
  }

  /** Host address of the page that a write entry traces, or -1: it is none of these. */
  tracedPage(user: boolean, page: number): number {
    const entry = this.writeEntry(user, page);
    return entry !== NOTHING && !isValid(entry) ? (entry + page * PAGE_SIZE) >>> 0 : -1;
  }

  flushAll(): void {
    this.flushNonGlobal();
    this.clear(this.supervisor, this.supervisor.global);
    this.clear(this.user, this.user.global);
    this.large.fill(0);
  }

  flushNonGlobal(): void {
    forgetRecentPages(this.state);
    this.clear(this.supervisor, this.supervisor.local);
    this.clear(this.user, this.user.local);
  }

  /** Drops what user code has. */
  flushUser(): void {
    forgetRecentPages(this.state);
    this.clear(this.user, this.user.local);
    this.clear(this.user, this.user.global);
  }

  flushPage(page: number): void {
    forgetRecentPages(this.state);
    for (const of of [this.supervisor, this.user]) {
      this.entries[of.read + page] = NOTHING;
      this.entries[of.write + page] = NOTHING;
    }
  }

  /** A large page translates this linear page number. */
  markLarge(page: number): void {
    this.large[Math.floor(page / LARGE_PAGES)] = 1;
  }

  /** Flushes the 4 MiB around a page if large pages are there. False: there are none. */
  flushLargePage(page: number): boolean {
    const region = Math.floor(page / LARGE_PAGES);
    if (this.large[region] === 0) return false;
    this.large[region] = 0;
    forgetRecentPages(this.state);
    const first = region * LARGE_PAGES;
    for (const of of [this.supervisor, this.user])
      for (const table of [of.read, of.write]) this.entries.fill(NOTHING, table + first, table + first + LARGE_PAGES);
    return true;
  }

  /**
   * No store may reach this page (host address, counted from RAM_BASE, / 4096) in line any more, by whatever linear address. A guest that writes code all
   * the time comes here ten thousand times a second, when the lists are long: one chain of each is gone through.
   */
  protect(page: number): void {
    const { entries } = this;
    const host = RAM_BASE + page * PAGE_SIZE;
    forgetRecentPages(this.state);
    for (const { write, local, global } of [this.supervisor, this.user])
      for (const { pages, chains, next } of [local, global])
        for (let i = chains[chainOf(host)]; i !== 0; i = next[i]) {
          const at = write + pages[i - 1];
          if (isValid(entries[at]) && hostBy(entries[at], pages[i - 1] * PAGE_SIZE) === host) entries[at] -= VALID;
        }
  }

  private clear(of: View, list: Touched): void {
    const { entries } = this;
    const { read, write } = of;
    const { pages, count } = list;
    for (let i = 0; i < count; i++) {
      entries[read + pages[i]] = NOTHING;
      entries[write + pages[i]] = NOTHING;
    }
    list.clear();
  }
}

function view(firstTable: number): View {
  return {
    read: (TLB + firstTable * TLB_SIZE) >> 2,
    write: ((TLB + firstTable * TLB_SIZE) >> 2) + WRITE,
    local: new Touched(),
    global: new Touched(),
  };
}
