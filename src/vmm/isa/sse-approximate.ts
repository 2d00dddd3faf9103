import { SINGLE } from "../sse/format.js";
import { Simd, ValueType } from "../wasm/opcodes.js";
import { define } from "./definition.js";
import type { Vector } from "./emitter.js";
import { ELEMENTS, mergeLow, readElements } from "./sse-elements.js";
import { PackedLanes } from "./sse-fast.js";
import type { Stage } from "./stage.js";
import { startSse } from "./vector-operands.js";

/** Bits of 1 as a single. */
const ONE = 0x3f80_0000n;

/** Lanes of `a` where `mask` has ones, of `b` elsewhere. */
function choose(x: Stage, mask: Vector, a: Vector, b: Vector): Vector {
  x.f.get(a.local).get(b.local).get(mask.local).simd(Simd.v128_bitselect);
  return x.take(ValueType.v128);
}

/**
 * RCP and RSQRT promise a relative error of 1.5 * 2^-12; these are rounded to nearest. They have no exceptions and no modes: denormal
 * operands count as 0, tiny results become 0.
 */
function approximation(x: Stage, f: PackedLanes, operand: Vector, root: boolean): Vector {
  const sign = f.constant(SINGLE.sign);
  const flush = (v: Vector) => choose(x, f.isBelow(v, SINGLE.minNormal), f.both(v, sign), v);
  const b = flush(operand);
  const one = f.constant(ONE);
  const v = flush(f.compute("div", one, root ? f.compute("sqrt", b) : b));
  const negative = f.compute("lt", b, f.constant(0n));
  const real = root ? choose(x, negative, f.constant(SINGLE.indefinite), v) : v;
  return choose(x, f.compute("eq", b, b), real, f.either(b, f.constant(SINGLE.quiet)));
}

for (const elements of ELEMENTS.filter(({ format }) => format === SINGLE)) {
  const { suffix, format, lanes } = elements;
  for (const [name, root] of [
    ["rcp", false],
    ["rsqrt", true],
  ] as const) {
    define(name + suffix, (x, size, dst, src) => {
      startSse(x);
      const b = readElements(x, size, src);
      const a = x.readVector(dst);
      const v = approximation(x, new PackedLanes(x, elements), b, root);
      x.writeVector(dst, mergeLow(x, v, a, lanes * format.width));
    });
  }
}
