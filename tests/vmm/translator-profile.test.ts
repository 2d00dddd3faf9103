import { expect, it } from "vitest";
import { profileText, type RegionProfile } from "../../src/vmm/translator/profile.js";

const exits = { jump: 0, return: 0, budget: 0, event: 0, interpreter: 0 };
const region = (head: number, retired: number, more: Partial<RegionProfile> = {}): RegionProfile => ({
  head,
  mode: "binary translation",
  size: 12,
  bytes: 700,
  retired,
  entries: 5,
  exits,
  ...more,
});

it("lists translated regions, hottest first, with their share and why they were left", () => {
  const hot = region(0x10_2000, 750, { mode: "direct execution", exits: { ...exits, jump: 4, event: 1 } });
  const lines = profileText([region(0x5000, 50), hot], 1000).split("\n");
  expect(lines.map((line) => line.replaceAll(/ +/g, " ").trim())).toEqual([
    "2 translated regions; the hottest:",
    "75.00 % 00102000 direct execution 12 instructions, 700 bytes 5 entries jump 4, event 1",
    "5.00 % 00005000 binary translation 12 instructions, 700 bytes 5 entries",
    "",
  ]);
});

it("stays short, however many there are", () => {
  const many = Array.from({ length: 10_000 }, (_, i) => region(i << 12, i));
  expect(profileText(many, 1e9).length).toBeLessThan(12_000);
});

it("says so when nothing was translated", () => {
  expect(profileText([], 1000)).toBe("no translated regions\n");
});
