import * as at from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import type { CodeCache, CodePage } from "../interpreter/code-cache.js";
import { FIRST_REGION, LAST_REGION, SPECIALS } from "../interpreter/handlers.js";
import { Rec } from "../interpreter/record.js";

import { ExitCounts } from "./exit-counts.js";
import { type Head, HotHeads } from "./hot-heads.js";

import type { TranslationAnswer, TranslationRequest, TranslatorPort } from "./port.js";

const TABLE_STEP = 1024;

/** Regions that are asked for at once: few, so that what is hottest doesn't wait for what was. */
const BATCH = 4;

/** A region that was asked for, or is installed. */
interface Entry {
  readonly head: number;
  /** Pages that its code lies in, and what the code cache kept for each when it was asked for: as long as that is there, the code hasn't changed. */
  readonly pages: readonly { number: number; page: CodePage }[];
  readonly handler: number;
  instructions: number;
  size: number;
}

export interface TranslationOptions {
  /** Instructions that are interpreted between two looks at where execution is. */
  readonly quantum: number;
  /** Looks that find a head until it is translated; 0: every head at once, when it is first looked up. */
  readonly threshold: number;
  /** Keep flags that only fault and interrupt frames show. */
  readonly strict: boolean;
  /** Count how regions are left, which slows them down. */
  readonly profile?: boolean;
  /** Instructions of a region, at most; undefined: as many as do well. */
  readonly longest?: number;
}

/** The core module's table of handlers. */
export interface HandlerTable {
  readonly length: number;
  grow(by: number): number;
  set(index: number, f: unknown): void;
}

/**
 * Translated regions, found by the records that they begin at: a head's handler number is changed to the region's, so that whoever reaches
 * the record, by whatever way, enters the region. A copy of the head stands by for when the region can't run its first instruction.
 * Records turn into `redecode` when their page is written to, and so do heads: a region whose head is gone can't be entered any more.
 */
export class TranslationCache {
  private readonly hot: HotHeads;
  private readonly entries = new Map<number, Entry>();
  private readonly waiting = new Map<number, Entry>();
  /** Heads at which nothing could be translated. */
  private readonly hopeless = new Set<number>();
  private readonly byPage = new Map<number, Set<number>>();
  readonly profile = new ExitCounts();
  private next = FIRST_REGION;
  private requests = 0;

  constructor(
    private readonly state: CpuState,
    private readonly cache: CodeCache,
    private readonly table: HandlerTable,
    private readonly core: Record<string, unknown>,
    private readonly port: TranslatorPort,
    private readonly options: TranslationOptions,
  ) {
    this.hot = new HotHeads(Math.max(1, options.threshold));
    cache.onDrop = (number) => this.dropped(number);
    cache.onFlush = () => this.flushed();
  }

  get regions(): number {
    return this.entries.size;
  }

  /** Whether a region begins at this record. */
  begins(record: number): boolean {
    return this.entries.has(this.state.u16[(record + Rec.handler) >> 1]);
  }

  /** A record has been looked up. */
  found(head: Head): void {
    if (this.options.threshold > 0) return;
    this.note(head);
    this.exchange();
  }

  /** Execution was seen here. */
  note(head: Head): void {
    const { mode, record } = head;
    const handler = this.state.u16[(record + Rec.handler) >> 1];
    if (mode.flat && mode.code32 && handler >= SPECIALS && handler < FIRST_REGION && !this.hopeless.has(record)) this.hot.note(head);
  }

  /** The guest has nothing to do for a while. */
  rest(): void {
    this.hot.rest();
  }

  /** Takes what has been translated meanwhile, and asks for what is hottest now. */
  exchange(): void {
    for (let answer = this.nextAnswer(); answer; answer = this.nextAnswer()) this.installBatch(answer);
    if (this.waiting.size > 0 || this.next + BATCH > LAST_REGION) return;
    const requests = this.hot.take(BATCH).flatMap((head) => this.request(head) ?? []);
    if (requests.length === 0) return;
    this.port.send(requests);
    if (this.options.threshold === 0) this.exchange();
  }

