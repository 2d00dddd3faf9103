/** Control flow of translated code: it comes to the same as in the interpreter, and most of it is run in regions. */
import { describe, expect, it } from "vitest";
import { LocalPort } from "../../src/vmm/translator/local-port.js";
import type { TranslationOptions } from "../../src/vmm/translator/translation-cache.js";
import { guest, INC_EAX, le32, seen } from "./endless-guest.js";
import { programs } from "./translated-programs.js";

const EVERYTHING: TranslationOptions = { quantum: 1, threshold: 0, strict: true };

describe("translated code does what the interpreter does", () => {
  for (const [name, options] of [
    ["with all heads translated at once", EVERYTHING],
    ["with what is hot translated", { quantum: 5, threshold: 2, strict: true }],
    ["with everything dropped again and again", { quantum: 5, threshold: 2, strict: true, mostModules: 3 }],
  ] as const) {
    describe(name, () => {
      it.each(Object.entries(programs))("%s", (_, program) => {
        const [interpreted, translated] = [guest(program), guest(program)];
        translated.interpreter.translateBy(new LocalPort(translated.state.u8), options);
        for (let slice = 1; slice <= 40; slice++) {
          for (const it of [interpreted, translated]) it.interpreter.run(slice % 4 === 0 ? 7 * (slice % 11) + 1 : 900 + slice, true);
          expect(seen(translated)).toBe(seen(interpreted));
        }
        if (options === EVERYTHING && !program.fleeting) expect(translated.interpreter.translator.instructions).toBeGreaterThan(0);
      });
    });
  }
});

it("makes a region again that is left too often for its own instructions, and goes on inside it", () => {
  const straddling = guest(programs["an operand that straddles pages"]);
  straddling.interpreter.translateBy(new LocalPort(straddling.state.u8), { quantum: 50, threshold: 2, strict: true });
  for (let slice = 0; slice < 400; slice++) straddling.interpreter.run(2000, true);
  const { retranslations, instructions } = straddling.interpreter.translator;
  expect(retranslations).toBeGreaterThan(0);
  const before = straddling.interpreter.retired;
  straddling.interpreter.run(2000, true);
  expect(straddling.interpreter.translator.instructions - instructions).toBeGreaterThan((straddling.interpreter.retired - before) / 2);
});

it("enters one large region at several places, and doesn't translate the same code for each of them", () => {
  // Each of the two inner loops runs longer than the budget lasts: so both are found, and the outer loop leads from one to the other.
  const inner = (decrement: readonly number[]) => [[0xb9, ...le32(2000)], INC_EAX, [...decrement], [0x75, 0xfc]];
  const much = Array.from({ length: 250 }, () => INC_EAX);
  const it = guest({ code: [...inner([0x49]), ...much, ...inner([0x49]), INC_EAX] });
  it.interpreter.translateBy(new LocalPort(it.state.u8), { quantum: 500, threshold: 2, strict: true });
  for (let slice = 0; slice < 200; slice++) it.interpreter.run(9000, true);
  const { instructions, liveRegions, regionsCompiled } = it.interpreter.translator;
  expect(regionsCompiled).toBeGreaterThan(1);
  expect(liveRegions).toBe(1);
  expect(instructions).toBeGreaterThan(it.interpreter.retired / 2);
});
