import { describe, expect, it } from "vitest";
import * as at from "../../src/vmm/cpu/layout.js";
import type { TranslationRequest } from "../../src/vmm/translator/port.js";
import { Translator } from "../../src/vmm/translator/translator.js";
import { Random } from "../isa/random.js";
import { le32 } from "./endless-guest.js";

const PAGES = [0, 1, 2];
const memory = new Uint8Array(at.RAM_BASE + PAGES.length * at.PAGE_SIZE);
const ADD = [0x01, 0x83, 0x34, 0x12, 0, 0]; // add [ebx+0x1234], eax
const MULPD = [0x66, 0x0f, 0x59, 0x83, 0x34, 0x12, 0, 0]; // mulpd xmm0, [ebx+0x1234]
const JZ = [0x74, 0]; // to the next instruction

/** A region that begins in the first of three pages full of this code, over and over. */
function regionOf(longest: number, code: readonly number[], entries: readonly number[] = [0], callees: readonly number[] = []) {
  for (let i = at.RAM_BASE; i < memory.length; i++) memory[i] = code[(i - at.RAM_BASE) % code.length];
  const request: TranslationRequest = {
    id: 1,
    pages: PAGES.map((delta) => ({
      delta,
      host: at.RAM_BASE + delta * at.PAGE_SIZE,
      covered: new Uint32Array(at.PAGE_SIZE / 32).fill(0xffff_ffff),
    })),
    entries: entries.map((offset) => ({ offset, x87: { top: 0, tags: 0 } })),
    linearPage: 0x40_0000,
    heads: [],
    callees,
    returns: [],
    exactCalls: false,
    inexact: false,
    slow: [],
    user: true,
    direct: true,
    strict: false,
    profile: false,
    longest,
  };
  const { regions, objects } = new Translator(memory).translate([request]);
  return { ...regions[0], body: objects[0].body.length };
}

describe("a function that calls itself", () => {
  /** So many calls of the function at the first byte, and RET. */
  const calls = (count: number) => {
    const code = Array.from({ length: count }, (_, i) => [0xe8, ...le32(-5 * (i + 1))]).flat();
    return regionOf(LONGEST, [...code, 0xc3], [0], [0]);
  };
  const LONGEST = 800;

  it("is in its region four times, one inside the other", () => {
    expect(calls(1).instructions).toBe(4 * 2);
    expect(calls(2).instructions).toBe((1 + 2 + 4 + 8) * 3);
  });

  it("has no more code for that than any region has", () => {
    for (const count of [3, 5, 10, 20, 50]) {
      const { instructions = 0, body } = calls(count);
      expect(instructions).toBeLessThanOrEqual(LONGEST);
      expect(body).toBeLessThan(2000 + 450 * instructions);
    }
  });
});

describe("a region of many instructions", () => {
  it("has as many as it may, where that is no large function", () => {
    expect(regionOf(300, [...ADD, ...JZ]).instructions).toBeGreaterThanOrEqual(300);
  });

  it("has few bytes for each of them, wherever its branches lead", () => {
    const random = new Random(1);
    for (let i = 0; i < 100; i++) {
      const code = Array.from({ length: 1000 }, () => {
        const instruction = random.below(3);
        // A branch of any condition by up to 15 bytes, a jump, or inc ecx.
        if (instruction === 0) return [0x70 + random.below(16), random.below(2) ? random.below(16) : 255 - random.below(15)];
        return instruction === 1 && random.below(4) === 0 ? [0xeb, random.below(8)] : [0x41];
      });
      const { body, instructions = 1 } = regionOf(800, code.flat());
      expect(body).toBeLessThan(2000 + 400 * instructions);
    }
  });

  it("is cut, where V8 would take too much memory for it", () => {
    const [some, all] = [regionOf(300, [...ADD, ...JZ]), regionOf(800, [...ADD, ...JZ])];
    expect(2 * some.body).toBeGreaterThan(60_000);
    expect(all.body).toBeLessThanOrEqual(60_000);
    expect(all.instructions).toBeGreaterThan(330);
    expect([some.cut, all.cut]).toEqual([false, true]);
  });

  it("has all of its entries all the same", () => {
    const entries = [0, 400, 800, 2400, 4000].map((turn) => turn * MULPD.length).filter((offset) => offset < at.PAGE_SIZE);
    const made = regionOf(800, MULPD, entries);
    expect(made.cut).toBe(true);
    expect(made.entries).toEqual(entries);
    expect(made.body).toBeLessThanOrEqual(60_000);
  });
});
