import { fromInteger, narrow, toInteger, widen } from "../sse/convert.js";
import { DOUBLE, type Format, SINGLE } from "../sse/format.js";
import { lanewise } from "../sse/lanes.js";
import type { Operation } from "../sse/operation.js";
import { Op, Sat, Simd, SimdLane, ValueType } from "../wasm/opcodes.js";
import { define } from "./definition.js";
import type { Vector } from "./emitter.js";
import { ELEMENTS, type Elements, mergeLow, readElements } from "./sse-elements.js";
import { exactly, type FastLanes, fastLanes } from "./sse-fast.js";
import type { Operand, Requirement, Stage } from "./stage.js";
import { enterMmx, fromWide, fromWord, lowHalf, startMmx, startSse, writeMmx } from "./vector-operands.js";

/** A conversion of the elements of one vector into another. */
interface Conversion {
  readonly operation: Operation;
  /** What WebAssembly makes of `lanes` elements of `b`, in the low lanes, and what it takes for that to be right. */
  fast(x: Stage, b: Vector, lanes: number): { v: Vector; requirements: Requirement[] };
  /** The format of results, where they are ordinary numbers then. */
  readonly gives?: Format;
}

/** Converts, and goes on with the result. */
function convert(x: Stage, { operation, fast, gives }: Conversion, lanes: number, b: Vector, use: (v: Vector) => void): void {
  const { v, requirements } = fast(x, b, lanes);
  x.shortcut(
    requirements,
    () => {
      if (gives) x.learnOrdinary(v, { format: gives, lanes });
      use(v);
    },
    () => use(exactly(x, lanewise(operation, { lanes, keep: false }), b, b)),
  );
}

// What is converted to what

const widening: Conversion = {
  operation: widen,
  gives: DOUBLE,
  fast: (x, b, lanes) => ({
    v: x.vector(Simd.f64x2_promote_low_f32x4, b),
    requirements: fastLanes(x, { format: SINGLE, lanes }).ordinary(b),
  }),
};

/** Bits of the double 2^n. */
const power = (n: number) => BigInt(DOUBLE.bias + n) << 52n;
const narrowing: Conversion = {
  operation: narrow,
  gives: SINGLE,
  fast: (x, b, lanes) => {
    const f: FastLanes<unknown> = fastLanes(x, { format: DOUBLE, lanes });
    const v = x.vector(Simd.f32x4_demote_f64x2_zero, b);
    // In magnitude from 2^-125 to 2^127, so that the single can be neither tiny nor too large.
    const middle = () => f.both(f.isAtLeast(b, power(-125)), f.isBelow(b, power(127)));
    const result = fastLanes(x, { format: SINGLE, lanes }).isSafelyNormal(v);
    const isExact = () => f.isSame(x.vector(Simd.f64x2_promote_low_f32x4, v), b);
    return { v, requirements: [f.rounding(isExact), { usual: () => result, otherwise: () => f.all(f.either(middle(), f.isZero(b))) }] };
  },
};

/** Bits of 2^24 as a single: integers below that are converted exactly. */
const EXACT_INTEGERS = 0x4b80_0000n;
const integersToSingles: Conversion = {
  operation: fromInteger(SINGLE),
  gives: SINGLE,
  fast: (x, b, lanes) => {
    const f: FastLanes<unknown> = fastLanes(x, { format: SINGLE, lanes });
    const v = x.vector(Simd.f32x4_convert_i32x4_s, b);
    return { v, requirements: [f.rounding(() => f.isBelow(v, EXACT_INTEGERS))] };
  },
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
function roundedToInteger(x: Stage, b: Vector, { format }: Elements): Vector {
  return x.vector(format === SINGLE ? Simd.f32x4_nearest : Simd.f64x2_nearest, b);
}
/** That the elements of `b` can be converted to integers of 32 bits. */
function fits(x: Stage, b: Vector, elements: Elements): Requirement[] {
  const f: FastLanes<unknown> = fastLanes(x, elements);
  const isExact = () => f.isSame(roundedToInteger(x, b, elements), b);
  return [f.rounding(isExact), { usual: () => f.all(f.isBelow(b, RANGE.get(elements.format) ?? 0n)) }];
}
function integers(format: Format, truncate: boolean): Conversion {
  const single = format === SINGLE;
  return {
    operation: toInteger(format, truncate),
    fast: (x, b, lanes) => {
      const rounded = truncate ? b : roundedToInteger(x, b, { format, lanes });
      const v = x.vector(single ? Simd.i32x4_trunc_sat_f32x4_s : Simd.i32x4_trunc_sat_f64x2_s_zero, rounded);
      return { v, requirements: fits(x, b, { format, lanes }) };
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
    convert(x, conversion, lanes, readElements(x, size, src), (v) => x.writeVector(dst, v));
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
function defineScalar(name: string, conversion: Conversion, read = readElements): void {
  define(name, (x, size, dst, src) => {
    startSse(x);
    const b = read(x, size, src);
    const { to } = conversion.operation;
    convert(x, conversion, 1, b, (v) => x.writeVector(dst, mergeLow(x, v, x.readVector(dst), to)));
  });
}
defineScalar("cvtss2sd", widening);
defineScalar("cvtsd2ss", narrowing);

// Between XMM and general registers

defineScalar("cvtsi2ss", integersToSingles, (x, size, src) => fromWord(x, x.read(src, size)));
define("cvtsi2sd", (x, size, dst, src) => {
  startSse(x);
  const integer = x.read(src, size);
  x.f.get(x.readVector(dst).local);
  x.put(integer);
  x.f.op(Op.f64_convert_i32_s).simdLane(SimdLane.f64x2_replace_lane, 0);
  const v = x.take(ValueType.v128);
  x.learnOrdinary(v, { format: DOUBLE, lanes: 1 });
  x.writeVector(dst, v);
});
for (const { name, truncate } of TO_INTEGER) {
  for (const { suffix, format, lanes } of ELEMENTS.filter((elements) => elements.lanes === 1)) {
    const single = format === SINGLE;
    const exact = lanewise(toInteger(format, truncate), { lanes, keep: false });
    define(`${name}${suffix}2si`, (x, size, dst, src) => {
      startSse(x);
      const b = readElements(x, size, src);
      x.shortcut(
        fits(x, b, { format, lanes }),
        () => {
          x.putElement(format.width, b);
          if (!truncate) x.f.op(single ? Op.f32_nearest : Op.f64_nearest);
          x.f.sat(single ? Sat.i32_trunc_sat_f32_s : Sat.i32_trunc_sat_f64_s);
          x.write(dst, 4, x.take());
        },
        () => {
          x.f.get(exactly(x, exact, b, b).local).simdLane(SimdLane.i32x4_extract_lane, 0);
          x.write(dst, 4, x.take());
        },
      );
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
    convert(x, conversion, 2, b, (v) => writeMmx(x, dst, lowHalf(x, v)));
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
  convert(x, integersToSingles, 2, readFromMmx(x, src), (v) => x.writeVector(dst, mergeLow(x, v, x.readVector(dst), 8)));
});
define("cvtpi2pd", (x, _size, dst, src) => {
  startSse(x);
  x.writeVector(dst, integersToDoubles(x, readFromMmx(x, src)));
});
