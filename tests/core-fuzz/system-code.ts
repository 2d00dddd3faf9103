import type { Random } from "../isa/random.js";
import { GDT_ENTRIES, Selector } from "./memory-map.js";

/**
 * What kernels are made of, and random opcodes seldom get right. After the colon: encodings between bars, with "%" for a random byte and "$" for
 * the low byte of a selector. In 16-bit code they mean something else; so much the better.
 */
const TABLE = `
  control registers: 0f 20 % | 0f 22 c0 | 0f 22 d8 | 0f 22 e0 | 0f 22 % | b8 % % % % 0f 22 e0 | b8 % 00 00 80 0f 22 c0 | b8 % 00 01 e0 0f 22 c0
  real to protected and back: 0f 20 c0 34 01 0f 22 c0 | 0f 01 f0 | 0f 01 e0 | 0f 06
  debug registers: 0f 23 % | 0f 21 % | f1
  descriptor tables: 0f 01 15 00 30 00 00 | 0f 01 1d 00 30 00 00 | 0f 01 10 | 0f 01 18 | 0f 00 d0 | 0f 00 d8 | 0f 00 c8
  selectors: b8 $ 00 00 0f 00 d0 | b8 $ 00 00 0f 00 d8 | b8 $ 00 00 8e c0 | b8 $ 00 00 8e d8 | b8 $ 00 00 8e d0 | b8 $ 00 00 8e e8
  segments: 8e c0 | 8e d0 | 8e d8 | 8e e0 | 8e e8 | c4 % | c5 % | 0f b2 % | 07 | 17 | 1f | 0f a1
  verification: 0f 02 c1 | 0f 03 c1 | 0f 00 e1 | 0f 00 e9 | 63 c8
  translations: 0f 01 38 | 0f 01 3b | 0f 08 | 0f 09
  far transfers: 9a % 50 00 00 $ 00 | ea % 00 01 00 $ 00 | ea % 50 00 00 $ 00 | 9a % 50 $ 00 | ea % 00 $ 00 | ff 20 | ff 28 | ff 18 | ff %
  returns: cf | 66 cf | ca % 00 | cb | 66 cb | c3 | c2 % 00
  interrupts: cd % | cc | ce | fa | fb | f4
  flags: 9c | 9d | 66 9c | 66 9d | 6a % 9d | 68 % % 00 00 9d
  model-specific registers: 0f 34 | 0f 35 | 0f 30 | 0f 32 | 0f 31 | 0f a2 | b9 74 01 00 00 0f 30 | b9 % 01 00 00 0f 32 | b9 80 00 00 c0 0f 32
  ports: e4 % | e5 % | e6 % | e7 % | ec | ed | ee | ef | 6c | 6d | 6e | 6f | f3 6c | f3 6d | f3 6e
  floating point states: 0f ae 00 | 0f ae 08 | 0f ae 10 | 0f ae 18 | d9 30 | d9 20 | dd 30 | dd 20 | 0f 77 | 9b | db e3 | d9 28
  stacks: c8 % 00 % | c9 | 60 | 61 | 8f %
  bounds and exchanges: 62 % | 0f c7 %
  branches: e2 % | e3 % | eb % | eb fe | 75 % | 74 % | e8 % % 00 00
`;

const encodings = TABLE.trim()
  .split("\n")
  .flatMap((line) => line.slice(line.indexOf(":") + 1).split("|"))
  .map((encoding) => encoding.trim().split(" "));
const usual = Object.values(Selector);

export function systemCode(random: Random): number[] {
  const selector = random.oneIn(3) ? 8 * random.below(GDT_ENTRIES) + random.below(8) : random.pick(usual);
  return random.pick(encodings).map((part) => {
    if (part === "%") return random.below(256);
    return part === "$" ? selector & 0xff : Number.parseInt(part, 16);
  });
}