  /** Nothing comes that nobody waits for, and to look costs microseconds. */
  private nextAnswer(): TranslationAnswer | undefined {
    return this.waiting.size === 0 ? undefined : this.port.take();
  }

  private request({ record, address, linear, mode, x87, usualMxcsr }: Head): TranslationRequest | undefined {
    const handler = this.state.u16[(record + Rec.handler) >> 1];
    const number = (address - at.RAM_BASE) >>> 12;
    const page = this.cache.codePage(number);
    if (!page || handler < SPECIALS || handler >= FIRST_REGION) return undefined;
    const id = ++this.requests;
    this.waiting.set(id, { head: record, pages: [{ number, page }], handler, instructions: 0, size: 0 });
    return {
      id,
      pages: [{ delta: 0, host: at.RAM_BASE + number * at.PAGE_SIZE, covered: page.covered.slice() }],
      head: address & (at.PAGE_SIZE - 1),
      linearPage: (linear & ~(at.PAGE_SIZE - 1)) >>> 0,
      x87,
      exactCalls: !usualMxcsr,
      user: mode.user,
      direct: mode.direct,
      strict: this.options.strict,
      profile: this.options.profile ?? false,
      longest: this.options.longest,
    };
  }

  private installBatch({ ids, regions, imports, module }: TranslationAnswer): void {
    const core: Record<string, unknown> = { memory: this.state.memory, profile: this.profile.note };
    for (const name of imports) core[name] ??= this.core[name];
    let exports: Record<string, unknown> | undefined;
    for (const [i, id] of ids.entries()) {
      const entry = this.waiting.get(id);
      const region = regions[i];
      this.waiting.delete(id);
      if (entry && !region) this.hopeless.add(entry.head);
      if (!entry || !region || !this.valid(entry)) continue;
      exports ??= new WebAssembly.Instance(module, { core }).exports;
      this.enter({ ...entry, instructions: region.instructions, size: region.size }, exports[`r${i}`]);
      this.hot.covered(at.RAM_BASE + entry.pages[0].number * at.PAGE_SIZE, new Set(region.starts));
    }
  }

  /** Whether the code is what it was, and nothing else begins at its head. */
  private valid(entry: Entry): boolean {
    return (
      entry.pages.every(({ number, page }) => this.cache.codePage(number) === page) &&
      this.state.u16[(entry.head + Rec.handler) >> 1] === entry.handler &&
      !this.cache.full
    );
  }

  private enter(entry: Entry, f: unknown): void {
    const { state, table } = this;
    const index = this.next++;
    if (index >= table.length) table.grow(TABLE_STEP);
    table.set(index, f);
    const copy = this.cache.copyHead(entry.head, entry.pages[0].page);
    state.i32[(entry.head + Rec.target) >> 2] = copy;
    state.u16[(entry.head + Rec.handler) >> 1] = index;
    this.entries.set(index, entry);
    for (const { number } of entry.pages) {
      const regions = this.byPage.get(number) ?? new Set();
      this.byPage.set(number, regions.add(index));
    }
  }

  /** The code cache has dropped a page: its records are `redecode`; heads elsewhere get their instruction back. */
  private dropped(number: number): void {
    const regions = this.byPage.get(number);
    if (!regions) return;
    for (const index of regions) {
      const entry = this.entries.get(index);
      if (!entry) continue;
      this.entries.delete(index);
      const { u16, u8, i32 } = this.state;
      if (u16[(entry.head + Rec.handler) >> 1] !== index) continue;
      const copy = i32[(entry.head + Rec.target) >> 2];
      u8.copyWithin(entry.head, copy, copy + 32);
    }
    this.byPage.delete(number);
  }

  private flushed(): void {
    this.entries.clear();
    this.waiting.clear();
    this.byPage.clear();
    this.hopeless.clear();
    this.hot.clear();
    this.next = FIRST_REGION;
  }
}
