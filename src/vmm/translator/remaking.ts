import * as at from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import { Rec } from "../interpreter/record.js";
import { pageOf } from "./blocks.js";
import { type Installed, type KnownPages, type LiveRegions, type Making, MOST_ENTRIES } from "./live-regions.js";
import { LARGEST_REGION } from "./port.js";
import { OFFSET_BITS, readLeaveWord, Way } from "./ways.js";

/** Distances of the pages around a head's that its region may take code from, if they are in use as code. */
export const NEIGHBOURS = [0, 1, -1, 2, -2];

/**
 * How often a region is left until it is looked at, at first; how much oftener from time to time; how many times it is made again, and for what. To compile
 * one takes milliseconds, a leave some tens of nanoseconds: what is left seldom isn't worth that, nor that others wait for it, and a loop gets there at once.
 */
const MANY_LEAVES = 16_000;
const PATIENCE = 4;
const LEAVES_AT_MOST = 2 ** 30;
const MOST_ROUNDS = 6;
const MOST_SLOW = 16;
/**
 * Where one access misses at every turn (an array lies across two pages), others do, too, and each is found by itself. Such a leave costs
 * more than another: the interpreter goes on.
 */
const MANY_MISSES = 1000;
export function leavesUntilReview({ round, slow }: Pick<Installed, "round" | "slow">): number {
  return (slow.size > 0 ? MANY_MISSES : MANY_LEAVES) * PATIENCE ** round;
}

/**
 * Calls of other regions after which a region takes small ones of them in. There a call costs nothing; between regions it is some 50 cycles: registers go
 * through memory, the target is looked up, both sides' flags are written. In the kernel's system calls there is one for every 13 instructions.
 */
const MANY_CALLS = 16_000;

