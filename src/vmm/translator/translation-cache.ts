import * as at from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import type { CodeCache } from "../interpreter/code-cache.js";
import { FIRST_REGION, LAST_REGION, SPECIALS } from "../interpreter/handlers.js";
import type { CodeMode } from "../interpreter/predecoder.js";
import { RECORD_SIZE, Rec } from "../interpreter/record.js";
import { MODE_BITS, PE, USUAL } from "../sse/mxcsr.js";
import { newTranslatorCounters, type TranslatorCounters } from "./counters.js";
import { ExitCounts } from "./exit-counts.js";
import { type Head, HotHeads } from "./hot-heads.js";
import { KeptRegions } from "./kept-regions.js";
import { regionExport } from "./link.js";
import { isLarge, Linking } from "./linking.js";
import { contains, type Entry, Installed, type KnownPages, LiveRegions, type Making, MOST_ENTRIES, sameMode } from "./live-regions.js";
import { type Exports, Modules } from "./modules.js";
import type { Answer, PlacedRegion, TranslationRequest, TranslatorAnswer, TranslatorPort } from "./port.js";
import { profileOf, type RegionProfile } from "./profile.js";
import { Recalling } from "./recalling.js";
import type { TranslatedRegion } from "./region-translation.js";
import { counterSlot, type FetchedFrom, leavesUntilReview, NEIGHBOURS, Remaking } from "./remaking.js";
import { Way } from "./ways.js";

const TABLE_STEP = 1024;

/** Instructions of a region: the largest loops of usual programs are one. Much larger functions take V8 long, and are the poorer for it. */
const LIMIT = 800;

/** Regions that are asked for at once: few, so that what is hottest doesn't wait for what was. */
const BATCH = 4;

/**
 * Modules and bytes of WebAssembly after which everything is dropped. V8 frees a module's code only as a whole, and keeps a memory map for each
 * (the kernel has room for 65,000): so regions are never dropped one by one.
 */
const MOST_MODULES = 3000;
const MOST_BYTES = 24 * 2 ** 20;

/** Instructions that kept leaving their region from which on all of its floating point is exact: where there are so many, there are more, and each is found by itself. */
const MANY_SLOW = 6;

/** Exchanges (slices) between two looks at which regions are to be made again. */
const REVIEW_INTERVAL = 64;

const NONE: ReadonlySet<number> = new Set();

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
  /** Made-up number for tests: regions after which everything is dropped. */
  readonly mostModules?: number;
  /** Made-up number for tests: calls of other regions after which small ones are taken in. */
  readonly manyCalls?: number;
  /** Made-up number for tests: regions in small modules from which on they are put into one. */
  readonly fewestLinked?: number;
}

/** The core module's table of handlers. */
export interface HandlerTable {
  readonly length: number;
  grow(by: number): number;
  set(index: number, f: unknown): void;
}

/**
 * Translated regions, found by the records that they are entered at: a head's handler number is changed to the region's, so that whoever reaches
 * the record, by whatever way, enters the region. A copy of the head stands by for when the region can't run its first instruction.
 * Records turn into `redecode` when their page is written to, and so do heads: a region whose head is gone can't be entered any more.
 *
 * A head that gets hot in code that is part of a region makes that region again, with another entry: so the same code is not translated for each of the
 * ways that lead into it. What else makes regions again is in remaking.ts.
 */
export class TranslationCache {
  private readonly hot: HotHeads;
  private readonly regions = new LiveRegions();
  private readonly waiting = new Map<number, Entry>();
  private readonly remaking: Remaking;
  private readonly recalling: Recalling;
  private readonly linking: Linking;
  private readonly modules: Modules;
  /** Heads at which nothing could be translated. */
  private readonly hopeless = new Set<number>();
  private readonly exits = new ExitCounts();
  private readonly made: Installed[] = [];
  /** Places in the table of regions that can't be entered any more: what stands there keeps a module alive. */
  private readonly vacant: number[] = [];
  private readonly counted = newTranslatorCounters();
  private next = FIRST_REGION;
  private requests = 0;
  private modulesMade = 0;
  private exchanges = 0;
  private sentAt = 0;
  /** Modules were dropped: their memory comes back when the thread lets its event loop turn. */
  wantsTurn = false;

