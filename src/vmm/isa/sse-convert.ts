import { fromInteger, narrow, toInteger, widen } from "../sse/convert.js";
import { DOUBLE, type Format, SINGLE } from "../sse/format.js";
import { lanewise } from "../sse/lanes.js";
import type { Operation } from "../sse/operation.js";
import { Simd, SimdLane } from "../wasm/opcodes.js";
import { define } from "./definition.js";
import type { Value, Vector } from "./emitter.js";
import { mergeLow, readElements } from "./sse-elements.js";
import { FastLanes, fastOrExact, usualMode } from "./sse-fast.js";
import type { Operand, Stage } from "./stage.js";
import { enterMmx, fromWide, fromWord, lowHalf, startMmx, startSse, writeMmx } from "./vector-operands.js";

/** A conversion of the elements of one vector into another. */
interface Conversion {
  readonly operation: Operation;
  /** What WebAssembly makes of `lanes` elements of `b`, in the low lanes, and whether it may be taken. */
  fast(x: Stage, b: Vector, lanes: number): { v: Vector; ok: Value };
}

function convert(x: Stage, { operation, fast }: Conversion, lanes: number, b: Vector): Vector {
  const { v, ok } = fast(x, b, lanes);
  return fastOrExact(x, ok, v, lanewise(operation, { lanes, keep: false }), b, b);
}

// What is converted to what

const widening: Conversion = {
  operation: widen,
  fast: (x, b, lanes) => {
    const f = new FastLanes(x, SINGLE, lanes);
    return { v: x.vector(Simd.f64x2_promote_low_f32x4, b), ok: f.all(f.isOrdinary(b)) };
  },
};

/** Bits of the double 2^n. */
const power = (n: number) => BigInt(DOUBLE.bias + n) << 52n;
const narrowing: Conversion = {
  operation: narrow,
  fast: (x, b, lanes) => {
    const f = new FastLanes(x, DOUBLE, lanes);
    // In magnitude from 2^-125 to 2^127, so that the single can be neither tiny nor too large.
    const middle = f.both(f.isAtLeast(b, power(-125)), f.isBelow(b, power(127)));
    return { v: x.vector(Simd.f32x4_demote_f64x2_zero, b), ok: x.and(usualMode(x), f.all(f.either(middle, f.isZero(b)))) };
  },
};

const integersToSingles: Conversion = {
  operation: fromInteger(SINGLE),
  fast: (x, b) => ({ v: x.vector(Simd.f32x4_convert_i32x4_s, b), ok: usualMode(x) }),
};
/** Always exact. */
function integersToDoubles(x: Stage, b: Vector): Vector {
  return x.vector(Simd.f64x2_convert_low_i32x4_s, b);
}

/** Bits of 2^31 as a single, and of 2^31 - 1 as a double: from there on rounding might leave the range. */
const RANGE = new Map([
  [SINGLE, 0x4f00_0000n],
  [DOUBLE, 0x41df_ffff_ffc0_0000n],
]);
function integers(format: Format, truncate: boolean): Conversion {
  const range = RANGE.get(format) ?? 0n;
  const single = format === SINGLE;
  return {
    operation: toInteger(format, truncate),
    fast: (x, b, lanes) => {
      const f = new FastLanes(x, format, lanes);
      const rounded = truncate ? b : x.vector(single ? Simd.f32x4_nearest : Simd.f64x2_nearest, b);
      const v = x.vector(single ? Simd.i32x4_trunc_sat_f32x4_s : Simd.i32x4_trunc_sat_f64x2_s_zero, rounded);
      return { v, ok: x.and(usualMode(x), f.all(f.isBelow(b, range))) };
    },
  };
}
const TO_INTEGER = [
  { name: "cvt", truncate: false },
  { name: "cvtt", truncate: true },
];

// Between XMM registers

function defineVector(name: string, conversion: Conversion, lanes: number): void {
  define(name, (x, size, dst, src) => {
    startSse(x);
    x.writeVector(dst, convert(x, conversion, lanes, readElements(x, size, src)));
  });
}
defineVector("cvtps2pd", widening, 2);
defineVector("cvtpd2ps", narrowing, 2);
defineVector("cvtdq2ps", integersToSingles, 4);
for (const { name, truncate } of TO_INTEGER) {
  defineVector(`${name}ps2dq`, integers(SINGLE, truncate), 4);
  defineVector(`${name}pd2dq`, integers(DOUBLE, truncate), 2);
}
define("cvtdq2pd", (x, size, dst, src) => {
  startSse(x);
  x.writeVector(dst, integersToDoubles(x, readElements(x, size, src)));
});

/** Scalars: the rest of the destination stays. */
function defineScalar(name: string, conversion: Conversion): void {
  define(name, (x, size, dst, src) => {
    startSse(x);
    const v = convert(x, conversion, 1, readElements(x, size, src));
    x.writeVector(dst, mergeLow(x, v, x.readVector(dst), conversion.operation.to));
  });
}
defineScalar("cvtss2sd", widening);
defineScalar("cvtsd2ss", narrowing);

// Between XMM and general registers

defineScalar("cvtsi2ss", integersToSingles);
define("cvtsi2sd", (x, size, dst, src) => {
  startSse(x);
  const v = integersToDoubles(x, fromWord(x, x.read(src, size)));
  x.writeVector(dst, mergeLow(x, v, x.readVector(dst), 8));
});
for (const { name, truncate } of TO_INTEGER) {
  for (const [suffix, format] of [
    ["ss", SINGLE],
    ["sd", DOUBLE],
  ] as const) {
    const conversion = integers(format, truncate);
    define(`${name}${suffix}2si`, (x, size, dst, src) => {
      startSse(x);
      const v = convert(x, conversion, 1, readElements(x, size, src));
      x.f.get(v.local).simdLane(SimdLane.i32x4_extract_lane, 0);
      x.write(dst, 4, x.take());
    });
  }
}

// Between XMM and MMX registers

// They enter MMX state, and report what x87 exception waits, before their own exceptions; but not for a source in memory.

function defineToMmx(name: string, conversion: Conversion): void {
  define(name, (x, size, dst, src) => {
    startSse(x);
    startMmx(x);
    const b = readElements(x, size, src);
    enterMmx(x);
    writeMmx(x, dst, lowHalf(x, convert(x, conversion, 2, b)));
  });
}
for (const { name, truncate } of TO_INTEGER) {
  defineToMmx(`${name}ps2pi`, integers(SINGLE, truncate));
  defineToMmx(`${name}pd2pi`, integers(DOUBLE, truncate));
}

function readFromMmx(x: Stage, src: Operand): Vector {
  if (x.isMemory(src)) return fromWide(x, x.readWide(src));
  startMmx(x);
  enterMmx(x);
  return fromWide(x, x.readWide(src));
}
define("cvtpi2ps", (x, _size, dst, src) => {
  startSse(x);
  const v = convert(x, integersToSingles, 2, readFromMmx(x, src));
  x.writeVector(dst, mergeLow(x, v, x.readVector(dst), 8));
});
define("cvtpi2pd", (x, _size, dst, src) => {
  startSse(x);
  x.writeVector(dst, integersToDoubles(x, readFromMmx(x, src)));
});
