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
  /** Other accesses than fetches are made by it: most pages with code are never read as data, and then the TLB need not know them. */
  data: 32,
} as const;

/** Words of what decided a walk: how many these are, and index and value of each. */
const WALK_WORDS = 13;
/** More are not worth comparing: a process that needs more pages than these between two switches pays for them anyway. */
const MOST = 192;
const SLOTS = 512;
/**
 * Switches to an address space after which it is remembered anew: what it needed once and never again goes, what it needs comes back by a hidden fault
 * each. A process that does nothing but write to a pipe has 10 of them, of 80 that it began with, which were half of the time that a switch took.
 */
const RENEWAL = 256;

/** What is remembered of one value of CR3: the translations that were made under it. */
export class AddressSpace {
  root = 0;
  /** Number of the switch to it. */
  usedAt = 0;
  /** Every page that user code has been fetched from is among the translations, so what follows from these holds with them. */
  private complete = false;
  private revivals = 0;
  /** How many translations are remembered; of each the linear page number, what it is for (`Kind`), and the host address of the page. */
  size = 0;
  readonly pages = new Int32Array(MOST);
  readonly kinds = new Int32Array(MOST);
  readonly hosts = new Int32Array(MOST);
  private readonly walks = new Int32Array(MOST * WALK_WORDS);
  /** Number of a translation + 1, by page and privilege. */
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
    const i = this.place(page, kind);
    if (i < 0) return;
    this.pages[i] = page;
    this.kinds[i] |= kind;
    this.hosts[i] = host;
    this.walks[i * WALK_WORDS] = walk.trace(this.walks, i * WALK_WORDS + 1);
  }

  /** User code is fetched in a way that can't be looked at again. */
  fetchesElsewhere(): void {
    this.complete = false;
  }

  /** Number of the translation of a page, or of a new one; -1: there were too many, and there is none any more. */
  private place(page: number, kind: number): number {
    const { pages, kinds, slots } = this;
    const slot = slotOf(page, kind);
    const known = slots[slot] - 1;
    if (known >= 0 && pages[known] === page && (kinds[known] & Kind.user) === (kind & Kind.user)) {
      kinds[known] &= Kind.fetch | Kind.data;
      return known;
    }
    if (this.size === MOST) {
      this.forget();
      return -1;
    }
    kinds[this.size] = 0;
    slots[slot] = this.size + 1;
    return this.size++;
  }

  private forget(): void {
    this.size = 0;
    this.slots.fill(0);
    this.complete = false;
  }

  /**
   * Forgets the translations that don't hold any more. False: user code may lie elsewhere now.
   * @param memory all of the machine's memory
   */
  revive(memory: Int32Array): boolean {
    if (++this.revivals % RENEWAL === 0) this.forget();
    const { kinds, walks, complete, size } = this;
    let inPlace = complete;
    let kept = 0;
    for (let i = 0; i < size; i++) {
      if (holds(memory, walks, i * WALK_WORDS)) {
        if (kept !== i) this.move(i, kept);
        kept++;
      } else if (kinds[i] & Kind.fetch) inPlace = false;
    }
    if (kept !== size) this.shrink(kept);
    // Where user code may lie elsewhere, whatever followed from that is dropped now.
    this.complete = true;
    return inPlace;
  }
  private move(from: number, to: number): void {
    for (const words of [this.pages, this.kinds, this.hosts]) words[to] = words[from];
    this.walks.copyWithin(to * WALK_WORDS, from * WALK_WORDS, (from + 1) * WALK_WORDS);
  }
  private shrink(size: number): void {
    this.size = size;
    this.slots.fill(0);
    for (let i = 0; i < size; i++) this.slots[slotOf(this.pages[i], this.kinds[i])] = i + 1;
  }
}

function slotOf(page: number, kind: number): number {
  return (2 * page + (kind & Kind.user)) & (SLOTS - 1);
}

/** Whether all that decided a walk is what it was. */
function holds(memory: Int32Array, walks: Int32Array, at: number): boolean {
  const end = at + 1 + 2 * walks[at];
  for (let i = at + 1; i < end; i += 2) if (memory[walks[i]] !== walks[i + 1]) return false;
  return walks[at] > 0;
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
