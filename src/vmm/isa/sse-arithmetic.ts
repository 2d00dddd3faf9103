import { addition } from "../sse/add.js";
import { maximum, minimum } from "../sse/compare.js";
import { division, squareRoot } from "../sse/divide.js";
import type { Format } from "../sse/format.js";
import { lanewise } from "../sse/lanes.js";
import { multiplication } from "../sse/multiply.js";
import type { Operation } from "../sse/operation.js";
import { define } from "./definition.js";
import type { Vector } from "./emitter.js";
import { ELEMENTS, mergeLow, readElements } from "./sse-elements.js";
import { exactly, type FastLanes, fastLanes, PackedLanes } from "./sse-fast.js";
import type { Requirement, Stage } from "./stage.js";
import { startSse } from "./vector-operands.js";

/** What WebAssembly computes, and what it takes for that to be right. The result is ordinary then. */
interface Attempt {
  readonly v: Vector;
  readonly requirements: Requirement[];
}
type Fast = <Test>(f: FastLanes<Test>, a: Vector, b: Vector, x: Stage) => Attempt;

/** `name` PS, PD, SS and SD; of one operand, where that is all that counts. */
function defineArithmetic(name: string, operation: (format: Format) => Operation, fast: Fast, operands: 1 | 2 = 2): void {
  for (const elements of ELEMENTS) {
    const { suffix, format, lanes } = elements;
    const exact = lanewise(operation(format), { lanes, keep: true });
    define(name + suffix, (x, size, dst, src) => {
      startSse(x);
      const b = readElements(x, size, src);
      const a = x.readVector(dst);
      const f: FastLanes<unknown> = fastLanes(x, elements);
      const counting = operands === 1 ? [b] : [a, b];
      const { v, requirements } = fast(f, a, b, x);
      x.shortcut(
        [...f.ordinary(...counting), ...requirements],
        () => {
          f.learn(...counting, v);
          x.writeVector(dst, v);
        },
        () => x.writeVector(dst, exactly(x, exact, a, b)),
      );
    });
  }
}

function sum(op: "add" | "sub"): Fast {
  return (f, a, b) => {
    const v = f.arithmetic(op, a, b);
    return { v, requirements: [f.rounding(() => f.isExact(op, a, b, v)), f.normalOr(v, () => f.both(f.isOrdinary(v), f.isFinite(v)))] };
  };
}
defineArithmetic("add", (format) => addition(format, false), sum("add"));
defineArithmetic("sub", (format) => addition(format, true), sum("sub"));

/** Products and quotients may be 0 only where they are exactly. */
function scaled(op: "mul" | "div"): Fast {
  return (f, a, b) => {
    const v = f.arithmetic(op, a, b);
    const isExactZero = () => f.both(op === "mul" ? f.either(f.isZero(a), f.isZero(b)) : f.isZero(a), f.isZero(v));
    return { v, requirements: [f.rounding(() => f.isExact(op, a, b, v)), f.safeOr(v, () => f.either(f.isSafe(v), isExactZero()))] };
  };
}
defineArithmetic("mul", multiplication, scaled("mul"));
defineArithmetic("div", division, scaled("div"));

/** Of NaNs and negative numbers but -0, the root is a NaN. */
defineArithmetic(
  "sqrt",
  squareRoot,
  (f, a, b) => {
    const v = f.arithmetic("sqrt", a, b);
    return { v, requirements: [f.rounding(() => f.isExact("sqrt", a, b, v)), f.normalOr(v, () => f.isOrdinary(v))] };
  },
  1,
);

/** Nothing is rounded, so the mode is of no account. With the operands the other way round, WebAssembly's choice is x86's. */
function choice(op: "pmin" | "pmax"): Fast {
  return ({ elements }, a, b, x) => {
    const chosen = new PackedLanes(x, elements).compute(op, b, a);
    return { v: mergeLow(x, chosen, a, elements.lanes * elements.format.width), requirements: [] };
  };
}
defineArithmetic("min", minimum, choice("pmin"));
defineArithmetic("max", maximum, choice("pmax"));
