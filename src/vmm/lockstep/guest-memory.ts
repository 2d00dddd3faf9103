import { PAGE_SIZE, RAM_BASE } from "../cpu/layout.js";

const PAGE_WORDS = PAGE_SIZE / 4;

/** What was in guest memory (RAM and ROM) at a time: the pages that are not all zeros, by number. */
export type MemoryImage = ReadonlyMap<number, Int32Array>;

/** RAM and ROM of one machine, page by page. */
export class GuestMemory {
  /** The whole memory of the machine. */
  readonly bytes: Uint8Array;
  private readonly words: Int32Array;

  constructor(memory: WebAssembly.Memory) {
    this.bytes = new Uint8Array(memory.buffer);
    this.words = new Int32Array(memory.buffer, RAM_BASE);
  }

  get pages(): number {
    return Math.floor(this.words.length / PAGE_WORDS);
  }
  page(number: number): Int32Array {
    return this.words.subarray(number * PAGE_WORDS, (number + 1) * PAGE_WORDS);
  }

  image(): MemoryImage {
    const image = new Map<number, Int32Array>();
    for (let number = 0; number < this.pages; number++) {
      const page = this.page(number);
      if (page.some((word) => word !== 0)) image.set(number, page.slice());
    }
    return image;
  }
  restore(image: MemoryImage): void {
    this.words.fill(0);
    for (const [number, page] of image) this.words.set(page, number * PAGE_WORDS);
  }

  /**
   * Numbers of pages that differ, `most` at most, among these or all. All of memory is compared, 128 MiB in some 30 ms: cheaper than keeping account
   * of what was written to, and it misses nothing.
   */
  differences(other: GuestMemory, most: number, among?: readonly number[]): number[] {
    if (among) return among.filter((number) => !this.same(other, number));
    const found: number[] = [];
    for (let number = 0; number < this.pages && found.length < most; number++) if (!this.same(other, number)) found.push(number);
    return found;
  }

  private same(other: GuestMemory, page: number): boolean {
    const [ours, theirs] = [this.words, other.words];
    const end = (page + 1) * PAGE_WORDS;
    for (let i = page * PAGE_WORDS; i < end; i++) if (ours[i] !== theirs[i]) return false;
    return true;
  }
}
