/**
 * Typed arrays cut from large buffers: V8 allocates those of more than 64 bytes outside its heap, one by one, which would be most of what a
 * case costs.
 */
const CHUNK = 1 << 20;
const ALIGNMENT = 16;

let chunk = new ArrayBuffer(CHUNK);
let used = 0;

function take(length: number): number {
  if (used + length > CHUNK) {
    chunk = new ArrayBuffer(CHUNK);
    used = 0;
  }
  const at = used;
  used += (length + ALIGNMENT - 1) & -ALIGNMENT;
  return at;
}

/** Zeros. */
export function newBytes(length: number): Uint8Array {
  const at = take(length);
  return new Uint8Array(chunk, at, length);
}

/** Zeros. */
export function newWords(length: number): Uint32Array {
  const at = take(4 * length);
  return new Uint32Array(chunk, at, length);
}