  constructor(
    private readonly state: CpuState,
    private readonly cache: CodeCache,
    private readonly table: HandlerTable,
    core: Record<string, unknown>,
    private readonly port: TranslatorPort,
    private readonly fetchedFrom: FetchedFrom,
    private readonly options: TranslationOptions,
  ) {
    this.hot = new HotHeads(Math.max(1, options.threshold));
    this.remaking = new Remaking(state, this.regions, fetchedFrom, { longest: this.longest, manyCalls: options.manyCalls });
    this.modules = new Modules({ ...core, memory: state.memory, profile: this.exits.note });
    const kept = new KeptRegions(state);
    this.recalling = new Recalling(state, cache, kept, this.modules, port);
    this.linking = new Linking(this.regions, kept, port, options.fewestLinked);
    cache.onDrop = (number) => this.dropped(number);
    cache.onFlush = () => this.flushed();
    cache.onReclaim = () => this.forgetGone();
  }

  get counters(): TranslatorCounters {
    const { state, counted } = this;
    const word = (address: number) => Number(state.u64[address >> 3]);
    const left = (way: Way) => word(at.REGION_EXITS + 8 * way);
    return {
      ...counted,
      liveRegions: this.regions.size,
      queueLength: this.waiting.size,
      entries: word(at.REGION_ENTRIES),
      exitsByJump: left(Way.outside) + left(Way.indirect),
      exitsByBudget: left(Way.budget),
      exitsByEvent: left(Way.events),
      exitsToInterpreter: left(Way.interpreter) + left(Way.entry),
    };
  }

  /** What each region did, where they were made to tell. */
  get profiles(): RegionProfile[] {
    return this.made.map(({ id, heads: [head], region }) =>
      profileOf(this.exits.of(id), {
        head: head.address - at.RAM_BASE,
        mode: head.mode.direct ? "direct execution" : "binary translation",
        size: region.instructions,
        bytes: region.size,
      }),
    );
  }

  /** Whether a region begins at this record. */
  begins(record: number): boolean {
    return this.regions.get(this.handlerOf(record)) !== undefined;
  }

  /** Every head is translated at once, when it is first looked up. */
  get eager(): boolean {
    return this.options.threshold === 0;
  }

  /**
   * Execution was seen at a record, whose instruction lies at a host address. True: so often that it is to be proposed; or it may be the head of a region
   * that can be had again.
   */
  seen(record: number, address: number, mode: CodeMode): boolean {
    if (!this.mayBegin(record, mode)) return false;
    return this.hot.seen(record) || this.recalling.mayBegin(record, address, mode);
  }
  /** Whether a record may be the head of a region that can be had again. */
  mayRecall(record: number, address: number, mode: CodeMode): boolean {
    return this.mayBegin(record, mode) && this.recalling.mayBegin(record, address, mode);
  }
  private mayBegin(record: number, mode: CodeMode): boolean {
    const handler = this.handlerOf(record);
    return mode.flat && mode.code32 && handler >= SPECIALS && handler < FIRST_REGION && !this.hopeless.has(record);
  }
  propose(head: Head): void {
    if (!this.recalling.propose(head) && this.hot.isHot(head.record)) this.hot.propose(head);
  }

  /** The guest has nothing to do for a while. */
  rest(): void {
    this.hot.rest();
  }

