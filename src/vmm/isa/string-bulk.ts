import { VIEW_READ, VIEW_WRITE } from "../cpu/layout.js";
import { Op, Simd, ValueType } from "../wasm/opcodes.js";
import type { Emitter, Temp, Value, Vector } from "./emitter.js";
import type { Helper } from "./stage.js";
import { entryIn, hostBy, invalid } from "./tlb-access.js";

/*
 * Many iterations of a repeated string instruction at once, upwards (DF = 0) in flat segments. Each helper takes linear addresses and the most
 * iterations that it may do, and gives how many it has done: as far as no element leaves the pages that the operands begin in. Both pages must be
 * in the TLB, so whatever has to be looked at (a device, code, what is missing, a breakpoint, alignment) is left to the ordinary iteration:
 * then the answer is 0. Nothing but memory is changed here.
 */

const { i32 } = ValueType;

/** Where `memory.copy` and `memory.fill`, which are calls out of emitted code, begin to be worth it: bytes. */
const CALL_BYTES = 32;

const shiftOf = (size: number): number => size >> 1;

function leaveWith(e: Emitter, v: Value): void {
  e.put(v);
  e.f.op(Op.return);
}

/** A page that the TLB answers for: the host address of `linear`. Otherwise the helper gives 0. */
function inLine(e: Emitter, linear: Value, view: number): Temp {
  const entry = entryIn(e, e.state(view), linear);
  e.when(invalid(e, entry), () => leaveWith(e, 0));
  return e.variable(hostBy(e, entry, linear));
}

/** `most`, and not more than there are whole elements up to the end of the page. None: the helper gives 0. */
function limited(e: Emitter, most: Value, linears: readonly Value[], size: number): Temp {
  const count = e.variable(most);
  for (const linear of linears) {
    const room = e.shrU(e.sub(0x1000, e.and(linear, 0xfff)), shiftOf(size));
    e.assign(count, e.select(e.ltS(room, count), room, count));
  }
  e.when(e.ltS(count, 1), () => leaveWith(e, 0));
  return count;
}

/** Runs `body` until `at`, which it moves, is `end`. */
function upTo(e: Emitter, at: Temp, end: Value, body: () => void): void {
  e.loop((again) => {
    e.when(e.ne(at, end), () => {
      body();
      again();
    });
  });
}

function step(e: Emitter, pointer: Temp, by: number): void {
  e.assign(pointer, e.add(pointer, by));
}

/** One helper for each operand size. */
function bySize(make: (size: number) => Helper): Readonly<Record<number, Helper>> {
  return { 1: make(1), 2: make(2), 4: make(4) };
}

/** (source, destination, most) -> iterations of MOVS. */
export const bulkMove = bySize((size) => ({
  name: `bulkMove${size}`,
  params: [i32, i32, i32],
  results: [i32],
  emit(e) {
    const [source, destination, most] = [{ local: 0 }, { local: 1 }, { local: 2 }];
    const count = limited(e, most, [source, destination], size);
    const from = inLine(e, source, VIEW_READ);
    const to = inLine(e, destination, VIEW_WRITE);
    const bytes = e.shl(count, shiftOf(size));
    // A destination inside the source, behind its start: what has been stored is loaded again, so the beginning is repeated. `memory.copy` would
    // move it instead. (A destination before the source is passed by what it overwrites, whatever the distance.)
    const repeats = e.ltU(e.sub(e.sub(to, from), 1), e.sub(bytes, 1));
    e.when(e.or(repeats, e.ltU(bytes, CALL_BYTES)), () => {
      upTo(e, from, e.add(from, bytes), () => {
        e.storeHost(to, size, e.loadHost(from, size));
        step(e, from, size);
        step(e, to, size);
      });
      leaveWith(e, count);
    });
    e.put(to);
    e.put(from);
    e.put(bytes);
    e.f.memoryCopy();
    e.put(count);
  },
}));

/** (destination, value, most) -> iterations of STOS. */
export const bulkStore = bySize((size) => ({
  name: `bulkStore${size}`,
  params: [i32, i32, i32],
  results: [i32],
  emit(e) {
    const [destination, value, most] = [{ local: 0 }, { local: 1 }, { local: 2 }];
    const count = limited(e, most, [destination], size);
    const to = inLine(e, destination, VIEW_WRITE);
    const end = e.add(to, e.shl(count, shiftOf(size)));
    const pattern = e.mul(e.trunc(value, size), size === 1 ? 0x0101_0101 : size === 2 ? 0x1_0001 : 1);
    e.when(e.ltU(e.sub(end, to), CALL_BYTES), () => {
      upTo(e, to, end, () => {
        e.storeHost(to, size, value);
        step(e, to, size);
      });
      leaveWith(e, count);
    });
    const fill = () => {
      e.put(to);
      e.put(pattern);
      e.put(e.sub(end, to));
      e.f.memoryFill();
      leaveWith(e, count);
    };
    // All bytes the same: what remains when the pattern is turned by one of them.
    e.when(size === 1 ? 1 : e.eq(pattern, e.rotl(pattern, 8)), fill);
    if (size === 1) {
      e.f.op(Op.unreachable);
      return;
    }
    const both = e.join(pattern, pattern);
    const wideEnd = e.add(to, e.and(e.sub(end, to), -8));
    upTo(e, to, wideEnd, () => {
      e.storeHostWide(to, both);
      step(e, to, 8);
    });
    upTo(e, to, end, () => {
      e.storeHost(to, size, value);
      step(e, to, size);
    });
    e.put(count);
  },
}));

