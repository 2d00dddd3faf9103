const text = new TextEncoder();

/** Bytes of the longest LEB128 of 32 bits. */
const LONGEST_U32 = 5;

/**
 * A growing byte buffer with the encodings of the WebAssembly binary format (LEB128, IEEE 754, counted vectors). All code that is translated goes
 * through it byte by byte: room is looked for once a value, and most values are one byte.
 */
export class Bytes {
  private buffer: Uint8Array;
  length = 0;

  constructor(capacity = 256) {
    this.buffer = new Uint8Array(capacity);
  }

  private grow(n: number): void {
    const larger = new Uint8Array(Math.max(this.buffer.length * 4, this.length + n));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
  }
  private room(n: number): void {
    if (this.length + n > this.buffer.length) this.grow(n);
  }

  u8(value: number): this {
    this.room(1);
    this.buffer[this.length++] = value;
    return this;
  }

  /** A byte, and an unsigned LEB128: an opcode and its immediate. */
  u8u32(byte: number, value: number): this {
    this.room(1 + LONGEST_U32);
    this.buffer[this.length++] = byte;
    if (value >>> 0 > 0x7f) return this.u32(value);
    this.buffer[this.length++] = value;
    return this;
  }

  /** Unsigned LEB128 of a 32-bit value. */
  u32(value: number): this {
    let rest = value >>> 0;
    this.room(LONGEST_U32);
    while (rest > 0x7f) {
      this.buffer[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.length++] = rest;
    return this;
  }

  /** The same in five bytes, whatever the value: it can be overwritten. */
  fixedU32(value: number): this {
    this.room(LONGEST_U32);
    putFixedU32(this.buffer, this.length, value);
    this.length += LONGEST_U32;
    return this;
  }

  /** Signed LEB128 of a 32-bit value (either signedness is accepted). */
  s32(value: number): this {
    let rest = value | 0;
    this.room(LONGEST_U32);
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40)) {
        this.buffer[this.length++] = low;
        return this;
      }
      this.buffer[this.length++] = low | 0x80;
    }
  }

  /** Signed LEB128 of a 64-bit value (either signedness is accepted). */
  s64(value: bigint): this {
    let rest = BigInt.asIntN(64, value);
    // Arithmetic on bigints is slow, and most constants are short.
    const short = Number(rest) | 0;
    if (BigInt(short) === rest) return this.s32(short);
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && !(low & 0x40)) || (rest === -1n && low & 0x40)) return this.u8(low);
      this.u8(low | 0x80);
    }
  }

  f64(value: number): this {
    this.room(8);
    new DataView(this.buffer.buffer).setFloat64(this.length, value, true);
    this.length += 8;
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.room(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  name(name: string): this {
    const bytes = text.encode(name);
    return this.u32(bytes.length).raw(bytes);
  }

  /** What was written so far; a view, valid until the next write. */
  view(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }
}

/** Overwrites what `fixedU32` has written. */
export function putFixedU32(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < LONGEST_U32; i++) bytes[at + i] = ((value >>> (7 * i)) & 0x7f) | (i < LONGEST_U32 - 1 ? 0x80 : 0);
}

/** Keeps nothing: for whoever wants to know what would be written, but not the bytes. */
export class NoBytes extends Bytes {
  override u8(): this {
    return this;
  }
  override u8u32(): this {
    return this;
  }
  override u32(): this {
    return this;
  }
  override fixedU32(): this {
    return this;
  }
  override s32(): this {
    return this;
  }
  override s64(): this {
    return this;
  }
  override f64(): this {
    return this;
  }
}
