import { addition } from "../sse/add.js";
import { maximum, minimum } from "../sse/compare.js";
import { division, squareRoot } from "../sse/divide.js";
import type { Format } from "../sse/format.js";
import { lanewise } from "../sse/lanes.js";
import { multiplication } from "../sse/multiply.js";
import type { Operation } from "../sse/operation.js";
import { define } from "./definition.js";
import type { Value, Vector } from "./emitter.js";
import { ELEMENTS, mergeLow, readElements } from "./sse-elements.js";
import { FastLanes, fastOrExact, usualMode } from "./sse-fast.js";
import type { Stage } from "./stage.js";
import { startSse } from "./vector-operands.js";

/** What WebAssembly computes, and whether it may be taken. */
interface Attempt {
  readonly v: Vector;
  readonly ok: Value;
}
type Fast = (x: Stage, f: FastLanes, a: Vector, b: Vector) => Attempt;

/** `name` PS, PD, SS and SD. */
function defineArithmetic(name: string, operation: (format: Format) => Operation, fast: Fast): void {
  for (const { suffix, format, lanes } of ELEMENTS) {
    const exact = lanewise(operation(format), { lanes, keep: true });
    define(name + suffix, (x, size, dst, src) => {
      startSse(x);
      const b = readElements(x, size, src);
      const a = x.readVector(dst);
      const { v, ok } = fast(x, new FastLanes(x, format, lanes), a, b);
      x.writeVector(dst, fastOrExact(x, ok, mergeLow(x, v, a, lanes * format.width), exact, a, b));
    });
  }
}

function sum(op: "add" | "sub"): Fast {
  return (x, f, a, b) => {
    const v = f.compute(op, a, b);
    // A tiny sum is exact: no underflow.
    const test = f.both(f.both(f.isOrdinary(a), f.isOrdinary(b)), f.isFinite(v));
    return { v, ok: x.and(usualMode(x), f.all(test)) };
  };
}
defineArithmetic("add", (format) => addition(format, false), sum("add"));
defineArithmetic("sub", (format) => addition(format, true), sum("sub"));

/** Products and quotients may be 0 only where they are exactly. */
function scaled(op: "mul" | "div"): Fast {
  return (x, f, a, b) => {
    const v = f.compute(op, a, b);
    const zero = op === "mul" ? f.either(f.isZero(a), f.isZero(b)) : f.isZero(a);
    const result = f.either(f.isSafe(v), f.both(zero, f.isZero(v)));
    return { v, ok: x.and(usualMode(x), f.all(f.both(f.both(f.isOrdinary(a), f.isOrdinary(b)), result))) };
  };
}
defineArithmetic("mul", multiplication, scaled("mul"));
defineArithmetic("div", division, scaled("div"));

defineArithmetic("sqrt", squareRoot, (x, f, _a, b) => {
  const v = f.compute("sqrt", b);
  const test = f.both(f.isOrdinary(b), f.compute("ge", v, f.constant(0n)));
  return { v, ok: x.and(usualMode(x), f.all(test)) };
});

/** Nothing is rounded, so the mode is of no account. With the operands the other way round, WebAssembly's choice is x86's. */
function choice(op: "pmin" | "pmax"): Fast {
  return (_x, f, a, b) => ({ v: f.compute(op, b, a), ok: f.all(f.both(f.isOrdinary(a), f.isOrdinary(b))) });
}
defineArithmetic("min", minimum, choice("pmin"));
defineArithmetic("max", maximum, choice("pmax"));
