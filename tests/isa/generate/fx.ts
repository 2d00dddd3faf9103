import { newBytes } from "../arena.js";
import type { Random } from "../random.js";
import { interestingWord } from "./values.js";

/** FXSAVE image: byte offsets. */
export const fxAt = { fcw: 0, fsw: 2, ftw: 4, fop: 6, fip: 8, fdp: 16, mxcsr: 24, st: 32, xmm: 160, end: 288 } as const;

export const DEFAULT_FCW = 0x37f;
export const DEFAULT_MXCSR = 0x1f80;

/** The state after FNINIT with zeroed XMM registers and default MXCSR. */
export const defaultFx: Uint8Array = (() => {
  const image = new Uint8Array(512);
  const view = new DataView(image.buffer);
  view.setUint16(fxAt.fcw, DEFAULT_FCW, true);
  view.setUint32(fxAt.mxcsr, DEFAULT_MXCSR, true);
  return image;
})();

const SINGLES = [
  0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x3f000000, 0x40000000, 0x3fc00000, 0x40200000, 0x7f800000, 0xff800000, 0x7fc00000,
  0xffc00000, 0x7f800001, 0xff812345, 0x7fc12345, 0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x80800000, 0x00800001, 0x7f7fffff,
  0xff7fffff, 0x4b000000, 0x4effffff, 0x4f000000, 0xcf000000, 0xcf000001, 0x4f800000, 0x5f000000, 0x3effffff, 0x3f7fffff, 0x1fffffff,
  0x33800000, 0x34000000, 0x477fff00,
];

/** A float as 32 bits: a special value, one near another in exponent, or anything. */
export function singleBits(random: Random): number {
  switch (random.below(4)) {
    case 0:
      return random.pick(SINGLES);
    case 1:
      return ((random.pick(SINGLES) & 0xff800000) | (random.word() & 0x7fffff)) >>> 0;
    case 2:
      return ((random.word() & 0x807fffff) | ((120 + random.below(16)) << 23)) >>> 0;
    default:
      return random.word();
  }
}

const DOUBLES: readonly (readonly [high: number, low: number])[] = [
  [0, 0],
  [0x80000000, 0],
  [0x3ff00000, 0],
  [0xbff00000, 0],
  [0x3fe00000, 0],
  [0x40000000, 0],
  [0x3ff80000, 0],
  [0x40040000, 0],
  [0x7ff00000, 0],
  [0xfff00000, 0],
  [0x7ff80000, 0],
  [0xfff80000, 0],
  [0x7ff00000, 1],
  [0xfff12345, 0x6789abcd],
  [0x7ff81234, 0x56789abc],
  [0, 1],
  [0x80000000, 1],
  [0x000fffff, 0xffffffff],
  [0x00100000, 0],
  [0x80100000, 0],
  [0x7fefffff, 0xffffffff],
  [0xffefffff, 0xffffffff],
  [0x41dfffff, 0xffc00000],
  [0x41e00000, 0],
  [0xc1e00000, 0],
  [0xc1e00000, 0x00200000],
  [0x43e00000, 0],
  [0xc3e00000, 0],
  [0x38100000, 0],
  [0x380fffff, 0xffffffff],
  [0x369fffff, 0xffffffff],
  [0x36a00000, 0],
  [0x47efffff, 0xe0000000],
  [0x47efffff, 0xf0000000],
  [0x3fdfffff, 0xffffffff],
];

/** A double as [high, low]. */
export function doubleBits(random: Random): readonly [number, number] {
  switch (random.below(4)) {
    case 0:
      return random.pick(DOUBLES);
    case 1:
      return [((random.pick(DOUBLES)[0] & 0xfff00000) | (random.word() & 0xfffff)) >>> 0, random.oneIn(3) ? 0 : random.word()];
    case 2:
      return [((random.word() & 0x800fffff) | ((1016 + random.below(16)) << 20)) >>> 0, random.oneIn(3) ? 0 : random.word()];
    default:
      return [random.word(), random.word()];
  }
}

const EXPONENTS = [
  0, 0, 1, 2, 0x3fff, 0x3fff, 0x3ffe, 0x4000, 0x3fbf, 0x403e, 0x403d, 0x401e, 0x400e, 0x4006, 0x3f80, 0x407e, 0x407f, 0x3c00, 0x3bcd,
  0x43fe, 0x43ff, 0x7ffe, 0x7fff, 0x7fff,
];
const MANTISSAS: readonly (readonly [high: number, low: number])[] = [
  [0x80000000, 0],
  [0x80000000, 1],
  [0xffffffff, 0xffffffff],
  [0xc0000000, 0],
  [0, 0],
  [0, 1],
  [0x7fffffff, 0xffffffff],
  [0x40000000, 0],
  [0xffffff80, 0],
  [0xffffff00, 0],
  [0xffffffff, 0xfffff800],
  [0xffffffff, 0xfffffc00],
  [0x80000080, 0],
  [0x80000000, 0x400],
  [0xa0000000, 0],
];

