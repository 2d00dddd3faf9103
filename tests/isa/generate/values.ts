import { CROSSING_WINDOW, DATA, EDGE_WINDOW, PAGE, WINDOW } from "../layout.js";
import type { Random } from "../random.js";

const EDGES = [
  0, 1, 2, 3, 7, 8, 0xf, 0x10, 0x1f, 0x20, 0x3f, 0x7e, 0x7f, 0x80, 0x81, 0xfe, 0xff, 0x100, 0x7ffe, 0x7fff, 0x8000, 0x8001, 0xfffe, 0xffff,
  0x10000, 0x55555555, 0xaaaaaaaa, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xffff8000, 0xffffff7f, 0xffffff80, 0xfffffffe,
  0xffffffff,
];

/** 32 bits that are likely to matter: edges of 8, 16 and 32 bits, small numbers, single bits, pointers; else uniform. */
export function interestingWord(random: Random): number {
  switch (random.below(8)) {
    case 0:
    case 1:
      return random.pick(EDGES);
    case 2:
      return (random.pick(EDGES) & 0xffff) | (random.word() & 0xffff0000) | 0;
    case 3:
      return random.below(64);
    case 4:
      return random.oneIn(2) ? 1 << random.below(32) : ~(1 << random.below(32));
    case 5:
      return random.oneIn(4) ? CROSSING_WINDOW + random.below(WINDOW) : (random.pick(EDGES) & 0xff) | (random.word() & 0xffffff00);
    default:
      return random.word() | 0;
  }
}

export function interestingImmediate(random: Random, bytes: number): number {
  return bytes === 1 && random.oneIn(2) ? random.below(256) : interestingWord(random);
}

/** CF PF AF ZF SF OF at random; DF seldom, NT and ID hardly ever. IF is always set; AC and TF never. */
export function randomFlags(random: Random): number {
  let flags = 0x202 | (random.word() & 0x8d5);
  if (random.oneIn(8)) flags |= 0x400;
  if (random.oneIn(64)) flags |= 0x4000;
  if (random.oneIn(64)) flags |= 0x200000;
  return flags;
}

/** What a memory operand of `length` bytes may lie on. */
export type Place = "window" | "outside" | "missing" | "read-only" | "wild";

function roundDown(at: number, unit: number): number {
  return at - (at % unit);
}

/** An address for `length` bytes; `aligned` gives a multiple of it. */
export function address(random: Random, place: Place, length: number, aligned: boolean): number {
  const span = Math.max(1, WINDOW - length + 1);
  const unit = !aligned ? 1 : length >= 16 ? 16 : Math.max(1, length);
  switch (place) {
    case "window": {
      if (length > WINDOW) return roundDown(EDGE_WINDOW + WINDOW - length, unit);
      const window = random.oneIn(2) ? CROSSING_WINDOW : EDGE_WINDOW;
      return roundDown(window + random.below(span), unit);
    }
    case "outside":
      return roundDown(random.pick([DATA + PAGE, DATA + 2 * PAGE, DATA + 4 * PAGE]) + random.below(PAGE - 2 * length), unit);
    case "missing":
      // The last bytes are missing, or all are.
      return random.oneIn(3)
        ? random.pick([0, 4, DATA - 4, DATA + 3 * PAGE, DATA + 6 * PAGE, 0xdeadbee0]) + random.below(16)
        : EDGE_WINDOW + WINDOW - random.below(Math.max(2, length));
    case "read-only":
      switch (random.below(4)) {
        case 0:
          return DATA + PAGE - 1 - random.below(Math.max(1, length - 1)); // the first bytes can't be written
        case 1:
          return DATA + 5 * PAGE - 1 - random.below(Math.max(1, length - 1)); // the last can't
        default:
          return roundDown(random.pick([DATA, DATA + 5 * PAGE]) + random.below(PAGE - length), unit);
      }
    case "wild":
      switch (random.below(4)) {
        case 0:
          return (0x1_0000_0000 - random.below(2 * length + 8)) >>> 0; // at or across 4 GiB
        case 1:
          return random.below(16);
        default:
          return random.word();
      }
  }
}

export function randomPlace(random: Random, faults: number): Place {
  if (random.below(100) < faults) return random.pick(["missing", "missing", "read-only", "wild"] as const);
  return random.oneIn(6) ? "outside" : "window";
}
