import { X87_STATUS } from "../cpu/layout.js";
import { arctangent } from "../x87/fast/arctangent.js";
import { ROUNDED_UP } from "../x87/fast/decided.js";
import { exponential } from "../x87/fast/exponential.js";
import { logarithmPlusOneTimes, logarithmTimes } from "../x87/fast/logarithm.js";
import { sineCosine, tangent } from "../x87/fast/sine.js";
import { type Extended, putExtended, takeExtended } from "../x87/unpacked.js";
import { BIAS, C1, C2, INTEGER_BIT, NO_RESULT, PE } from "../x87/words.js";
import { define } from "./definition.js";
import type { Value } from "./emitter.js";
import type { Helper, Stage } from "./stage.js";
import type { RegisterStack } from "./x87-file.js";
import { gate, setPointer } from "./x87-stack.js";

/*
 * The transcendental instructions are callouts (x87/callouts.ts), which know all operands and responses. For usual operands, helpers of
 * x87/fast give the same results, unless they can't decide; they report nothing, which is left to do here: results are always inexact.
 */

interface FastWay {
  /** Operands ST(i), which must not be empty, in the order of the helper's parameters. */
  readonly operands: readonly number[];
  /** The instruction pushes: there must be room. */
  readonly pushes?: boolean;
  readonly helper: Helper;
  /** Condition codes that become 0. */
  readonly clears: number;
  /** Stores what the helper gave, and gives which of it C1 tells the rounding of. */
  settle(stack: RegisterStack, results: readonly Extended[]): number;
}

function transcendental(name: string, { operands, pushes = false, helper, clears, settle }: FastWay): void {
  define(name, (x) => {
    gate(x);
    setPointer(x);
    const stack = x.x87.stack();
    const valid = operands.reduce<Value>((all, i) => x.and(all, stack.valid(i)), pushes ? x.eqz(stack.valid(-1)) : 1);
    x.when(x.eqz(valid), () => x.callout(name));
    for (const i of operands) putExtended(x, stack.load(i));
    x.callHelper(helper);
    const given = Array.from({ length: helper.results.length / 2 }, () => takeExtended(x)).reverse();
    x.when(x.eq(given[0].se, NO_RESULT), () => x.callout(name));
    const last = settle(
      stack,
      given.map(({ sig, se }) => ({ sig, se: x.and(se, ROUNDED_UP - 1) })),
    );
    report(x, given[last].se, clears);
  });
}

/** Sets PE and C1 by what a helper gave as sign and exponent. */
function report(x: Stage, se: Value, clears: number): void {
  const up = x.and(x.shrU(se, Math.log2(ROUNDED_UP / C1)), C1);
  x.setState(X87_STATUS, x.or(x.and(x.state(X87_STATUS), ~(C1 | clears)), x.or(up, PE)));
}

/** One of sine and cosine into ST(0). */
function trigonometric(name: string, which: 0 | 1): void {
  transcendental(name, {
    operands: [0],
    helper: sineCosine,
    clears: C2,
    settle: (stack, results) => {
      stack.put(0, results[which]);
      return which;
    },
  });
}
trigonometric("fsin", 0);
trigonometric("fcos", 1);
transcendental("fsincos", {
  operands: [0],
  pushes: true,
  helper: sineCosine,
  clears: C2,
  settle: (stack, [sine, cosine]) => {
    stack.put(0, sine);
    stack.push(cosine);
    return 1;
  },
});
transcendental("fptan", {
  operands: [0],
  pushes: true,
  helper: tangent,
  clears: C2,
  settle: (stack, [result]) => {
    stack.put(0, result);
    stack.push({ sig: INTEGER_BIT, se: BIAS });
    return 0;
  },
});

transcendental("f2xm1", {
  operands: [0],
  helper: exponential,
  clears: 0,
  settle: (stack, [result]) => {
    stack.put(0, result);
    return 0;
  },
});

/** Of ST(1) and ST(0), into ST(1); pops. */
for (const [name, helper] of [
  ["fpatan", arctangent],
  ["fyl2x", logarithmTimes],
  ["fyl2xp1", logarithmPlusOneTimes],
] as const) {
  transcendental(name, {
    operands: [1, 0],
    helper,
    clears: 0,
    settle: (stack, [result]) => {
      stack.put(1, result);
      stack.pop();
      return 0;
    },
  });
}
