import * as at from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import { Rec } from "../interpreter/record.js";
import { pageOf } from "./blocks.js";
import { type Installed, type KnownPages, type LiveRegions, type Making, MOST_ENTRIES } from "./live-regions.js";
import { OFFSET_BITS, readLeaveWord, Way } from "./ways.js";

/** Distances of the pages around a head's that its region may take code from, if they are in use as code. */
export const NEIGHBOURS = [0, 1, -1, 2, -2];

/** How often a region is left until it is looked at, at first; how much oftener from time to time; how many times it is made again, and for what. */
const MANY_LEAVES = 1000;
const PATIENCE = 4;
const MOST_ROUNDS = 6;
const MOST_SLOW = 16;
export function leavesUntilReview(round: number): number {
  return MANY_LEAVES * PATIENCE ** round;
}

/**
 * Calls of other regions after which a region takes small ones of them in. There a call costs nothing; between regions it is some 50 cycles: registers go
 * through memory, the target is looked up, both sides' flags are written. In the kernel's system calls there is one for every 13 instructions.
 */
const MANY_CALLS = 4000;

/** Functions that a region may take in, and how far they may be from it: an offset in LEAVES tells. */
const MOST_CALLEES = 32;
const FARTHEST_CALLEE = 2 ** (OFFSET_BITS - 2);

/** Host address of the page that code at a linear address was lately fetched from, 0: not known. */
export type FetchedFrom = (linear: number) => number;

/**
 * Which regions are to be made again, and how, by what they have counted.
 *
 * A region that is left often for the same instruction: if the instruction is its own, with the access as a call; otherwise with the code there, which may
 * have come into use meanwhile, or begins another region. And one that calls others often: with their code, if they are small.
 */
export class Remaking {
  /** Regions to be made again; and those that would only be faster with what they call, which have time: by their first head's record. */
  private readonly again: Making[] = [];
  private readonly better = new Map<number, Making>();

  constructor(
    private readonly state: CpuState,
    private readonly regions: LiveRegions,
    private readonly fetchedFrom: FetchedFrom,
    private readonly options: { readonly longest: number; readonly manyCalls?: number },
  ) {}

  /** A region begins to count. */
  forget(id: number): void {
    this.state.set(this.leavesSlot(id), 0);
    this.state.set(this.callsWord(id), 0);
  }
  clear(): void {
    this.again.length = 0;
    this.better.clear();
  }

  /** Takes up to `most` that are left too often. */
  take(most: number): Making[] {
    return this.again.splice(0, most).map((how) => this.upToDate(how));
  }
  /** Takes one that calls others often. */
  takeBetter(): Making[] {
    for (const [record, how] of this.better) {
      this.better.delete(record);
      if (this.leadsTo(record)[1]?.takesIn === false) return [this.upToDate(how)];
    }
    return [];
  }

  /** The region that is entered from a record, if one is. */
  private leadsTo(record: number): [index: number, region: Installed | undefined] {
    const index = this.state.u16[(record + Rec.handler) >> 1];
    return [index, this.regions.get(index)];
  }

  /**
   * What a region was found to need, of the region that stands in its place by now: one that is left at every turn is interpreted in pieces, which get
   * hot, and become its entries, before it is made again for what it is left for.
   */
  private upToDate(how: Making): Making {
    const [index, now] = this.leadsTo(how.heads[0].record);
    if (!now || how.replaces.includes(index)) return how;
    return {
      heads: now.heads,
      replaces: [index],
      slow: new Set([...now.slow, ...how.slow]),
      absorbed: new Set([...now.absorbed, ...how.absorbed]),
      takesIn: now.takesIn || how.takesIn,
      round: Math.max(now.round, how.round),
    };
  }

  /** Words that a region counts in. */
  private leavesSlot(id: number): number {
    return at.LEAVES + 8 * (id % at.LEAVES_SLOTS);
  }

  private callsWord(id: number): number {
    return at.CALLS + 4 * (id % at.LEAVES_SLOTS);
  }

