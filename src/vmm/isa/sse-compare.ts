import { comparison, ordering } from "../sse/compare.js";
import { lanewise } from "../sse/lanes.js";
import { Simd, SimdLane, ValueType } from "../wasm/opcodes.js";
import { define } from "./definition.js";
import type { Value, Vector } from "./emitter.js";
import { ELEMENTS, mergeLow, readElements } from "./sse-elements.js";
import { exactly, fastLanes, PackedLanes } from "./sse-fast.js";
import type { Stage } from "./stage.js";
import { startSse, zeroVector } from "./vector-operands.js";

/** All ones or zeros by a bit. */
function maskOf(x: Stage, bit: Value): Vector {
  x.put(x.sub(0, bit));
  x.f.simd(Simd.i32x4_splat);
  return x.take(ValueType.v128);
}

/** Predicates 0-3, of ordered numbers: EQ, LT, LE, UNORD. */
function compared(f: PackedLanes, x: Stage, kind: Value, a: Vector, b: Vector): Vector {
  if (typeof kind === "number") return kind === 3 ? zeroVector(x) : f.compute((["eq", "lt", "le"] as const)[kind], a, b);
  const equal = f.both(f.compute("eq", a, b), maskOf(x, x.eqz(x.and(kind, 1))));
  return f.either(equal, f.both(f.compute("lt", a, b), maskOf(x, x.ltU(x.sub(kind, 1), 2))));
}
function negated(x: Stage, v: Vector, negate: Value): Vector {
  if (typeof negate === "number") return negate ? x.vector(Simd.v128_not, v) : v;
  return x.vector(Simd.v128_xor, v, maskOf(x, negate));
}

/** The predicate in the immediate: bits 0-1 as above; bit 2 negates. Higher bits mean nothing here. */
for (const elements of ELEMENTS) {
  const { suffix, format, lanes } = elements;
  const exact = lanewise(comparison(format), { lanes, keep: true });
  define(`cmp${suffix}`, (x, size, dst, src, immediate) => {
    startSse(x);
    const predicate = x.and(x.read(immediate, 1), 7);
    const b = readElements(x, size, src);
    const a = x.readVector(dst);
    const f = fastLanes(x, elements);
    x.shortcut(
      f.ordinary(a, b),
      () => {
        f.learn(a, b);
        const v = negated(x, compared(new PackedLanes(x, elements), x, x.and(predicate, 3), a, b), x.shrU(predicate, 2));
        x.writeVector(dst, mergeLow(x, v, a, lanes * format.width));
      },
      () => x.writeVector(dst, exactly(x, exact, a, b, predicate)),
    );
  });
}

for (const elements of ELEMENTS.filter(({ lanes }) => lanes === 1)) {
  const { suffix, format } = elements;
  const exact = lanewise(ordering(format), { lanes: 1, keep: true });
  for (const [name, quietToo] of [
    ["comi", 1],
    ["ucomi", 0],
  ] as const) {
    define(name + suffix, (x, size, left, right) => {
      startSse(x);
      const b = readElements(x, size, right);
      const a = x.readVector(left);
      const f = fastLanes(x, elements);
      x.shortcut(
        f.ordinary(a, b),
        () => {
          f.learn(a, b);
          x.flagsOfNumbers(format.width, a, b);
        },
        () => {
          x.f.get(exactly(x, exact, a, b, quietToo).local).simdLane(SimdLane.i32x4_extract_lane, 0);
          x.setArithmeticFlags(x.take());
        },
      );
    });
  }
}
