import * as at from "../cpu/layout.js";
import type { CodePage } from "../interpreter/code-cache.js";
import type { CodeMode } from "../interpreter/predecoder.js";
import type { Head } from "./hot-heads.js";
import type { TranslatedRegion } from "./region-translation.js";

/** Instructions at which one region is entered, at most: each is one that loops may not be structured around. */
export const MOST_ENTRIES = 8;

/**
 * Instructions from which on a region is given other entries: small loops are the better for being regions of their own, without a dispatcher around
 * them (a sieve by an eighth, SHA-256 by as much), and cost little to translate twice.
 */
const LARGE = 200;

/** By distance from a head's page: pages that code may lie in, and what the code cache kept for each: as long as that is there, the code hasn't changed. */
export type KnownPages = Map<number, { readonly number: number; readonly page: CodePage }>;

/** A region that was asked for, or is installed. */
export interface Entry {
  readonly id: number;
  /** Where it is entered: the first is what it was made from. All lie in the same page. */
  readonly heads: readonly Head[];
  /** Handler numbers that the heads' records have until it is installed. */
  readonly handlers: readonly number[];
  /** As they were when it was asked for. */
  readonly pages: Readonly<KnownPages>;
  /** Handler numbers of the regions that it is to take the place of. */
  readonly replaces: readonly number[];
  /** Offsets of instructions whose accesses are calls, and of heads of other regions which it goes on through. */
  readonly slow: ReadonlySet<number>;
  readonly absorbed: ReadonlySet<number>;
  /** Small functions that are regions, too, are taken in where they are called. */
  readonly takesIn: boolean;
  readonly round: number;
}
/** How a region is to be made. */
export type Making = { -readonly [Key in "heads" | "replaces" | "slow" | "absorbed" | "takesIn" | "round"]: Entry[Key] };
/** A region that can be entered. All of one shape, whoever asked for them: they are looked through some hundred times a second. */
export class Installed implements Entry {
  readonly id: number;
  readonly heads: readonly Head[];
  readonly handlers: readonly number[];
  readonly pages: Readonly<KnownPages>;
  readonly replaces: readonly number[];
  readonly slow: ReadonlySet<number>;
  readonly absorbed: ReadonlySet<number>;
  readonly takesIn: boolean;
  readonly round: number;

  /**
   * @param limit leaves after which it is looked at
   * @param number what the translator knows it by
   * @param module its code's
   * @param settled that is a large one
   */
  constructor(
    entry: Entry,
    readonly region: TranslatedRegion,
    public limit: number,
    readonly number: number,
    public module: object,
    public settled: boolean,
  ) {
    this.id = entry.id;
    this.heads = entry.heads;
    this.handlers = entry.handlers;
    this.pages = entry.pages;
    this.replaces = entry.replaces;
    this.slow = entry.slow;
    this.absorbed = entry.absorbed;
    this.takesIn = entry.takesIn;
    this.round = entry.round;
  }
}

/** Numbers of the pages that a region's code lies in. */
function pagesOf({ region, pages }: Installed): number[] {
  return region.pages.map((distance) => pages.get(distance)?.number ?? 0);
}

/** The regions that can be entered, by handler number and by the pages that their code lies in. */
export class LiveRegions implements Iterable<[index: number, region: Installed]> {
  private readonly regions = new Map<number, Installed>();
  private readonly byPage = new Map<number, Set<number>>();

  get size(): number {
    return this.regions.size;
  }
  get(index: number): Installed | undefined {
    return this.regions.get(index);
  }
  [Symbol.iterator](): MapIterator<[number, Installed]> {
    return this.regions[Symbol.iterator]();
  }

  /** Adds a region, in the place of those that it replaces. */
  add(index: number, entry: Installed): void {
    for (const replaced of entry.replaces) this.remove(replaced);
    this.regions.set(index, entry);
    for (const number of pagesOf(entry)) {
      const those = this.byPage.get(number) ?? new Set();
      this.byPage.set(number, those.add(index));
    }
  }
  /** Takes away, and gives, those with code in a page. */
  dropPage(number: number): [index: number, region: Installed][] {
    const gone = this.inPage(number);
    for (const [index] of gone) this.remove(index);
    return gone;
  }
  private remove(index: number): void {
    const entry = this.regions.get(index);
    if (!entry) return;
    this.regions.delete(index);
    for (const number of pagesOf(entry)) {
      const those = this.byPage.get(number);
      those?.delete(index);
      if (those?.size === 0) this.byPage.delete(number);
    }
  }
  clear(): void {
    this.regions.clear();
    this.byPage.clear();
  }

  private inPage(number: number): [index: number, region: Installed][] {
    return [...(this.byPage.get(number) ?? [])].flatMap((index) => {
      const region = this.regions.get(index);
      return region ? [[index, region]] : [];
    });
  }

  /** The large region that has this code in it, and may have it as another entry. */
  around(head: Head): [index: number, region: Installed] | undefined {
    return this.inPage(numberOf(head)).find(([, { heads, region }]) => {
      const [first] = heads;
      const together = numberOf(first) === numberOf(head) && sameMode(first.mode, head.mode);
      return together && region.own >= LARGE && contains(region, head.address % at.PAGE_SIZE) && heads.length < MOST_ENTRIES;
    });
  }

  /** The region that is entered at a host address, in a mode. */
  enteredAt(address: number, mode: CodeMode): [index: number, region: Installed] | undefined {
    return this.inPage((address - at.RAM_BASE) >>> 12).find(([, { heads }]) =>
      heads.some((head) => head.address === address && sameMode(head.mode, mode)),
    );
  }

  /** Where regions of the same mode begin in these pages, as offsets; but not in what a region that is made again had in it. */
  headsIn(pages: ReadonlyMap<number, { number: number }>, { user }: CodeMode, { replaces, absorbed }: Making): number[] {
    const own = replaces.flatMap((index) => this.regions.get(index)?.region ?? []);
    const offsets: number[] = [];
    for (const [distance, { number }] of pages)
      for (const [, { heads }] of this.inPage(number))
        for (const head of heads)
          if (head.mode.user === user && numberOf(head) === number) offsets.push(distance * at.PAGE_SIZE + (head.address % at.PAGE_SIZE));
    return offsets.filter((offset) => !own.some((region) => contains(region, offset)) && !absorbed.has(offset));
  }
}

/** Number of the page that a head lies in. */
function numberOf({ address }: Head): number {
  return (address - at.RAM_BASE) >>> 12;
}
export function contains({ blocks }: TranslatedRegion, offset: number): boolean {
  return blocks.some(({ start, end }) => offset >= start && offset < end);
}
export function sameMode(a: CodeMode, b: CodeMode): boolean {
  return a.user === b.user && a.direct === b.direct;
}
