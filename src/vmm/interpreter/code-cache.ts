import * as at from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import { Decoder, MAX_LENGTH, NEEDS_MORE } from "../decode/decoder.js";
import type { CodeWatch } from "../mmu/physical.js";
import { CodeIndex } from "./code-index.js";
import { endsRun, SPECIALS, Special } from "./handlers.js";
import { KnownRecords } from "./known-records.js";
import { type CodeMode, fillRecord, fillSpecial } from "./predecoder.js";
import { RECORD_SIZE, Rec } from "./record.js";
import { RecordSpace } from "./record-space.js";

/** What is kept for one page with predecoded code. */
export class CodePage {
  /** One bit a byte: covered by a decoded instruction. */
  readonly covered = new Uint32Array(at.PAGE_SIZE / 32);
  /** Records of each run (`end` excluded) and the number of the mode it was decoded for. */
  readonly runs: { start: number; end: number; mode: number }[] = [];
  /** Crossing records of the page before whose instruction ends here. */
  crossings: number[] = [];

  cover(from: number, to: number): void {
    for (let word = from >> 5; word <= (to - 1) >> 5; word++) this.covered[word] |= bitsOf(word, from, to);
  }
  covers(offset: number): boolean {
    return (this.covered[offset >> 5] & (1 << (offset & 31))) !== 0;
  }
  overlaps(from: number, to: number): boolean {
    for (let word = from >> 5; word <= (to - 1) >> 5; word++) if (this.covered[word] & bitsOf(word, from, to)) return true;
    return false;
  }
}

/** Bits of a word of `covered` that stand for bytes of a range that has some there. */
function bitsOf(word: number, from: number, to: number): number {
  const first = Math.max(from - 32 * word, 0);
  const behind = Math.min(to - 32 * word, 32);
  return (-1 << first) & (-1 >>> (32 - behind));
}

/**
 * The longest run decoded ahead: code behind an unconditional-looking path may be data. Also the most instructions that retire between two looks at
 * the budget, so `run` goes on for fewer than these when it is used up.
 */
export const LONGEST_RUN = 64;

/** Records of the longest run, what ends it included, and as many for what else is made before somebody asks whether there is room. */
const ROOM = 2 * (LONGEST_RUN + 2) * RECORD_SIZE;

/**
 * Predecoded instructions by address and mode. Addresses are host addresses counted from RAM_BASE: for RAM the guest-physical ones, and ROM lies
 * behind it, however often it shows in guest-physical space. Records are never moved, and not reused before `makeRoom`, when nobody is about to use
 * one: so while code runs a pointer to a record stays one. When a page is written to, its records become `redecode` in place, and whoever still
 * points to one finds out when it gets there. That makes "modify the very next instruction" exact.
 *
 * A guest that writes code and runs it (a just-in-time compiler) fills the records every few hundred milliseconds. What is gone makes room for more, and
 * all else stays, its translations too: dropping everything then cost such a guest a sixth of its time.
 */
export class CodeCache implements CodeWatch {
  /** Pages that hold code; instructions decoded, pages dropped because they were written to, and times that everything was dropped. */
  codePages = 0;
  decoded = 0;
  invalidations = 0;
  flushes = 0;
  /** Called when a page (address / 4096) has been dropped, when everything has, and before records that are `redecode` may become others. */
  onDrop: (page: number) => void = () => undefined;
  onFlush: () => void = () => undefined;
  onReclaim: () => void = () => undefined;

  private readonly decoder = new Decoder();
  /** By mode number. */
  private readonly indexes = Array.from({ length: 16 }, () => new CodeIndex());
  /**
   * By number. Not a Map: one keeps what was deleted until it grows, so that a page which is dropped and decoded over and over makes a chain of thousands in one
   * bucket (half the time of a guest that patched one loop).
   */
  private readonly pages: (CodePage | undefined)[];
  private readonly space: RecordSpace;
  private readonly known: KnownRecords;
  private readonly joined = new Uint8Array(2 * MAX_LENGTH);

  /** @param protect called when a page begins to hold code: its write TLB entries must go. */
  constructor(
    private readonly state: CpuState,
    private readonly protect: (page: number) => void,
  ) {
    this.space = new RecordSpace(state, ROOM);
    this.known = new KnownRecords(state);
    this.pages = new Array(Math.ceil((state.u8.length - at.RAM_BASE) / at.PAGE_SIZE)).fill(undefined);
  }

  /** Address behind the records in use. */
  get end(): number {
    return this.space.end;
  }