/** (source, most) -> the last element, iterations of LODS. */
export const bulkLoad = bySize((size) => ({
  name: `bulkLoad${size}`,
  params: [i32, i32],
  results: [i32, i32],
  emit(e) {
    const [source, most] = [{ local: 0 }, { local: 1 }];
    const none = () => {
      e.put(0);
      leaveWith(e, 0);
    };
    const room = e.shrU(e.sub(0x1000, e.and(source, 0xfff)), shiftOf(size));
    const count = e.select(e.ltS(room, most), room, most);
    e.when(e.ltS(count, 1), none);
    const entry = entryIn(e, e.state(VIEW_READ), source);
    e.when(invalid(e, entry), none);
    e.put(e.loadHost(e.add(hostBy(e, entry, source), e.shl(e.sub(count, 1), shiftOf(size))), size));
    e.put(count);
  },
}));

/** Lanes of one element each in a vector: equality, and one bit of each. */
const LANES: Readonly<Record<number, { equal: Simd; bits: Simd; splat: Simd }>> = {
  1: { equal: Simd.i8x16_eq, bits: Simd.i8x16_bitmask, splat: Simd.i8x16_splat },
  2: { equal: Simd.i16x8_eq, bits: Simd.i16x8_bitmask, splat: Simd.i16x8_splat },
  4: { equal: Simd.i32x4_eq, bits: Simd.i32x4_bitmask, splat: Simd.i32x4_splat },
};

/**
 * Gives how many of `count` elements from host address `at` on are equal (or, for `goOn` 0, unequal) to what they are compared with, before the first
 * that isn't: sixteen bytes at a time, then one element at a time. `other*` give the elements to compare with as `at` moves by `width`.
 */
function countGoingOn(
  e: Emitter,
  size: number,
  goOn: 0 | 1,
  of: { at: Temp; count: Value; otherVector: () => Vector; other: () => Value; move: (width: number) => void },
): void {
  const { at, count } = of;
  const { equal, bits } = LANES[size];
  const shift = shiftOf(size);
  const start = e.variable(at);
  const end = e.add(at, e.shl(count, shift));
  const wideEnd = e.add(at, e.and(e.sub(end, at), -16));
  const all = (1 << (16 / size)) - 1;
  const done = () => e.shrU(e.sub(at, start), shift);
  upTo(e, at, wideEnd, () => {
    e.f.get(e.vector(equal, e.loadHostVector(at), of.otherVector()).local).simd(bits);
    const equals = e.take();
    const ending = goOn ? e.xor(equals, all) : equals;
    e.when(ending, () => leaveWith(e, e.add(done(), e.ctz(ending))));
    of.move(16);
  });
  upTo(e, at, end, () => {
    e.when(e.ne(e.eq(e.loadHost(at, size), of.other()), goOn), () => leaveWith(e, done()));
    of.move(size);
  });
  e.put(count);
}

/** (destination, value, most) -> iterations of SCAS before the one that ends it: REPE for `goOn` 1, REPNE for 0. */
const scan = (goOn: 0 | 1) =>
  bySize((size) => ({
    name: `bulkScan${size}${goOn}`,
    params: [i32, i32, i32],
    results: [i32],
    emit(e) {
      const [destination, value, most] = [{ local: 0 }, { local: 1 }, { local: 2 }];
      const count = limited(e, most, [destination], size);
      const at = inLine(e, destination, VIEW_READ);
      e.put(value);
      e.f.simd(LANES[size].splat);
      const wanted = e.take(ValueType.v128);
      const move = (width: number) => step(e, at, width);
      countGoingOn(e, size, goOn, { at, count, otherVector: () => wanted, other: () => value, move });
    },
  }));

/** (source, destination, most) -> iterations of CMPS before the one that ends it. */
const comparison = (goOn: 0 | 1) =>
  bySize((size) => ({
    name: `bulkCompare${size}${goOn}`,
    params: [i32, i32, i32],
    results: [i32],
    emit(e) {
      const [source, destination, most] = [{ local: 0 }, { local: 1 }, { local: 2 }];
      const count = limited(e, most, [source, destination], size);
      const at = inLine(e, source, VIEW_READ);
      const with_ = inLine(e, destination, VIEW_READ);
      const move = (width: number) => {
        step(e, at, width);
        step(e, with_, width);
      };
      countGoingOn(e, size, goOn, { at, count, otherVector: () => e.loadHostVector(with_), other: () => e.loadHost(with_, size), move });
    },
  }));

export const bulkScan = [scan(0), scan(1)] as const;
export const bulkCompare = [comparison(0), comparison(1)] as const;
