/**
 * A ring of bytes between two threads, one of which only writes and the other only reads. Head and tail are free-running 32-bit counts of
 * bytes written and read, kept in shared words; the capacity is a power of two.
 */
export class ByteRing {
  private readonly mask: number;

  /** `words[head]` and `words[tail]` hold the counts, `bytes` the contents. */
  constructor(
    private readonly words: Int32Array,
    private readonly head: number,
    private readonly tail: number,
    private readonly bytes: Uint8Array,
  ) {
    if ((bytes.length & (bytes.length - 1)) !== 0) throw new RangeError("a ring's capacity is a power of two");
    this.mask = bytes.length - 1;
  }

  get capacity(): number {
    return this.bytes.length;
  }
  /** Bytes that wait to be read. */
  get length(): number {
    return (Atomics.load(this.words, this.head) - Atomics.load(this.words, this.tail)) >>> 0;
  }
  get free(): number {
    return this.capacity - this.length;
  }
  /** Count of bytes written so far, modulo 2^32. */
  get written(): number {
    return Atomics.load(this.words, this.head) >>> 0;
  }
  /** Count of bytes read so far, modulo 2^32. */
  get taken(): number {
    return Atomics.load(this.words, this.tail) >>> 0;
  }

  /** The writer's: puts as many bytes as there is room for, and says how many. */
  write(data: Uint8Array, from = 0): number {
    const count = Math.min(this.free, data.length - from);
    const head = this.words[this.head];
    const at = head & this.mask;
    const first = Math.min(count, this.capacity - at);
    this.bytes.set(data.subarray(from, from + first), at);
    this.bytes.set(data.subarray(from + first, from + count), 0);
    Atomics.store(this.words, this.head, head + count);
    return count;
  }

  /** The writer's: one byte; false when there is no room. */
  push(byte: number): boolean {
    if (this.free === 0) return false;
    const head = this.words[this.head];
    this.bytes[head & this.mask] = byte;
    Atomics.store(this.words, this.head, head + 1);
    return true;
  }

  /** The reader's: copies waiting bytes into `into`, without taking them, and says how many. */
  peek(into: Uint8Array): number {
    const count = Math.min(this.length, into.length);
    const at = this.words[this.tail] & this.mask;
    const first = Math.min(count, this.capacity - at);
    into.set(this.bytes.subarray(at, at + first));
    into.set(this.bytes.subarray(0, count - first), first);
    return count;
  }

  /** The reader's: takes bytes that were looked at. */
  advance(count: number): void {
    Atomics.store(this.words, this.tail, this.words[this.tail] + count);
  }

  /** The reader's: takes up to `limit` bytes, in a buffer of their own. */
  take(limit: number): Uint8Array {
    const data = new Uint8Array(Math.min(this.length, limit));
    this.advance(this.peek(data));
    return data;
  }

  /** The reader's: the next byte, or -1. */
  shift(): number {
    if (this.length === 0) return -1;
    const byte = this.bytes[this.words[this.tail] & this.mask];
    this.advance(1);
    return byte;
  }
}
