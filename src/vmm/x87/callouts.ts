import { type Callout, Outcome } from "../cpu/callout.js";
import { X87_STATUS } from "../cpu/layout.js";
import { fbld, fbstp } from "./bcd.js";
import { fldenv, fnclex, fninit, fnsave, fnstenv, frstor, x87Exception } from "./environment.js";
import { fillTables, ofArctangents, ofExponentials, ofLogarithms, ofSines, type TableSet } from "./fast/tables.js";
import { INDEFINITE, isDenormal, isNan, isUnsupported, one, propagate, roundBinary } from "./real.js";
import { type Real, Registers } from "./registers.js";
import { fprem, fprem1 } from "./remainder.js";
import {
  arctangent,
  cosine,
  exponential,
  isReducible,
  logarithmPlusOneTimes,
  logarithmTimes,
  sine,
  tangent,
  type Value,
} from "./transcendental.js";
import { C2, DE, ES, IE, UE, ZE } from "./words.js";

/** Notes the pointers of an instruction that has raised an unmasked exception. */
function recorded(callout: Callout): Callout {
  return (cpu, insn) => {
    const outcome = callout(cpu, insn);
    return outcome === Outcome.Next && cpu.state.get(X87_STATUS) & ES ? x87Exception(cpu, insn) : outcome;
  };
}

/** Reports the exceptions of a value; gives the number, or undefined if an unmasked one forbids it. */
function settled(registers: Registers, operands: readonly Real[], compute: () => Value): Real | undefined {
  if (operands.some((a) => isNan(a) || isUnsupported(a))) {
    const { result, invalid } = propagate(operands[0], operands[1]);
    return registers.raise(invalid ? IE : 0) ? undefined : result;
  }
  const value = compute();
  // Invalid operations and divisions by zero come before denormal operands.
  if ("invalid" in value) return registers.raise(IE) ? undefined : INDEFINITE;
  if ("result" in value && value.flags === ZE) return registers.raise(ZE) ? undefined : value.result;
  if (registers.raise(operands.some(isDenormal) ? DE : 0)) return undefined;
  if ("result" in value) {
    if (value.flags) registers.raise(value.flags);
    return value.result;
  }
  const { result, flags } = roundBinary(value.unrounded, registers.control);
  // What a processor calls inexact although it is not, is then also an underflow.
  const alleged = value.flags ? value.flags | (isDenormal(result) ? UE : 0) : 0;
  registers.raise(flags | alleged);
  return result;
}

/** A transcendental function, which is fast from the next time on. */
function prepared(tables: TableSet, callout: Callout): Callout {
  return (cpu, insn) => {
    fillTables(cpu.state, tables);
    return callout(cpu, insn);
  };
}

/** f(ST(0)) into ST(0). */
function unary(f: (a: Real) => Value): Callout {
  return recorded((cpu) => {
    const registers = new Registers(cpu);
    if (!registers.valid(0)) {
      if (registers.stackFault()) registers.store(0, INDEFINITE);
      return Outcome.Next;
    }
    const a = registers.load(0);
    const result = settled(registers, [a], () => f(a));
    if (result) registers.store(0, result);
    return Outcome.Next;
  });
}

/** f(ST(1), ST(0)) into ST(1), and pop. */
function binary(f: (y: Real, x: Real) => Value): Callout {
  return recorded((cpu) => {
    const registers = new Registers(cpu);
    let result: Real | undefined;
    if (registers.valid(0) && registers.valid(1)) {
      const [x, y] = [registers.load(0), registers.load(1)];
      result = settled(registers, [x, y], () => f(y, x));
    } else if (registers.stackFault()) {
      result = INDEFINITE;
    }
    if (!result) return Outcome.Next;
    registers.store(1, result);
    registers.pop();
    return Outcome.Next;
  });
}

/** A trigonometric function: C2 says that the argument is out of range, and nothing has happened. */
function inRange(registers: Registers): boolean {
  const a = registers.load(0);
  if (registers.valid(0) && !isNan(a) && !isUnsupported(a) && !isReducible(a)) {
    registers.setConditions(C2, C2);
    return false;
  }
  registers.setConditions(0, C2);
  return true;
}

function trigonometric(f: (a: Real) => Value): Callout {
  const compute = unary(f);
  return (cpu, insn) => (inRange(new Registers(cpu)) ? compute(cpu, insn) : Outcome.Next);
}

/** f(ST(0)) into ST(0), then pushes another function of it. */
function pushing(f: (a: Real) => Value, push: (a: Real, result: Real, registers: Registers) => Real | undefined): Callout {
  return recorded((cpu) => {
    const registers = new Registers(cpu);
    const empty = !registers.valid(0);
    if (empty || registers.valid(-1)) {
      registers.setConditions(0, C2);
      if (registers.stackFault(!empty)) {
        registers.store(0, INDEFINITE);
        registers.push(INDEFINITE);
      }
      return Outcome.Next;
    }
    if (!inRange(registers)) return Outcome.Next;
    const a = registers.load(0);
    const result = settled(registers, [a], () => f(a));
    const pushed = result && push(a, result, registers);
    if (!result || !pushed) return Outcome.Next;
    registers.store(0, result);
    registers.push(pushed);
    return Outcome.Next;
  });
}
const isNumber = (a: Real) => !isNan(a);

/** Every callout of the x87, by the name that definitions use. */
export const x87Callouts: Readonly<Record<string, Callout>> = {
  ...{ fninit, fnclex, fnstenv, fldenv, fnsave, frstor, x87Exception },
  ...{ fbld: recorded(fbld), fbstp: recorded(fbstp), fprem: recorded(fprem), fprem1: recorded(fprem1) },
  f2xm1: prepared(ofExponentials, unary(exponential)),
  fyl2x: prepared(ofLogarithms, binary(logarithmTimes)),
  fyl2xp1: prepared(ofLogarithms, binary(logarithmPlusOneTimes)),
  fpatan: prepared(ofArctangents, binary(arctangent)),
  fsin: prepared(ofSines, trigonometric(sine)),
  fcos: prepared(ofSines, trigonometric(cosine)),
  fptan: prepared(
    ofSines,
    pushing(tangent, (_a, result) => (isNumber(result) ? one : result)),
  ),
  fsincos: prepared(
    ofSines,
    pushing(sine, (a, result, registers) => (isNumber(result) ? settled(registers, [a], () => cosine(a)) : result)),
  ),
};