  /** Looks at what regions have counted. Gives how many are left too often. */
  review(): number {
    let found = 0;
    for (const [index, entry] of this.regions) {
      this.takeIn(index, entry);
      const slot = this.leavesSlot(entry.id);
      if (this.state.get(slot) < entry.limit) continue;
      // Again later, if it is still there: what is asked for now may come to nothing.
      entry.limit *= PATIENCE;
      const { way, offset } = readLeaveWord(this.state.get(slot + 4));
      const { heads, slow, absorbed, takesIn } = entry;
      if (entry.round === MOST_ROUNDS) continue;
      const how = { heads, replaces: [index], slow, absorbed, takesIn, round: entry.round + 1 };
      if (way === Way.indirect && !entry.region.switches) continue;
      if (way === Way.interpreter || way === Way.entry) {
        if (slow.size === MOST_SLOW) continue;
        how.slow = new Set([...slow, offset]);
      } else if (!this.mayGrow(entry, offset)) continue;
      else {
        how.absorbed = new Set([...absorbed, offset]);
        this.join(how, entry, offset);
      }
      this.again.push(how);
      found++;
    }
    return found;
  }

  /** A region that calls a lot is made again with what it calls. */
  private takeIn(index: number, entry: Installed): void {
    const word = this.callsWord(entry.id);
    if (entry.takesIn || this.state.get(word) < (this.options.manyCalls ?? MANY_CALLS)) return;
    this.state.set(word, 0);
    const { heads, slow, absorbed, round } = entry;
    if (entry.region.calls.length > 0) this.better.set(heads[0].record, { heads, replaces: [index], slow, absorbed, takesIn: true, round });
  }

  /** If another region is entered at this offset in the page, and both are not too much for one, they become one. */
  private join(how: Making, { heads, region }: Installed, offset: number): void {
    const { address, mode } = heads[0];
    const inPage = offset >= 0 && offset < at.PAGE_SIZE;
    const found = inPage ? this.regions.enteredAt(address - (address % at.PAGE_SIZE) + offset, mode) : undefined;
    if (!found) return;
    const [index, other] = found;
    if (region.own + other.region.own > this.options.longest || heads.length + other.heads.length > MOST_ENTRIES) return;
    how.heads = [...heads, ...other.heads];
    how.replaces = [...how.replaces, index];
    how.slow = new Set([...how.slow, ...other.slow]);
    how.absorbed = new Set([...how.absorbed, ...other.absorbed]);
    how.takesIn ||= other.takesIn;
  }

  /** Whether there is code at an offset that isn't in the region: it has come into use since, or another region begins with it. */
  private mayGrow({ pages, region, heads: [head] }: Installed, offset: number): boolean {
    const distance = Math.floor(offset / at.PAGE_SIZE);
    if (region.blocks.some(({ start }) => start === offset)) return false;
    const known = pages.get(distance)?.page;
    if (known) return known.covers(offset & (at.PAGE_SIZE - 1));
    return NEIGHBOURS.includes(distance) && this.fetchedFrom((head.linear + distance * at.PAGE_SIZE) >>> 0) !== 0;
  }

  /**
   * Offsets of the functions that a region, and those in turn, call and that are regions: so they are hot. Adds the pages that their code lies in. How much
   * of it there is room for, who translates finds out.
   */
  callees({ heads: [{ mode }], replaces }: Making, linearPage: number, pages: KnownPages): number[] {
    const found = new Set<number>();
    const waiting = replaces.flatMap((index) => this.regions.get(index)?.region.calls ?? []);
    for (let offset = waiting.shift(); offset !== undefined; offset = waiting.shift()) {
      if (found.has(offset) || Math.abs(offset) >= FARTHEST_CALLEE) continue;
      const host = this.fetchedFrom((linearPage + offset) & ~(at.PAGE_SIZE - 1));
      const callee = host === 0 ? undefined : this.regions.enteredAt(host + (offset & (at.PAGE_SIZE - 1)), mode)?.[1];
      if (!callee || found.size === MOST_CALLEES) continue;
      found.add(offset);
      const page = pageOf(offset);
      for (const distance of callee.region.pages) {
        const known = callee.pages.get(distance);
        if (known && !pages.has(page + distance)) pages.set(page + distance, known);
      }
      waiting.push(...callee.region.calls.map((further) => page * at.PAGE_SIZE + further));
    }
    return [...found];
  }
}
