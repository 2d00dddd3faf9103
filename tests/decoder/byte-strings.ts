import type { Random } from "../isa/random.js";
import { STRING_LENGTH } from "./comparison.js";

const PREFIXES = [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];
/** What the sweep puts before each opcode: nothing, and each prefix that can select another instruction or another form. */
const SWEPT: readonly (readonly number[])[] = [[], [0x66], [0x67], [0xf2], [0xf3], [0xf0], [0x66, 0x67], [0x66, 0xf2], [0xf3, 0x66]];

/** Strings of the sweep: each prefix of SWEPT, both opcode maps, each opcode, each ModRM byte; what follows is drawn. */
export const SWEEP_SIZE = SWEPT.length * 2 * 256 * 256;

/** Strings `first` to `first + count - 1` of the sweep. */
export function sweep(random: Random, first: number, count: number): Uint8Array {
  return strings(random, count, (bytes, at, i) => {
    const number = first + i;
    const modrm = number & 0xff;
    const opcode = (number >> 8) & 0xff;
    const map = (number >> 16) & 1;
    for (const prefix of SWEPT[(number >> 17) % SWEPT.length]) bytes[at++] = prefix;
    if (map) bytes[at++] = 0x0f;
    bytes[at] = opcode;
    bytes[at + 1] = modrm;
  });
}

/** Random strings: one in four has no shape at all, the others up to five prefixes (seldom up to fifteen), then an opcode of either map. */
export function randomStrings(random: Random, count: number): Uint8Array {
  return strings(random, count, (bytes, at) => {
    if (random.oneIn(4)) return;
    let place = at;
    const prefixes = random.oneIn(40) ? random.below(STRING_LENGTH) : random.oneIn(2) ? random.below(6) : 0;
    for (let i = 0; i < prefixes; i++) bytes[place++] = random.pick(PREFIXES);
    if (place < at + STRING_LENGTH && random.oneIn(2)) bytes[place] = 0x0f;
  });
}

function strings(random: Random, count: number, shape: (bytes: Uint8Array, at: number, i: number) => void): Uint8Array {
  const bytes = new Uint8Array(count * STRING_LENGTH);
  const words = new Uint32Array(bytes.buffer);
  for (let i = 0; i < words.length; i++) words[i] = random.word();
  for (let i = 0; i < count; i++) shape(bytes, i * STRING_LENGTH, i);
  return bytes;
}
