import { type Callout, Outcome } from "../cpu/callout.js";
import type { Cpu } from "../cpu/cpu.js";
import {
  exponentOf,
  INDEFINITE,
  isDenormal,
  isInfinity,
  isNan,
  isUnsupported,
  isZero,
  propagate,
  roundBinary,
  toBinary,
  zero,
} from "./real.js";
import { Registers } from "./registers.js";
import { C0, C1, C2, C3, DE, IE } from "./words.js";

/** Exponents may differ by less than this for a complete remainder. */
const COMPLETE = 64;

/** Low three bits of a quotient as the condition codes give them. */
function quotientCodes(q: bigint): number {
  return (q & 1n ? C1 : 0) | (q & 2n ? C3 : 0) | (q & 4n ? C0 : 0);
}

/** FPREM and FPREM1: ST(0) - ST(1) * q, where q is the quotient rounded towards zero, or to nearest. */
function remainder(cpu: Cpu, nearest: boolean): void {
  const registers = new Registers(cpu);
  registers.setConditions(0, C2);
  if (!registers.valid(0) || !registers.valid(1)) {
    if (registers.stackFault()) registers.store(0, INDEFINITE);
    return;
  }
  const a = registers.load(0);
  const b = registers.load(1);
  const settle = (codes: number) => registers.setConditions(codes);
  if ([a, b].some((n) => isNan(n) || isUnsupported(n))) {
    const { result, invalid } = propagate(a, b);
    if (registers.raise(invalid ? IE : 0) === 0) registers.store(0, result);
    return;
  }
  if (isInfinity(a) || isZero(b)) {
    if (registers.raise(IE) === 0) registers.store(0, INDEFINITE);
    return;
  }
  if (registers.raise(isDenormal(a) || isDenormal(b) ? DE : 0)) return;
  if (isZero(a)) {
    settle(0);
    return;
  }

  const x = toBinary(a);
  // What an infinity leaves is the dividend, normalized: 0 times anything larger.
  const y = isInfinity(b) ? { m: 1n, e: x.e + 65 } : toBinary(b);
  const difference = isInfinity(b) ? -1 : exponentOf(a) - exponentOf(b);
  const e = Math.min(x.e, y.e);
  const dividend = x.m << BigInt(x.e - e);
  const divisor = y.m << BigInt(y.e - e);
  let rest: bigint;
  let negative = x.negative;
  let codes = 0;
  if (difference < COMPLETE) {
    let q = dividend / divisor;
    rest = dividend - q * divisor;
    if (nearest && (2n * rest > divisor || (2n * rest === divisor && q & 1n))) {
      q++;
      rest = divisor - rest;
      negative = !negative;
    }
    codes = quotientCodes(q);
  } else {
    // A step that takes 32 to 63 off the difference of exponents; C2 asks for another.
    const step = 32 + (difference % 32);
    const partial = divisor << BigInt(difference - step);
    rest = dividend % partial;
    codes = C2;
  }
  if (rest === 0n) {
    registers.store(0, zero(x.negative));
    settle(codes);
    return;
  }
  const { result, flags } = roundBinary({ negative, m: rest, e, inexact: false }, registers.control);
  registers.raise(flags);
  registers.store(0, result);
  settle(codes);
}

export const fprem: Callout = (cpu) => {
  remainder(cpu, false);
  return Outcome.Next;
};
export const fprem1: Callout = (cpu) => {
  remainder(cpu, true);
  return Outcome.Next;
};
