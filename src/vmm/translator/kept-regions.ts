import * as at from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import type { CodeMode } from "../interpreter/predecoder.js";
import { MODE_BITS, PE, USUAL } from "../sse/mxcsr.js";
import type { Head } from "./hot-heads.js";
import type { Entry } from "./live-regions.js";
import type { PlacedRegion } from "./port.js";
import type { RegionEntry } from "./region.js";
import type { Span, TranslatedRegion } from "./region-translation.js";

/** Code of a region in one page. */
export interface CodePiece {
  /** Of the page, from the head's. */
  readonly distance: number;
  /** Host address of the page: the region compares where it goes on with that. Anything for the head's own, which may be anywhere. */
  readonly host: number;
  /** In the page. */
  readonly offset: number;
  readonly length: number;
}

/**
 * A translation that can be had again, by this machine or by one that is started later: all that a region's code depends on. Whoever finds the same
 * bytes there enters the same region; nothing is taken on trust, least of all that another guest ran the same.
 */
export interface KeptRegion {
  readonly user: boolean;
  readonly direct: boolean;
  readonly inexact: boolean;
  /** Where it is entered, the head first. */
  readonly entries: readonly RegionEntry[];
  readonly code: readonly CodePiece[];
  /** Of all pieces, one behind the other. */
  readonly bytes: Uint8Array;
  /** How it came to be what it is: live-regions.ts. */
  readonly slow: readonly number[];
  readonly absorbed: readonly number[];
  readonly takesIn: boolean;
  readonly round: number;
  readonly region: TranslatedRegion;
}

/** A region that was put in place, for whoever keeps it. Its code is what it was when the region was asked for. */
export function keptRegion(
  { heads, pages, slow, absorbed, takesIn, round, region }: Entry & { readonly region: TranslatedRegion },
  state: Pick<CpuState, "u8">,
): KeptRegion {
  const [{ address, mode, mxcsr }] = heads;
  const page = address - (address % at.PAGE_SIZE);
  const code = region.code.flatMap(inPages).map(({ start, end }): CodePiece => {
    const distance = Math.floor(start / at.PAGE_SIZE);
    const known = pages.get(distance);
    if (!known) throw new Error("a region has code in a page that is not known");
    const host = distance === 0 ? page : at.RAM_BASE + known.number * at.PAGE_SIZE;
    return { distance, host, offset: start - distance * at.PAGE_SIZE, length: end - start };
  });
  const bytes = new Uint8Array(code.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const { host, offset, length } of code) {
    bytes.set(state.u8.subarray(host + offset, host + offset + length), end);
    end += length;
  }
  return {
    user: mode.user,
    direct: mode.direct,
    inexact: (mxcsr & PE) !== 0,
    entries: region.entries.map((offset) => ({ offset, x87: shapeAt(heads, offset) })),
    code,
    bytes,
    slow: [...slow],
    absorbed: [...absorbed],
    takesIn,
    round,
    region,
  };
}

function shapeAt(heads: readonly Head[], offset: number) {
  const head = heads.find(({ address }) => address % at.PAGE_SIZE === offset);
  if (!head) throw new Error("a region has an entry that is none of its heads");
  return head.x87;
}

/** Parts of a span that lie in one page each. */
function inPages({ start, end }: Span): Span[] {
  const next = (Math.floor(start / at.PAGE_SIZE) + 1) * at.PAGE_SIZE;
  return end <= next ? [{ start, end }] : [{ start, end: next }, ...inPages({ start: next, end })];
}

/** A region's number, and what the guest's memory must hold where the region is entered: the first bytes of it, up to four. */
interface Beginning {
  readonly number: number;
  readonly word: number;
  readonly mask: number;
}

/** A machine may make new code without end. */
const MOST_KEPT = 8192;

/** Regions that can be had again, by where they begin. */
export class KeptRegions implements Iterable<PlacedRegion> {
  private readonly regions = new Map<number, PlacedRegion>();
  /** The newest last, by mode and by the offset of an entry in its page. */
  private readonly byEntry = new Map<number, Beginning[]>();

  constructor(private readonly state: Pick<CpuState, "u8">) {}

