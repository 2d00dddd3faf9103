import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { differencesDocument } from "./differences-document.js";
import { families } from "./families/all.js";
import { describe as describeMismatch } from "./report.js";
import { compare, generate, newTally } from "./runner.js";
import { NoEmulator, SystemEmulator } from "./system-emulator.js";
import { Worldswitch } from "./worldswitch.js";

const SEED = 20031;
const CASES_PER_FAMILY = 40;

function open(): { qemu: SystemEmulator } | { reason: string } {
  try {
    return { qemu: new SystemEmulator() };
  } catch (error) {
    if (error instanceof NoEmulator) return { reason: error.message };
    throw error;
  }
}

describe("the list of differences from QEMU", () => {
  it("is what the comparison goes by", () => {
    const document = readFileSync(new URL("../../docs/qemu-differences.md", import.meta.url), "utf8");
    expect(document).toBe(differencesDocument());
  });
});

const ours = new Worldswitch();

describe("the program that runs the cases", () => {
  it("does the same case again with the same result, whatever ran before", () => {
    const cases = families.flatMap((family) => generate(family, SEED, 10));
    const forwards = ours.run(cases);
    const backwards = ours.run([...cases].reverse()).reverse();
    expect(backwards).toEqual(forwards);
  });
});

/** A bounded sample of `npm run test:qemu`, with a fixed seed. */
const opened = open();
if ("reason" in opened) {
  describe.skip(`privileged behaviour against QEMU: ${opened.reason}`, () => {
    it("is skipped", () => {});
  });
} else {
  const { qemu } = opened;
  afterAll(() => qemu.close());

  describe("privileged behaviour against QEMU", () => {
    it("differs in nothing but what is known", () => {
      const tally = newTally();
      compare(
        families.flatMap((family) => generate(family, SEED, CASES_PER_FAMILY)),
        ours,
        qemu,
        tally,
      );
      expect(tally.compared).toBe(families.length * CASES_PER_FAMILY);
      expect(tally.unknown.map(describeMismatch)).toEqual([]);
    });
  });
}
