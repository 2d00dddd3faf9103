/**
 * The last bytes of a stream, addressed by their offset from its very beginning. Grows up to its capacity and then forgets the oldest.
 */
export class ScrollbackRing {
  private buffer = Buffer.allocUnsafe(4096);
  private length = 0;
  private next: number;

  /** @param capacity bytes, a power of two of at least 4096. @param offset of the first byte to come */
  constructor(
    private readonly capacity: number,
    offset = 0,
  ) {
    this.next = offset;
  }

  /** Offset of the oldest byte kept. */
  get start(): number {
    return this.next - this.length;
  }

  /** Offset of the byte to come. */
  get end(): number {
    return this.next;
  }

  append(bytes: Uint8Array): void {
    const kept = bytes.length > this.capacity ? bytes.subarray(bytes.length - this.capacity) : bytes;
    this.grow(Math.min(this.capacity, this.length + kept.length));
    this.next += bytes.length;
    const at = (this.next - kept.length) % this.buffer.length;
    const first = Math.min(kept.length, this.buffer.length - at);
    this.buffer.set(kept.subarray(0, first), at);
    this.buffer.set(kept.subarray(first), 0);
    this.length = Math.min(this.buffer.length, this.length + bytes.length);
  }

  /** A copy of up to `limit` bytes from `offset` on, which must lie between start and end. */
  read(offset: number, limit: number): Buffer {
    if (offset < this.start || offset > this.next) throw new RangeError(`offset ${offset} is not in ${this.start}..${this.next}`);
    const length = Math.min(limit, this.next - offset);
    const at = offset % this.buffer.length;
    const first = Math.min(length, this.buffer.length - at);
    return Buffer.concat([this.buffer.subarray(at, at + first), this.buffer.subarray(0, length - first)]);
  }

  private grow(needed: number): void {
    if (needed <= this.buffer.length) return;
    let size = this.buffer.length;
    while (size < needed) size *= 2;
    const kept = this.read(this.start, this.length);
    this.buffer = Buffer.allocUnsafe(size);
    const at = this.start % size;
    const first = Math.min(kept.length, size - at);
    this.buffer.set(kept.subarray(0, first), at);
    this.buffer.set(kept.subarray(first), 0);
  }
}
