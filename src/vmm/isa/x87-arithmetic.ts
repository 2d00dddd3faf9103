import { add, subtract } from "../x87/add.js";
import { divide } from "../x87/divide.js";
import { stackOverflow, stackUnderflow } from "../x87/exceptions.js";
import { extract, scale } from "../x87/exponent.js";
import { roundToInteger } from "../x87/integer.js";
import { multiply } from "../x87/multiply.js";
import { squareRoot } from "../x87/square-root.js";
import { type Extended, putExtended } from "../x87/unpacked.js";
import { SIGN } from "../x87/words.js";
import type { Helper, Stage } from "./stage.js";
import { fromSource, type ReadOperand, readInteger, readReal } from "./x87-memory.js";
import {
  assignExtended,
  callInto,
  clearC1,
  hasResult,
  memoryInstruction,
  newResult,
  type Result,
  registerInstruction,
  replacing,
} from "./x87-stack.js";

/** ST(0) op ST(i) into one of them. `reverse`: ST(i) op ST(0). */
function betweenRegisters(name: string, helper: Helper, reverse: boolean, to: "top" | "other", pop: boolean): void {
  registerInstruction(name, (x, stack, i) =>
    replacing(x, stack, { valid: x.and(stack.valid(0), stack.valid(i)), to: to === "top" ? 0 : i, pop }, (into) => {
      const operands = [stack.load(0), stack.load(i)];
      callInto(x, into, helper, ...(reverse ? operands.reverse() : operands));
    }),
  );
}

/** ST(0) op memory into ST(0). */
function withMemory(name: string, helper: Helper, reverse: boolean, read: ReadOperand): void {
  memoryInstruction(name, read, (x, stack, operand) =>
    replacing(x, stack, { valid: stack.valid(0) }, (into) => {
      const operands = [stack.load(0), fromSource(x, operand())];
      callInto(x, into, helper, ...(reverse ? operands.reverse() : operands));
    }),
  );
}

/**
 * fadd     ST(0) = ST(0) op ST(i)        fadd_to  ST(i) = ST(i) op ST(0)        faddp  the same and pop
 * fadd_m   ST(0) = ST(0) op m32 or m64   fiadd    ST(0) = ST(0) op m16int or m32int
 * The reversed forms (fsubr ...) exchange the operands of op.
 */
for (const [name, helper] of [
  ["add", add],
  ["mul", multiply],
  ["sub", subtract],
  ["div", divide],
] as const) {
  for (const reverse of name === "sub" || name === "div" ? [false, true] : [false]) {
    const r = reverse ? "r" : "";
    betweenRegisters(`f${name}${r}`, helper, reverse, "top", false);
    betweenRegisters(`f${name}${r}_to`, helper, !reverse, "other", false);
    betweenRegisters(`f${name}${r}p`, helper, !reverse, "other", true);
    withMemory(`f${name}${r}_m`, helper, reverse, readReal);
    withMemory(`fi${name}${r}`, helper, reverse, readInteger);
  }
}

/** ST(0) = op ST(0). */
function onTop(name: string, compute: (x: Stage, a: Extended, into: Result) => void): void {
  registerInstruction(name, (x, stack) => replacing(x, stack, { valid: stack.valid(0) }, (into) => compute(x, stack.load(0), into)));
}
onTop("fsqrt", (x, a, into) => callInto(x, into, squareRoot, a));
onTop("frndint", (x, a, into) => callInto(x, into, roundToInteger, a));
// The sign alone changes, of anything, without exceptions.
onTop("fabs", (x, { sig, se }, into) => {
  clearC1(x);
  assignExtended(x, into, { sig, se: x.and(se, ~SIGN) });
});
onTop("fchs", (x, { sig, se }, into) => {
  clearC1(x);
  assignExtended(x, into, { sig, se: x.xor(se, SIGN) });
});

registerInstruction("fscale", (x, stack) =>
  replacing(x, stack, { valid: x.and(stack.valid(0), stack.valid(1)) }, (into) => callInto(x, into, scale, stack.load(0), stack.load(1))),
);

/** The exponent takes the place of ST(0), the significand is pushed. */
registerInstruction("fxtract", (x, stack) => {
  const exponent = newResult(x);
  const significand = newResult(x);
  const fault = (helper: Helper) => {
    callInto(x, exponent, helper);
    assignExtended(x, significand, exponent);
  };
  x.when(
    x.and(stack.valid(0), x.eqz(stack.valid(-1))),
    () => {
      putExtended(x, stack.load(0));
      x.callHelper(extract);
      x.f.set(significand.se.local).set(significand.sig.local).set(exponent.se.local).set(exponent.sig.local);
    },
    () =>
      x.when(
        stack.valid(0),
        () => fault(stackOverflow),
        () => fault(stackUnderflow),
      ),
  );
  x.when(hasResult(x, exponent.se), () => {
    stack.store(0, exponent);
    stack.push(significand);
  });
});