  /** Takes what has been translated meanwhile, and asks for what is hottest now. Not while emitted code runs. */
  exchange(): void {
    for (let answer = this.nextAnswer(); answer; answer = this.nextAnswer()) this.hear(answer);
    for (const index of this.vacant.splice(0)) this.table.set(index, null);
    if (this.exchanges++ % REVIEW_INTERVAL === 0) this.counted.retranslations += this.remaking.review();
    this.recalling.take((entry, placed, exports) => this.recalled(entry, placed, exports));
    if (this.waiting.size > 0) return;
    if (this.isFull) this.startGeneration();
    const wanted = this.remaking.take(BATCH);
    for (const head of this.hot.take(BATCH - wanted.length)) wanted.push(this.howToEnter(head));
    if (wanted.length === 0) wanted.push(...this.remaking.takeBetter());
    const requests = wanted.flatMap((how) => this.request(how) ?? []);
    this.linking.turn(requests.length > 0);
    if (requests.length === 0) return;
    this.sentAt = this.port.nowUs();
    this.port.send({ kind: "translate", requests });
    if (this.eager) this.exchange();
  }

  private get isFull(): boolean {
    const most = this.options.mostModules ?? MOST_MODULES;
    const { counted } = this;
    if (this.modulesMade >= most || counted.codeBytes > MOST_BYTES) {
      this.dropModules();
      counted.codeBytes = [...this.regions].reduce((sum, [, { region }]) => sum + region.size, 0);
    }
    return this.modulesMade >= most || counted.codeBytes > MOST_BYTES || this.next + BATCH > LAST_REGION;
  }

  /** Linking has made some of them useless, and others' regions are gone. */
  private dropModules(): void {
    const live = new Set([...this.regions].map(([, { module }]) => module));
    this.modules.retain(live);
    this.modulesMade = live.size;
    this.wantsTurn = true;
  }

  /** A region is known by its handler number, of which there are as many as the records have room for: the rest waits for a new generation. */
  private get hasNumbers(): boolean {
    return this.next <= LAST_REGION;
  }

  private get longest(): number {
    return this.options.longest ?? LIMIT;
  }

  private handlerOf(record: number): number {
    return this.state.u16[(record + Rec.handler) >> 1];
  }

  /** Nothing comes that nobody waits for, and to look costs microseconds. */
  private nextAnswer(): TranslatorAnswer | undefined {
    return this.waiting.size > 0 || this.recalling.waits || this.linking.waits ? this.port.take() : undefined;
  }

  /** By an entry of the region that it is in, or else by a region of its own. */
  private howToEnter(head: Head): Making {
    const around = this.regions.around(head);
    if (!around) return { heads: [head], replaces: [], slow: NONE, absorbed: NONE, takesIn: false, round: 0 };
    const [index, { heads, region, slow, absorbed, takesIn, round }] = around;
    const others = this.hot.takeFrom(pageOf(head), (offset) => contains(region, offset));
    const all = [...heads, head, ...others.filter(({ mode }) => sameMode(mode, head.mode))];
    return { heads: all.slice(0, MOST_ENTRIES), replaces: [index], slow, absorbed, takesIn, round };
  }

