import { ADDRESS_SPACES } from "../cpu/layout.js";
import type { PageWalk } from "./walk.js";

/*
 * Warm address spaces. A CR3 write forgets every translation that is not global, and a kernel writes CR3 at each context switch: of two processes
 * that pass bytes to and fro, each switch cost 12 hidden faults and a lookup for every jump target of the process, more than what it ran for.
 * A processor may keep translations by the value of CR3, as long as none that the guest has changed is used after the flush that it makes for that
 * (SDM vol. 3, 4.10). To know which were changed, the original traced page tables, at the price of a trap for each store to them, of which fork
 * makes thousands. Here nothing is traced: whoever comes back to an address space compares the paging-structure entries that decided each of its
 * last translations with what they were. Equal entries translate alike, so those are entered again, for some ten nanoseconds each.
 */

/** What a translation is for, and how it was made. */
export const Kind = {
  user: 1,
  /** Instructions are fetched by it. */
  fetch: 2,
  /** Stores need no walk. */
  writable: 4,
  large: 8,
  /** Stays when CR3 is written, but user code is fetched by it. */
  global: 16,
} as const;

/** Words of a record: linear page number, kind, host address of the page, how many words decided the walk, and index and value of each. */
const PAGE = 0;
const KIND = 1;
const HOST = 2;
const COUNT = 3;
const WALK = 4;
const RECORD_WORDS = 16;
/** More are not worth comparing: a process that needs more pages than these between two switches pays for them anyway. */
const MOST = 192;
const SLOTS = 512;

/** What is remembered of one value of CR3: the translations that were made under it. */
export class AddressSpace {
  root = 0;
  /** Number of the switch to it. */
  usedAt = 0;
  /** Every page that user code has been fetched from is among the translations, so what follows from these holds with them. */
  private complete = false;
  private count = 0;
  private readonly records = new Int32Array(MOST * RECORD_WORDS);
  /** Number of a record + 1, by page and privilege. */
  private readonly slots = new Uint16Array(SLOTS);

  /** @param index which of the jump caches of user code is this space's */
  constructor(readonly index: number) {}

  /** Stands for another value of CR3. */
  become(root: number): void {
    this.root = root;
    this.forget();
  }

  /** `walk` has translated this page, to a page of RAM. */
  note(page: number, kind: number, host: number, walk: PageWalk): void {
    const { records } = this;
    const at = this.place(page, kind);
    if (at < 0) return;
    records[at + PAGE] = page;
    records[at + KIND] |= kind;
    records[at + HOST] = host;
    records[at + COUNT] = walk.trace(records, at + WALK);
  }

  /** User code is fetched in a way that can't be looked at again. */
  fetchesElsewhere(): void {
    this.complete = false;
  }

  /** Where the record of a page is, or a new one; -1: there were too many, and there is none any more. */
  private place(page: number, kind: number): number {
    const { records, slots } = this;
    const slot = slotOf(page, kind);
    const known = (slots[slot] - 1) * RECORD_WORDS;
    if (known >= 0 && records[known + PAGE] === page && (records[known + KIND] & Kind.user) === (kind & Kind.user)) {
      records[known + KIND] &= Kind.fetch;
      return known;
    }
    if (this.count === MOST) {
      this.forget();
      return -1;
    }
    const at = this.count++ * RECORD_WORDS;
    slots[slot] = this.count;
    records[at + KIND] = 0;
    return at;
  }

  private forget(): void {
    this.count = 0;
    this.slots.fill(0);
    this.complete = false;
  }

  /**
   * Tells which translations still hold, and forgets the others. False: user code may lie elsewhere now.
   * @param memory all of the machine's memory
   */
  revive(memory: Int32Array, each: (page: number, kind: number, host: number) => void): boolean {
    const { records, slots, complete, count } = this;
    let inPlace = complete;
    let kept = 0;
    for (let at = 0; at < count * RECORD_WORDS; at += RECORD_WORDS) {
      if (!holds(memory, records, at)) {
        if (records[at + KIND] & Kind.fetch) inPlace = false;
        continue;
      }
      if (kept * RECORD_WORDS !== at) records.copyWithin(kept * RECORD_WORDS, at, at + RECORD_WORDS);
      kept++;
      each(records[at + PAGE], records[at + KIND], records[at + HOST]);
    }
    if (kept !== count) {
      this.count = kept;
      slots.fill(0);
      for (let i = 0; i < kept; i++) slots[slotOf(records[i * RECORD_WORDS + PAGE], records[i * RECORD_WORDS + KIND])] = i + 1;
    }
    // Where user code may lie elsewhere, whatever followed from that is dropped now.
    this.complete = true;
    return inPlace;
  }
}

function slotOf(page: number, kind: number): number {
  return (2 * page + (kind & Kind.user)) % SLOTS;
}

function holds(memory: Int32Array, records: Int32Array, at: number): boolean {
  const count = records[at + COUNT];
  for (let i = at + WALK; i < at + WALK + 2 * count; i += 2) if (memory[records[i]] !== records[i + 1]) return false;
  return count > 0;
}

/** The address spaces in use lately. */
export class AddressSpaces {
  private readonly spaces = Array.from({ length: ADDRESS_SPACES }, (_, i) => new AddressSpace(i));
  private switches = 0;
  current = this.spaces[0];

  /** That of a value of CR3 is the present one from now on. One that is not known takes the place of the one that was left first. */
  enter(root: number): AddressSpace {
    const { spaces } = this;
    let space = spaces[0];
    for (const other of spaces) {
      if (other.root === root && other.usedAt > 0) {
        space = other;
        break;
      }
      if (other.usedAt < space.usedAt) space = other;
    }
    if (space.root !== root || space.usedAt === 0) space.become(root);
    space.usedAt = ++this.switches;
    this.current = space;
    return space;
  }

  /** Whatever was translated is translated in another way from now on. */
  clear(): void {
    for (const space of this.spaces) space.usedAt = 0;
  }
}