  [Symbol.iterator](): MapIterator<PlacedRegion> {
    return this.regions.values();
  }
  add(placed: PlacedRegion): void {
    const { number, region } = placed;
    for (const oldest of this.regions.keys()) {
      if (this.regions.size < MOST_KEPT) break;
      this.remove(oldest);
    }
    this.regions.set(number, placed);
    for (const { offset } of region.entries) {
      const key = keyOf(offset, region);
      const those = this.byEntry.get(key) ?? [];
      those.push({ number, ...firstBytes(region, offset) });
      this.byEntry.set(key, those);
    }
  }
  remove(number: number): void {
    const region = this.regions.get(number)?.region;
    if (!region) return;
    this.regions.delete(number);
    for (const { offset } of region.entries) {
      const key = keyOf(offset, region);
      const left = this.byEntry.get(key)?.filter((one) => one.number !== number) ?? [];
      if (left.length > 0) this.byEntry.set(key, left);
      else this.byEntry.delete(key);
    }
  }

  has(number: number): boolean {
    return this.regions.has(number);
  }
  /** The module that it is in; undefined: it is gone. */
  chunkOf(number: number): number | undefined {
    return this.regions.get(number)?.chunk;
  }
  /** Its code is in another module, too, which is larger. */
  move(number: number, where: Pick<PlacedRegion, "chunk" | "position" | "chunkSize">): void {
    const placed = this.regions.get(number);
    if (placed) this.regions.set(number, { ...placed, ...where });
  }
  removeChunk(gone: number): void {
    for (const { number, chunk } of [...this.regions.values()]) if (chunk === gone) this.remove(number);
  }

  /** Whether one may begin at a host address: worth to `find`. Code that is written anew all the time asks for each of its functions. */
  mayBegin(address: number, mode: CodeMode): boolean {
    const those = this.byEntry.get(keyOf(address % at.PAGE_SIZE, mode));
    if (!those) return false;
    const here = wordAt(this.state.u8, address);
    for (let i = 0; i < those.length; i++) if ((here & those[i].mask) === those[i].word) return true;
    return false;
  }

  /** The newest whose code is in place, and that can be entered at this head. */
  find(head: Head): PlacedRegion | undefined {
    const offset = head.address % at.PAGE_SIZE;
    const those = this.byEntry.get(keyOf(offset, head.mode)) ?? [];
    for (let i = those.length - 1; i >= 0; i--) {
      const placed = this.regions.get(those[i].number);
      if (placed && fits(placed.region, head) && this.inPlace(placed.region, head.address - offset)) return placed;
    }
    return undefined;
  }

  private inPlace({ code, bytes }: KeptRegion, page: number): boolean {
    const { u8 } = this.state;
    let next = 0;
    for (const { distance, host, offset, length } of code) {
      const from = (distance === 0 ? page : host) + offset;
      // Beyond the end of memory nothing is equal to a byte.
      for (let i = 0; i < length; i++) if (u8[from + i] !== bytes[next++]) return false;
    }
    return true;
  }
}

/** Of a region where it is entered; anything, if it has no code there. */
function firstBytes({ code, bytes }: KeptRegion, entry: number): Pick<Beginning, "word" | "mask"> {
  let end = 0;
  for (const { distance, offset, length } of code) {
    const known = offset + length - entry;
    if (distance === 0 && entry >= offset && known > 0) {
      const mask = known >= 4 ? -1 : (1 << (8 * known)) - 1;
      return { word: wordAt(bytes, end + entry - offset) & mask, mask };
    }
    end += length;
  }
  return { word: 0, mask: 0 };
}
/** Four bytes, as many as there are. */
function wordAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset] | (bytes[offset + 1] << 8) | (bytes[offset + 2] << 16) | (bytes[offset + 3] << 24);
}

/** Whether the region's guards would let it in there. */
function fits({ inexact, entries, region }: KeptRegion, { address, x87, mxcsr }: Head): boolean {
  const shape = entries.find(({ offset }) => offset === address % at.PAGE_SIZE)?.x87;
  if (region.asksShape && (shape?.top !== x87.top || shape.tags !== x87.tags)) return false;
  return !region.asksMode || ((mxcsr & MODE_BITS) === USUAL && inexact === ((mxcsr & PE) !== 0));
}

function keyOf(offset: number, { user, direct }: Pick<CodeMode, "user" | "direct">): number {
  return offset * 4 + (user ? 2 : 0) + (direct ? 1 : 0);
}