  /** Whether there is room for another run: otherwise `makeRoom` before the next lookup. */
  hasRoom(): boolean {
    return this.space.hasRoom();
  }

  holdsCode(page: number): boolean {
    return this.pages[page] !== undefined;
  }

  written(address: number, size: number): void {
    const number = address >>> 12;
    const page = this.pages[number];
    if (!page) return;
    const from = address & 0xfff;
    if (page.overlaps(from, Math.min(from + size, at.PAGE_SIZE))) this.drop(number, page);
  }

  private drop(number: number, page: CodePage): void {
    const { state } = this;
    this.invalidations++;
    const base = number << 12;
    for (const { start, end, mode } of page.runs) {
      const index = this.indexes[mode];
      for (let record = start; record < end; record += RECORD_SIZE) {
        state.u16[(record + Rec.handler) >> 1] = Special.redecode;
        index.remove(base + state.u16[(record + Rec.offset) >> 1], record);
      }
      this.space.release(start, end);
    }
    for (const record of page.crossings) state.i32[(record + Rec.immediate) >> 2] = 0;
    this.pages[number] = undefined;
    this.codePages--;
    this.state.i32[linesOf(number)] = 0;
    this.onDrop(number);
  }

  /**
   * Makes room, with the records of pages that were dropped, or by dropping everything. No record may be in use; jump caches are to be
   * cleared.
   */
  makeRoom(): void {
    if (!this.space.reclaim()) {
      this.flush();
      return;
    }
    this.onReclaim();
    for (const page of this.pages) if (page) page.crossings = page.crossings.filter((record) => !this.isGone(record));
  }

  /** Whether a record is what execution finds at its offset in this page (its address). */
  standsIn(record: number, page: number, mode: CodeMode): boolean {
    return this.indexes[modeNumber(mode)].get(page + this.state.u16[(record + Rec.offset) >> 1]) === record;
  }

  /** Whether the page of a record has been dropped. */
  isGone(record: number): boolean {
    return this.state.u16[(record + Rec.handler) >> 1] === Special.redecode;
  }

  /** Drops everything. No record may be in use. */
  flush(): void {
    this.flushes++;
    this.space.clear();
    for (const index of this.indexes) index.clear();
    for (let number = 0; number < this.pages.length; number++) if (this.pages[number]) this.state.i32[linesOf(number)] = 0;
    this.pages.fill(undefined);
    this.codePages = 0;
    this.onFlush();
  }

  /** What is kept for a page (address / 4096). The same object stays for as long as its code does. */
  codePage(number: number): CodePage | undefined {
    return this.pages[number];
  }

  /** Bytes of a page count as decoded, though they may not be: somebody relies on them. */
  hold(number: number, from: number, to: number): CodePage {
    const page = this.page(number);
    this.cover(page, number << 12, from, to);
    return page;
  }

  /** A copy of a record of that page which runs it and goes on behind it, for when something else takes the record's place. Behind `hasRoom`. */
  copyHead(head: number, page: CodePage): number {
    const { state, space } = this;
    const copy = space.take(2 * RECORD_SIZE);
    state.u8.copyWithin(copy, head, head + RECORD_SIZE);
    const offset = state.u16[(head + Rec.offset) >> 1] + state.u8[head + Rec.length];
    const position = state.i32[(head + Rec.position) >> 2] + 1;
    fillSpecial(state, copy + RECORD_SIZE, Special.goto, offset, position, head + RECORD_SIZE);
    page.runs.push({ start: copy, end: space.position, mode: 0 });
    return copy;
  }

  private page(number: number): CodePage {
    let page = this.pages[number];
    if (!page) {
      page = new CodePage();
      this.pages[number] = page;
      this.codePages++;
      this.protect(number);
    }
    return page;
  }

  /** Notes that bytes of a page have been decoded: whoever writes to them must come by `written`. */
  private cover(page: CodePage, address: number, from: number, to: number): void {
    page.cover(from, to);
    const word = linesOf(address >>> 12);
    for (let line = from >> at.CODE_LINE_SHIFT; line <= (to - 1) >> at.CODE_LINE_SHIFT; line++) this.state.i32[word] |= 1 << line;
  }

  /** Record of the instruction at an address, decoded if need be. Behind `hasRoom`. */
  find(address: number, mode: CodeMode): number {
    const number = modeNumber(mode);
    return this.indexes[number].get(address) || this.decodeRun(address, mode, number);
  }

