import { describe, expect, it } from "vitest";
import { Random } from "./random.js";
import { DEFAULT_MXCSR, R0_R1, SseGuest } from "./sse-guest.js";

const PE = 0x20;
/** With an exception unmasked, WebAssembly's own operations never serve; with PE set and everything else as usual, whatever was rounded. */
const ZE_MASK = 0x200;
const EXACT = DEFAULT_MXCSR & ~ZE_MASK;
const INEXACT_BEFORE = DEFAULT_MXCSR | PE;
const CASES = 300;

const opcodes = { sqrt: 0x51, add: 0x58, mul: 0x59, sub: 0x5c, min: 0x5d, div: 0x5e, max: 0x5f };
const formats = [
  ["ps", []],
  ["pd", [0x66]],
  ["ss", [0xf3]],
  ["sd", [0xf2]],
] as const;
const conversions: [string, number[]][] = [
  ["cvtps2pd", [0x0f, 0x5a]],
  ["cvtpd2ps", [0x66, 0x0f, 0x5a]],
  ["cvtdq2ps", [0x0f, 0x5b]],
  ["cvtps2dq", [0x66, 0x0f, 0x5b]],
  ["cvttps2dq", [0xf3, 0x0f, 0x5b]],
  ["cvttpd2dq", [0x66, 0x0f, 0xe6]],
  ["cvtpd2dq", [0xf2, 0x0f, 0xe6]],
];
const instructions: [string, number[]][] = [
  ...Object.entries(opcodes).flatMap(([name, opcode]) =>
    formats.map(([suffix, prefix]): [string, number[]] => [name + suffix, [...prefix, 0x0f, opcode]]),
  ),
  ...conversions,
];

/** Bits of a number near 1 that is not 0, now and then near the ends of the range, a special one, or one of few digits. */
function element(random: Random, double: boolean): string {
  const fraction = double ? 52 : 23;
  const middle = double ? 1023 : 127;
  const exponent = random.oneIn(4) ? random.pick([0, 1, 2, 2 * middle - 1, 2 * middle, 2 * middle + 1]) : middle - 20 + random.below(60);
  const low = (BigInt(random.word() >>> 0) << 32n) | BigInt(random.word() >>> 0);
  const digits = BigInt(random.oneIn(3) ? fraction - random.below(8) : 0);
  const some = ((low & ((1n << BigInt(fraction)) - 1n)) >> digits) << digits;
  const mantissa = exponent === 0 ? some | 1n : some;
  const sign = BigInt(random.below(2)) << (double ? 63n : 31n);
  return (sign | (BigInt(exponent) << BigInt(fraction)) | mantissa).toString(16).padStart(double ? 16 : 8, "0");
}
const vector = (random: Random, double: boolean) => Array.from({ length: double ? 2 : 4 }, () => element(random, double)).join("");

describe("the fast path agrees with the exact operations, bit for bit", () => {
  const guest = new SseGuest();
  function run(code: number[], mxcsr: number, a: string, b: string): [string, number] {
    guest.mxcsr = mxcsr;
    guest.setXmm(0, a).setXmm(1, b);
    guest.exec(...code, R0_R1);
    return [guest.xmm(0), guest.mxcsr | ZE_MASK];
  }
  it.each(instructions)("%s", (name, code) => {
    const random = new Random(1985);
    const double = /^cvtt?pd|[ps]d$/.test(name) && name !== "cvtps2pd";
    for (let i = 0; i < CASES; i++) {
      const [a, b] = [vector(random, double), vector(random, double)];
      const [exact, flags] = run(code, EXACT, a, b);
      expect([a, b, ...run(code, DEFAULT_MXCSR, a, b)]).toEqual([a, b, exact, flags]);
      expect([a, b, ...run(code, INEXACT_BEFORE, a, b)]).toEqual([a, b, exact, flags | PE]);
    }
  });
});