/** Puts a double into a view. */
export function putDouble(random: Random, view: DataView, at: number): void {
  const [high, low] = doubleBits(random);
  view.setUint32(at, low, true);
  view.setUint32(at + 4, high, true);
}

/** Puts ten bytes into a view: any x87 value, unnormals and pseudo-denormals among them, but mostly valid ones. */
export function putExtended(random: Random, view: DataView, at: number): void {
  const exponent = random.oneIn(8) ? random.word() & 0x7fff : random.oneIn(2) ? 0x3fff - 12 + random.below(24) : random.pick(EXPONENTS);
  const common = random.oneIn(2) ? random.pick(MANTISSAS) : undefined;
  let high = common === undefined ? random.word() : common[0];
  let low = common === undefined ? (random.oneIn(3) ? 0 : random.word()) : common[1];
  // The integer bit is what makes a value of the usual kind.
  if (!random.oneIn(10))
    high = exponent === 0 && random.oneIn(2) ? high & 0x7fffffff : exponent === 0 && high >>> 0 < 0x80000000 ? high : high | 0x80000000;
  if (random.oneIn(24)) {
    high = 0;
    low = 0;
  }
  view.setUint32(at, low, true);
  view.setUint32(at + 4, high, true);
  view.setUint16(at + 8, exponent | (random.oneIn(2) ? 0x8000 : 0), true);
}

/** What XMM registers and memory should look like. */
export type Flavour = "single" | "double" | "integer";

export function fillVector(random: Random, flavour: Flavour, view: DataView, from: number, length: number): void {
  if (flavour === "double") {
    for (let at = from; at < from + length; at += 8) putDouble(random, view, at);
    return;
  }
  for (let at = from; at < from + length; at += 4)
    view.setUint32(at, flavour === "single" ? singleBits(random) : interestingWord(random), true);
}

/** MXCSR with any rounding, FTZ, DAZ and sticky flags; exceptions unmasked seldom. */
export function randomMxcsr(random: Random): number {
  let mxcsr = DEFAULT_MXCSR;
  if (random.oneIn(2)) mxcsr |= random.below(4) << 13;
  if (random.oneIn(6)) mxcsr |= 0x8000;
  if (random.oneIn(6)) mxcsr |= 0x0040;
  if (random.oneIn(3)) mxcsr |= random.below(64);
  if (random.oneIn(5)) mxcsr &= ~((random.word() & 0x3f) << 7);
  return mxcsr;
}

/** FCW with any rounding and precision; exceptions unmasked seldom. */
export function randomFcw(random: Random): number {
  let fcw = DEFAULT_FCW;
  if (random.oneIn(2)) fcw = (fcw & ~0xc00) | (random.below(4) << 10);
  if (random.oneIn(3)) fcw = (fcw & ~0x300) | (random.pick([0, 2, 3, 1]) << 8);
  if (random.oneIn(6)) fcw &= ~(random.word() & 0x3f);
  return fcw;
}

/** The whole state at random. `isX87`: registers hold x87 values at some depth of the stack; else MMX ones. */
export function randomFx(random: Random, flavour: Flavour, isX87: boolean): Uint8Array {
  const image = newBytes(512);
  const view = new DataView(image.buffer, image.byteOffset, 512);
  const fcw = isX87 ? randomFcw(random) : DEFAULT_FCW;
  view.setUint16(fxAt.fcw, fcw, true);
  let fsw = random.oneIn(2) ? random.below(8) << 11 : 0;
  if (random.oneIn(3)) fsw |= random.word() & 0x4700;
  if (random.oneIn(3)) fsw |= random.word() & 0x7f;
  // ES and B follow from the unmasked flags; a pending exception makes the next instruction #MF, which should be rare.
  if ((fsw & ~fcw & 0x3f) !== 0) {
    if (random.oneIn(4)) fsw |= 0x8080;
    else fsw &= ~0x3f;
  }
  view.setUint16(fxAt.fsw, fsw, true);
  image[fxAt.ftw] = random.oneIn(4) ? random.word() : random.pick([0xff, 0xff, 0, 0x80, 0xc0, 0xe0, 0x01, 0x7f]);
  view.setUint32(fxAt.mxcsr, randomMxcsr(random), true);
  for (let i = 0; i < 8; i++) {
    if (isX87) putExtended(random, view, fxAt.st + 16 * i);
    else {
      fillVector(random, flavour, view, fxAt.st + 16 * i, 8);
      view.setUint16(fxAt.st + 16 * i + 8, random.oneIn(2) ? 0xffff : random.word(), true);
    }
  }
  fillVector(random, flavour, view, fxAt.xmm, 128);
  return image;
}
