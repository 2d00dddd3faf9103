import { describe, expect, it } from "vitest";
import { X87Guest } from "./x87-guest.js";
import { vectors } from "./x87-vectors.js";

/** Arithmetic, conversions, comparisons and remainders give what hardware gave, bit for bit, flags included. */
describe("as recorded from hardware", () => {
  const guest = new X87Guest();

  describe.each(Object.entries(vectors))("%s", (_name, { bytes, lines }) => {
    const cases = lines
      .trim()
      .split("\n")
      .map((line) => line.trim());
    it.each(cases)("%s", (line) => {
      const [before, after] = line.split(" > ");
      const [control, st0, st1, memory] = before.split(" ");
      // ModRM of the recording names [RSI]; EBX points to the operand here.
      const [opcode, modrm] = bytes;
      const code = modrm < 0xc0 ? [opcode, (modrm & ~7) | 3] : [opcode, modrm];
      guest.setMemory(memory === "-" ? "00".repeat(10) : memory);
      guest.load(Number.parseInt(control, 16), [st0, st1]);
      expect(guest.exec(...code)).toBeUndefined();
      const [status, first, second, stored] = after.split(" ");
      // Registers are recorded even where they are empty.
      const top = (guest.status >> 11) & 7;
      expect([guest.status.toString(16).padStart(4, "0"), guest.cell(top), guest.cell((top + 1) & 7)]).toEqual([status, first, second]);
      if (stored !== "-") expect(guest.memory(stored.length / 2)).toBe(stored);
    });
  });
});
