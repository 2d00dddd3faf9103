import { comparison, ordering } from "../sse/compare.js";
import { DOUBLE, SINGLE } from "../sse/format.js";
import { lanewise } from "../sse/lanes.js";
import { Simd, SimdLane, ValueType } from "../wasm/opcodes.js";
import { define } from "./definition.js";
import type { Value, Vector } from "./emitter.js";
import { CF, ZF } from "./flags.js";
import { ELEMENTS, mergeLow, readElements } from "./sse-elements.js";
import { FastLanes, fastOrExact } from "./sse-fast.js";
import type { Stage } from "./stage.js";
import { fromWord, startSse } from "./vector-operands.js";

/** All ones or zeros by a bit. */
function maskOf(x: Stage, bit: Value): Vector {
  x.put(x.sub(0, bit));
  x.f.simd(Simd.i32x4_splat);
  return x.take(ValueType.v128);
}

/** The predicate in the immediate: bits 0-1 EQ, LT, LE, UNORD; bit 2 negates. Higher bits mean nothing here. */
for (const { suffix, format, lanes } of ELEMENTS) {
  const exact = lanewise(comparison(format), { lanes, keep: true });
  define(`cmp${suffix}`, (x, size, dst, src, immediate) => {
    startSse(x);
    const predicate = x.and(x.read(immediate, 1), 7);
    const b = readElements(x, size, src);
    const a = x.readVector(dst);
    const f = new FastLanes(x, format, lanes);
    const kind = x.and(predicate, 3);
    const equal = f.both(f.compute("eq", a, b), maskOf(x, x.eqz(x.and(kind, 1))));
    const less = f.both(f.compute("lt", a, b), maskOf(x, x.ltU(x.sub(kind, 1), 2)));
    const v = x.vector(Simd.v128_xor, f.either(equal, less), maskOf(x, x.shrU(predicate, 2)));
    const ok = f.all(f.both(f.isOrdinary(a), f.isOrdinary(b)));
    x.writeVector(dst, fastOrExact(x, ok, mergeLow(x, v, a, lanes * format.width), exact, a, b, predicate));
  });
}

for (const format of [SINGLE, DOUBLE]) {
  const exact = lanewise(ordering(format), { lanes: 1, keep: true });
  const suffix = format === SINGLE ? "ss" : "sd";
  for (const [name, quietToo] of [
    ["comi", 1],
    ["ucomi", 0],
  ] as const) {
    define(name + suffix, (x, size, left, right) => {
      startSse(x);
      const b = readElements(x, size, right);
      const a = x.readVector(left);
      const f = new FastLanes(x, format, 1);
      const lowest = (v: Vector) => {
        x.f.get(v.local).simdLane(SimdLane.i32x4_extract_lane, 0);
        return x.take();
      };
      const image = x.or(x.and(lowest(f.compute("lt", a, b)), CF), x.and(lowest(f.compute("eq", a, b)), ZF));
      const ok = f.all(f.both(f.isOrdinary(a), f.isOrdinary(b)));
      x.setArithmeticFlags(lowest(fastOrExact(x, ok, fromWord(x, image), exact, a, b, quietToo)));
    });
  }
}
