import * as at from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import type { CodeCache } from "../interpreter/code-cache.js";
import { FIRST_REGION, SPECIALS } from "../interpreter/handlers.js";
import type { CodeMode } from "../interpreter/predecoder.js";
import { Rec } from "../interpreter/record.js";
import type { Head } from "./hot-heads.js";
import { type KeptRegions, keptRegion } from "./kept-regions.js";
import type { Entry, Installed, KnownPages } from "./live-regions.js";
import type { Exports, Modules } from "./modules.js";
import type { Answer, PlacedRegion, TranslatorPort } from "./port.js";

/** Heads that may wait for the module of their region. */
const MOST_WAITING = 256;

/** Puts a region in place. */
export type Install = (entry: Omit<Entry, "id">, placed: PlacedRegion, exports: Exports) => void;

/**
 * Has regions again that were made before, by this machine or by an earlier one, where their code is in place. Compiling is what new code waits for: V8
 * takes some 50 microseconds for each instruction, and a few milliseconds for hundreds of regions that it has compiled before. So the first look at where
 * execution is that finds the head of one is enough.
 */
export class Recalling {
  /** Heads at which one was found, by record, and its number. */
  private readonly proposed = new Map<number, { readonly head: Head; readonly number: number }>();
  /** Looks that found nothing, by record: each makes the next one later, as what is missing may be another page that the code goes on in. */
  private readonly misses = new Map<number, number>();
  private heard = false;

  constructor(
    private readonly state: CpuState,
    private readonly cache: CodeCache,
    private readonly kept: KeptRegions,
    private readonly modules: Modules,
    private readonly port: TranslatorPort,
  ) {}

  /** An answer is under way. */
  get waits(): boolean {
    return (this.port.keeps && !this.heard) || this.modules.waits;
  }
  learn({ regions }: Answer<"kept">): void {
    this.heard = true;
    for (const region of regions) this.kept.add(region);
  }
  loaded({ chunk, linked }: Answer<"loaded">): void {
    if (linked) this.modules.add(chunk, linked);
    else {
      this.modules.lost(chunk);
      this.kept.removeChunk(chunk);
    }
  }

  /** Whether it is worth describing a record as a head, and proposing that. */
  mayBegin(record: number, address: number, mode: CodeMode): boolean {
    if (!this.kept.mayBegin(address, mode)) return false;
    const misses = (this.misses.get(record) ?? 0) + 1;
    this.misses.set(record, misses);
    return (misses & (misses - 1)) === 0;
  }
  /** Whether there is a region for it. */
  propose(head: Head): boolean {
    const placed = this.kept.find(head);
    if (!placed) return false;
    this.misses.delete(head.record);
    if (this.proposed.size < MOST_WAITING) this.proposed.set(head.record, { head, number: placed.number });
    return true;
  }

  /** Puts those in place whose modules are here, and asks for the others'. */
  take(install: Install): void {
    for (const [record, { head, number }] of this.proposed) {
      const chunk = this.kept.chunkOf(number);
      if (chunk !== undefined && !this.modules.chunk(chunk)) {
        if (this.modules.wants(chunk)) this.port.send({ kind: "load", chunk });
        continue;
      }
      // The guest has run meanwhile.
      const placed = this.kept.find(head);
      const exports = placed && this.modules.chunk(placed.chunk);
      if (placed && !exports) {
        this.proposed.set(record, { head, number: placed.number });
        continue;
      }
      this.proposed.delete(record);
      // Another of its heads may have brought it here, or another region.
      if (!placed || !exports || this.handlerOf(record) >= FIRST_REGION) continue;
      const entry = this.entry(head, placed);
      if (entry) install(entry, placed, exports);
    }
  }

  private handlerOf(record: number): number {
    return this.state.u16[(record + Rec.handler) >> 1];
  }

  /**
   * What the region would be in place of, at this head. Its code counts as decoded from now on: nothing can change it unnoticed. Undefined where that can't
   * be, or there is no room for records.
   */
  private entry(head: Head, { region: { entries, code, slow, absorbed, takesIn, round } }: PlacedRegion): Omit<Entry, "id"> | undefined {
    const offset = head.address % at.PAGE_SIZE;
    const heads: Head[] = [];
    for (const entry of entries) {
      // Each may be a run that is decoded only now.
      if (!this.cache.hasRoom()) return undefined;
      const address = head.address - offset + entry.offset;
      const record = this.cache.find(address - at.RAM_BASE, head.mode);
      heads.push({ ...head, record, address, linear: head.linear - offset + entry.offset, x87: entry.x87 });
    }
    if (!this.cache.hasRoom()) return undefined;
    const handlers = heads.map(({ record }) => this.handlerOf(record));
    if (handlers.some((handler) => handler < SPECIALS)) return undefined;
    const pages: KnownPages = new Map();
    for (const { distance, host, offset: from, length } of code) {
      const number = ((distance === 0 ? head.address : host) - at.RAM_BASE) >>> 12;
      pages.set(distance, { number, page: this.cache.hold(number, from, from + length) });
    }
    const replaces = [...new Set(handlers.filter((handler) => handler >= FIRST_REGION))];
    return { heads, handlers, pages, replaces, slow: new Set(slow), absorbed: new Set(absorbed), takesIn, round };
  }

  /**
   * A region was made, and is in place. One with accesses as calls is for this machine: they may have missed because of where its data happens to lie (a
   * stack's array across two pages), and the next one makes such a region in a moment, too.
   */
  made(installed: Installed): void {
    if (!this.port.keeps || installed.slow.size > 0) return;
    this.port.send({ kind: "keep", number: installed.number, region: keptRegion(installed, this.state) });
  }
  /** It is in a module that stays now, so it can be had again. */
  linked(installed: Installed, where: Pick<PlacedRegion, "chunk" | "position" | "chunkSize">): void {
    const { number } = installed;
    if (!this.kept.has(number)) this.kept.add({ number, ...where, region: keptRegion(installed, this.state) });
  }
  /** Something better takes the place of a region: better for other machines, too? */
  replaced({ number }: Installed, { slow }: Installed): void {
    if (slow.size > 0) return;
    this.kept.remove(number);
    this.port.send({ kind: "forget", number });
  }

  /** These records are about to become others. */
  forgetGone(isGone: (record: number) => boolean): void {
    for (const records of [this.proposed, this.misses]) for (const record of records.keys()) if (isGone(record)) records.delete(record);
  }

  /** Modules are gone; what is kept of them elsewhere can be loaded again. */
  clear(): void {
    this.proposed.clear();
    this.misses.clear();
  }
}