  /** How many instructions may retire from this record to the end of its run, where the budget is looked at. */
  runLength(record: number): number {
    const { u16 } = this.state;
    let end = record;
    while (u16[(end + Rec.handler) >> 1] >= SPECIALS) end += RECORD_SIZE;
    const more = u16[(end + Rec.handler) >> 1] === Special.crossing ? 1 : 0;
    return (end - record) / RECORD_SIZE + more;
  }

  /** Decodes from `address` to the end of the page, an unconditional transfer or known code. */
  private decodeRun(address: number, mode: CodeMode, number: number): number {
    const { state, space } = this;
    const index = this.indexes[number];
    const base = (address & ~0xfff) >>> 0;
    const page = this.page(address >>> 12);
    const start = space.position;
    const code = at.RAM_BASE + base;
    const first = address & 0xfff;
    let offset = first;
    let covered = first;
    for (let position = 0; ; position++) {
      const record = space.take(RECORD_SIZE);
      const known = offset < at.PAGE_SIZE && page.covers(offset) ? index.get(base + offset) : 0;
      if (known || offset >= at.PAGE_SIZE || position === LONGEST_RUN) {
        if (known) fillSpecial(state, record, Special.goto, offset, position, known);
        else fillSpecial(state, record, Special.nextPage, offset, position);
        break;
      }
      index.set(base + offset, record);
      const length = this.decode(record, code, offset, mode, number, position);
      if (length === NEEDS_MORE) {
        // What the next page holds is looked at when execution gets there.
        fillSpecial(state, record, Special.crossing, offset, position);
        covered = at.PAGE_SIZE;
        break;
      }
      offset += length;
      covered = offset;
      if (endsRun[state.u16[(record + Rec.handler) >> 1]]) {
        // A callout that usually transfers control may fall through all the same.
        fillSpecial(state, space.take(RECORD_SIZE), Special.nextPage, offset, position + 1);
        break;
      }
    }
    this.cover(page, base, first, covered);
    page.runs.push({ start, end: space.position, mode: number });
    return start;
  }

  /** Makes a record of the instruction at an offset of a page. Gives its length; NEEDS_MORE: it goes on in the next page, and there is no record. */
  private decode(record: number, page: number, offset: number, mode: CodeMode, number: number, position: number): number {
    const { state, decoder, known } = this;
    this.decoded++;
    const inPage = offset <= at.PAGE_SIZE - 4;
    const bytes = inPage ? state.view.getInt32(page + offset, true) : 0;
    const copied = inPage ? known.copy(bytes, number, record, offset, position) : 0;
    if (copied > 0) return copied;
    const length = decoder.decode(state.u8, page + offset, page + at.PAGE_SIZE, mode.code32);
    if (length === NEEDS_MORE) return NEEDS_MORE;
    fillRecord(state, record, decoder, mode, offset, position);
    if (inPage) known.learn(bytes, number, record);
    return length;
  }

  /**
   * Makes a crossing record ready: its instruction begins at `first` and goes on at the start of page `second` (both addresses).
   * Gives the record to execute.
   */
  decodeCrossing(crossing: number, first: number, second: number, mode: CodeMode): number {
    const { state, decoder, joined, space } = this;
    const offset = first & 0xfff;
    const here = at.PAGE_SIZE - offset;
    joined.set(state.u8.subarray(at.RAM_BASE + first, at.RAM_BASE + first + here));
    joined.set(state.u8.subarray(at.RAM_BASE + second, at.RAM_BASE + second + MAX_LENGTH), here);
    const length = decoder.decode(joined, 0, here + MAX_LENGTH, mode.code32);
    const position = state.i32[(crossing + Rec.position) >> 2];
    const record = space.take(2 * RECORD_SIZE);
    fillRecord(state, record, decoder, mode, offset, position);
    fillSpecial(state, record + RECORD_SIZE, Special.nextPage, offset + length, position + 1);
    // The run belongs to the first page, under the mode its crossing record was found by.
    this.page(first >>> 12).runs.push({ start: record, end: space.position, mode: modeNumber(mode) });
    const after = this.page(second >>> 12);
    this.cover(after, second, 0, offset + length - at.PAGE_SIZE);
    after.crossings.push(crossing);
    state.i32[(crossing + Rec.immediate) >> 2] = at.RAM_BASE + second;
    state.i32[(crossing + Rec.target) >> 2] = record;
    return record;
  }
}

/** Index of a page's word at CODE_LINES. */
function linesOf(page: number): number {
  return (at.CODE_LINES >> 2) + page;
}

function modeNumber(mode: CodeMode): number {
  return (mode.code32 ? 1 : 0) | (mode.flat ? 2 : 0) | (mode.user ? 4 : 0) | (mode.direct ? 8 : 0);
}