  private request(how: Making): TranslationRequest | undefined {
    const [head] = how.heads;
    const { linear, mode, mxcsr } = head;
    const linearPage = (linear & ~(at.PAGE_SIZE - 1)) >>> 0;
    const pages: KnownPages = new Map();
    for (const distance of NEIGHBOURS) {
      const host = distance === 0 ? pageOf(head) : this.fetchedFrom((linearPage + distance * at.PAGE_SIZE) >>> 0);
      const number = (host - at.RAM_BASE) >>> 12;
      const page = host === 0 ? undefined : this.cache.codePage(number);
      if (page) pages.set(distance, { number, page });
    }
    const { callees, returns } = how.takesIn ? this.remaking.around(how, linearPage, pages) : { callees: [], returns: [] };
    const takesIn = callees.length > 0 || returns.length > 0;
    // Nothing would be gained by that: perhaps later.
    if (how.takesIn && !takesIn && how.replaces.every((index) => this.regions.get(index)?.takesIn === false)) return undefined;
    const handlers = how.heads.map(({ record }) => this.handlerOf(record));
    if (!pages.has(0) || !handlers.every((handler) => how.replaces.includes(handler) || (handler >= SPECIALS && handler < FIRST_REGION)))
      return undefined;
    const id = ++this.requests;
    this.waiting.set(id, { id, handlers, pages, ...how, takesIn });
    this.remaking.forget(id);
    return {
      id,
      pages: Array.from(pages, ([delta, { number, page }]) => ({
        delta,
        host: at.RAM_BASE + number * at.PAGE_SIZE,
        covered: page.covered.slice(),
      })),
      entries: how.heads.map((head) => ({ offset: head.address % at.PAGE_SIZE, x87: head.x87 })),
      linearPage,
      // Where every head is translated at once, all regions would be single blocks.
      heads: this.eager ? [] : this.regions.headsIn(pages, mode, how),
      callees,
      returns,
      exactCalls: (mxcsr & MODE_BITS) !== USUAL || how.slow.size >= MANY_SLOW,
      inexact: (mxcsr & PE) !== 0,
      slow: [...how.slow],
      user: mode.user,
      direct: mode.direct,
      strict: this.options.strict,
      profile: this.options.profile ?? false,
      longest: this.longest,
    };
  }

  private hear(answer: TranslatorAnswer): void {
    if (answer.kind === "translated") this.translated(answer);
    else if (answer.kind === "linked") this.linked(answer);
    else if (answer.kind === "loaded") this.recalling.loaded(answer);
    else this.recalling.learn(answer);
  }

  private translated({ ids, regions, linked, translateUs, compileUs }: Answer<"translated">): void {
    const { counted } = this;
    counted.translateTimeUs += translateUs;
    counted.compileTimeUs += compileUs;
    counted.queueTimeUs += this.port.nowUs() - this.sentAt;
    let exports: Exports | undefined;
    let position = 0;
    for (const [i, id] of ids.entries()) {
      const entry = this.waiting.get(id);
      this.waiting.delete(id);
      const region = regions[i];
      if (region) position++;
      if (entry && !region) for (const { record } of entry.heads) this.hopeless.add(record);
      if (!entry || !region || !this.valid(entry, region)) continue;
      exports ??= this.modules.instantiate(linked);
      const installed = new Installed(entry, region, leavesUntilReview(entry), id, exports, false);
      this.enter(installed, exports[regionExport(position - 1)]);
      this.recalling.made(installed);
      counted.regionsCompiled++;
    }
    if (exports) this.modulesMade++;
  }

  private linked(answer: Answer<"linked">): void {
    const { chunk, numbers, linked, compileUs } = answer;
    this.counted.compileTimeUs += compileUs;
    let exports: Exports | undefined;
    this.linking.linked(answer, (index, region, position) => {
      exports ??= this.modules.add(chunk, linked);
      region.module = exports;
      this.table.set(index, exports[regionExport(position)]);
      this.recalling.linked(region, { chunk, position, chunkSize: numbers.length });
      this.counted.regionsLinked++;
    });
    // The smaller modules can go.
    this.dropModules();
  }

  private recalled(what: Omit<Entry, "id">, { number, position, chunkSize, region: { region } }: PlacedRegion, exports: Exports): void {
    if (!this.hasNumbers) return;
    const entry = { id: ++this.requests, ...what };
    this.remaking.forget(entry.id);
    this.enter(
      new Installed(entry, region, leavesUntilReview(entry), number, exports, isLarge(chunkSize)),
      exports[regionExport(position)],
    );
    this.counted.regionsRecalled++;
  }

