import { describe, expect, it } from "vitest";
import { Random } from "../isa/random.js";
import { randomStrings, sweep } from "./byte-strings.js";
import { compare, newTally, STRING_LENGTH } from "./comparison.js";
import type { Description } from "./description.js";
import { describeOurs } from "./ours.js";

/** Both opcode maps without a prefix, every opcode, every ModRM byte. */
const UNPREFIXED = 2 * 256 * 256;

describe("the decoder against an independent one", () => {
  it.each([
    [16, false],
    [32, true],
  ])("agrees on every opcode and every ModRM byte in %s-bit code, and on random bytes", (_bits, code32) => {
    const random = new Random(20_261_125);
    const tally = newTally();
    compare(sweep(random, 0, UNPREFIXED), code32, tally);
    compare(randomStrings(random, 50_000), code32, tally);
    expect(tally.failures).toEqual([]);
    expect(tally.compared).toBe(UNPREFIXED + 50_000);
    expect(tally.valid).toBeGreaterThan(tally.compared / 2);
  });

  it.each<[string, (said: Description) => Description]>([
    ["a length", (said) => ({ ...said, length: said.length + 1 })],
    ["a mnemonic", (said) => ({ ...said, mnemonics: ["lahf"] })],
    ["an operand", (said) => ({ ...said, operands: said.operands.map((text) => text.replace(":3", ":2")) })],
    ["validity", (said) => ({ ...said, valid: false })],
  ])("would notice %s that is wrong", (_what, spoil) => {
    const bytes = new Uint8Array(STRING_LENGTH);
    bytes.set([0x89, 0xd8]); // mov eax, ebx
    const right = newTally();
    compare(bytes, true, right);
    expect(right.failed).toBe(0);
    const wrong = newTally();
    compare(bytes, true, wrong, (...where) => spoil(describeOurs(...where)));
    expect(wrong.failed).toBe(1);
  });
});