/** Functions that a region may take in, calls that it may return from, if it has done that so often; and how far they may be from it: an offset in LEAVES tells. */
const MOST_CALLEES = 32;
const MOST_RETURNS = 12;
const SOME_RETURNS = 1000;
const FARTHEST = 2 ** (OFFSET_BITS - 2);

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
  private readonly again = new Map<number, Making>();
  private readonly better = new Map<number, Making>();

  constructor(
    private readonly state: CpuState,
    private readonly regions: LiveRegions,
    private readonly fetchedFrom: FetchedFrom,
    private readonly options: { readonly longest: number; readonly manyCalls?: number },
  ) {}

  /** A region begins to count. */
  forget(id: number): void {
    for (const words of [at.LEAVES, at.CALLS, at.RETURNS]) this.state.set(slot(words, id), 0);
  }
  clear(): void {
    this.again.clear();
    this.better.clear();
  }
  /** These records are about to become others. */
  forgetGone(isGone: (record: number) => boolean): void {
    for (const makings of [this.again, this.better])
      for (const [first, { heads }] of makings) if (heads.some(({ record }) => isGone(record))) makings.delete(first);
  }

  /** Takes up to `most` that are left too often. */
  take(most: number): Making[] {
    const taken = [...this.again].slice(0, most);
    return taken.flatMap(([record, how]) => {
      this.again.delete(record);
      return this.upToDate(how) ?? [];
    });
  }
  /** Takes the one that calls others, or returns to nobody, most often of late. */
  takeBetter(): Making[] {
    let [most, hottest] = [-1, 0];
    for (const record of this.better.keys()) {
      const [, region] = this.leadsTo(record);
      const count = region?.takesIn === false ? this.crossings(region) : -1;
      if (count < 0) this.better.delete(record);
      if (count > most) [most, hottest] = [count, record];
    }
    const how = this.better.get(hottest);
    this.better.delete(hottest);
    const now = how && this.upToDate(how);
    return now ? [now] : [];
  }
  private crossings({ id }: Installed): number {
    return this.state.get(slot(at.CALLS, id)) + this.state.get(slot(at.RETURNS, id));
  }

  /** The region that is entered from a record, if one is. */
  private leadsTo(record: number): [index: number, region: Installed | undefined] {
    const index = this.state.u16[(record + Rec.handler) >> 1];
    return [index, this.regions.get(index)];
  }

  /**
   * What a region was found to need, of the region that stands in its place by now: one that is left at every turn is interpreted in pieces, which get
   * hot, and become its entries, before it is made again for what it is left for. Undefined: that one has it all.
   */
  private upToDate(how: Making): Making | undefined {
    const [index, now] = this.leadsTo(how.heads[0].record);
    if (!now || how.replaces.includes(index)) return how;
    const both = together({ ...now, replaces: [index] }, how);
    const isNew = both.slow.size > now.slow.size || both.absorbed.size > now.absorbed.size || both.takesIn !== now.takesIn;
    return isNew ? both : undefined;
  }

  /** Looks at what regions have counted. Gives how many are left too often. */
  review(): number {
    let found = 0;
    for (const [index, entry] of this.regions) {
      this.takeIn(index, entry);
      const leaves = slot(at.LEAVES, entry.id);
      if (this.state.get(leaves) < entry.limit) continue;
      // Again later, if it is still there: what is asked for now may come to nothing. (A limit beyond 2^30 would change the shape of all entries.)
      entry.limit = Math.min(entry.limit * PATIENCE, LEAVES_AT_MOST);
      const { way, offset } = readLeaveWord(this.state.get(leaves + 4));
      const { heads, slow, absorbed, takesIn, round } = entry;
      const how = { heads, replaces: [index], slow, absorbed, takesIn, round };
      if (way === Way.indirect && !entry.region.switches) continue;
      if (way === Way.interpreter || way === Way.entry) {
        // One that leaves even so can't be helped (it has two accesses, or is repeated).
        if (slow.has(offset) || slow.size >= MOST_SLOW) continue;
        how.slow = new Set([...slow, offset]);
      } else if (round === MOST_ROUNDS || entry.region.cut || !this.mayGrow(entry, offset)) continue;
      else {
        how.round++;
        how.absorbed = new Set([...absorbed, offset]);
        this.join(how, entry, offset);
      }
      const { record } = heads[0];
      const asked = this.again.get(record);
      this.again.set(record, asked ? together(how, asked) : how);
      found++;
    }
    return found;
  }

  /** A region that calls a lot, or returns a lot to nobody who waits for that, is made again with the code there. */
  private takeIn(index: number, entry: Installed): void {
    const { state } = this;
    const [calls, returns] = [slot(at.CALLS, entry.id), slot(at.RETURNS, entry.id)];
    if (entry.takesIn || Math.max(state.get(calls), state.get(returns)) < (this.options.manyCalls ?? MANY_CALLS)) return;
    const { heads, slow, absorbed, round } = entry;
    this.better.set(heads[0].record, { heads, replaces: [index], slow, absorbed, takesIn: true, round });
    // Again later, if nothing comes of it.
    state.set(calls, 0);
    state.set(returns, Math.min(state.get(returns), SOME_RETURNS));
  }

  /** If another region is entered at this offset in the page, and both are not too much for one, they become one. */
  private join(how: Making, { heads, region }: Installed, offset: number): void {
    const { address, mode } = heads[0];
    const inPage = offset >= 0 && offset < at.PAGE_SIZE;
    const found = inPage ? this.regions.enteredAt(address - (address % at.PAGE_SIZE) + offset, mode) : undefined;
    if (!found) return;
    const [index, other] = found;
    if (region.size + other.region.size > LARGEST_REGION) return;
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
   * Offsets of the functions that a region, and those in turn, call, and of where its returns lead to, and returns there in turn; all of them regions, so
   * they are hot. Adds the pages that their code lies in. How much of it there is room for, who translates finds out.
   */
  around({ heads: [{ mode }], replaces }: Making, linearPage: number, pages: KnownPages): { callees: number[]; returns: number[] } {
    const callees = new Set<number>();
    const returns: number[] = [];
    /** The region that is entered at an offset; and what its own offsets count from. */
    const regionAt = (offset: number): [region: Installed, base: number] | undefined => {
      if (Math.abs(offset) >= FARTHEST) return undefined;
      const host = this.fetchedFrom((linearPage + offset) & ~(at.PAGE_SIZE - 1));
      const found = host === 0 ? undefined : this.regions.enteredAt(host + (offset & (at.PAGE_SIZE - 1)), mode);
      if (!found) return undefined;
      const [, region] = found;
      const page = pageOf(offset);
      for (const distance of region.region.pages) {
        const known = region.pages.get(distance);
        if (known && !pages.has(page + distance)) pages.set(page + distance, known);
      }
      return [region, page * at.PAGE_SIZE];
    };
    const waiting: number[] = [];
    let [region, base] = [this.regions.get(replaces[0]), 0];
    while (region) {
      for (const call of region.region.calls) waiting.push(base + call);
      const to = base + this.returnOf(region);
      const next = to === base || returns.includes(to) || returns.length === MOST_RETURNS ? undefined : regionAt(to);
      if (next) returns.push(to);
      [region, base] = next ?? [undefined, 0];
    }
    for (let offset = waiting.shift(); offset !== undefined; offset = waiting.shift()) {
      const callee = callees.has(offset) || callees.size === MOST_CALLEES ? undefined : regionAt(offset);
      if (!callee) continue;
      callees.add(offset);
      const [{ region }, base] = callee;
      waiting.push(...region.calls.map((call) => base + call));
    }
    return { callees: [...callees], returns };
  }

  /** Where a region has returned to, with nobody waiting for that; 0: it hardly ever has. */
  private returnOf({ id }: Installed): number {
    const { state } = this;
    const word = slot(at.RETURNS, id);
    return state.get(word) < SOME_RETURNS ? 0 : state.i32[(word + 4) >> 2];
  }
}

/** What is made in place of the first, with what both were found to need; the second may be to replace others with it. */
function together(one: Making, other: Making): Making {
  const { heads, replaces } = other.replaces.includes(one.replaces[0]) && other.replaces.length > one.replaces.length ? other : one;
  return {
    heads,
    replaces,
    slow: new Set([...one.slow, ...other.slow]),
    absorbed: new Set([...one.absorbed, ...other.absorbed]),
    takesIn: one.takesIn || other.takesIn,
    round: Math.max(one.round, other.round),
  };
}

/** Address of the words that a region counts in. */
function slot(words: number, id: number): number {
  return words + counterSlot(id);
}
/** How far it is from the first region's: what the records that it is entered at have as displacement. */
export function counterSlot(id: number): number {
  return 8 * (id % at.LEAVES_SLOTS);
}