  /** Whether the code is what it was, and the heads still begin what they did. */
  private valid({ heads, handlers, pages }: Entry, region: TranslatedRegion): boolean {
    return (
      region.pages.every((distance) => {
        const known = pages.get(distance);
        return known !== undefined && this.cache.codePage(known.number) === known.page;
      }) &&
      heads.every(({ record }, i) => this.handlerOf(record) === handlers[i]) &&
      this.hasNumbers &&
      this.cache.hasRoom()
    );
  }

  private enter(entry: Installed, region: unknown): void {
    const { table, counted } = this;
    const index = this.next++;
    while (index >= table.length) table.grow(TABLE_STEP);
    table.set(index, region);
    for (const head of entry.heads) this.lead(head, entry, index);
    for (const other of entry.replaces) {
      const replaced = this.regions.get(other);
      if (!replaced) continue;
      this.recalling.replaced(replaced, entry);
      this.leave(other, replaced);
    }
    this.regions.add(index, entry);
    counted.codeBytes += entry.region.size;
    this.hot.covered(pageOf(entry.heads[0]), new Set(entry.region.blocks.map(({ start }) => start)));
    if (this.options.profile) this.made.push(entry);
  }

  /** No record leads into a region any more. */
  private leave(index: number, { heads }: Installed): void {
    for (const { record } of heads) if (this.handlerOf(record) === index) this.restore(record);
    this.vacant.push(index);
  }

  /** Makes the head's record lead into the region, if that can be entered there. */
  private lead({ record, address }: Head, { id, region, pages }: Installed, index: number): void {
    const { state } = this;
    const number = region.entries.indexOf(address % at.PAGE_SIZE);
    const led = this.handlerOf(record) >= FIRST_REGION;
    if (number < 0) {
      if (led) this.restore(record);
      this.hopeless.add(record);
      return;
    }
    const own = pages.get(0);
    if (own && !led) state.i32[(record + Rec.target) >> 2] = this.cache.copyHead(record, own.page);
    state.i32[(record + Rec.immediate) >> 2] = number;
    state.i32[(record + Rec.displacement) >> 2] = counterSlot(id);
    state.u16[(record + Rec.handler) >> 1] = index;
  }

  // Ends

  /** The code cache has dropped a page: its records are `redecode`; heads elsewhere get their instruction back. */
  private dropped(number: number): void {
    for (const [index, region] of this.regions.dropPage(number)) this.leave(index, region);
  }
  private restore(record: number): void {
    const copy = this.state.i32[(record + Rec.target) >> 2];
    this.state.u8.copyWithin(record, copy, copy + RECORD_SIZE);
  }

  /** Records of dropped pages become others: whatever is remembered of what they were must go before. */
  private forgetGone(): void {
    const isGone = (record: number) => this.cache.isGone(record);
    for (const [id, { heads }] of this.waiting) if (heads.some(({ record }) => isGone(record))) this.waiting.delete(id);
    for (const record of this.hopeless) if (isGone(record)) this.hopeless.delete(record);
    this.hot.forgetGone(isGone);
    this.remaking.forgetGone(isGone);
    this.recalling.forgetGone(isGone);
  }

  /** Drops all regions, so that what is hot now is translated, and only that. */
  private startGeneration(): void {
    for (const [index, region] of this.regions) this.leave(index, region);
    this.flushed();
  }

  private flushed(): void {
    if (this.next > FIRST_REGION) {
      for (let index = FIRST_REGION; index < this.next; index++) this.table.set(index, null);
      this.counted.generations++;
      this.wantsTurn = true;
    }
    this.vacant.length = 0;
    this.regions.clear();
    this.waiting.clear();
    this.remaking.clear();
    this.recalling.clear();
    this.hopeless.clear();
    this.hot.clear();
    this.next = FIRST_REGION;
    this.modulesMade = 0;
    this.modules.clear();
    this.linking.clear();
    this.counted.codeBytes = 0;
  }
}

/** Host address of the page that a head lies in. */
function pageOf({ address }: Head): number {
  return address - (address % at.PAGE_SIZE);
}
