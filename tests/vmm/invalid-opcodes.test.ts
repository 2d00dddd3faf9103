import { describe, expect, it } from "vitest";
import { invalidOpcodes } from "./invalid-opcodes.js";
import { CODE, DATA, EBX, SystemGuest } from "./system-guest.js";

const UD = { vector: 6, error: -1 };

/** SDM vol. 2, appendix A; vol. 3, 6.15 (#UD). */
describe("invalid opcodes", () => {
  const guest = new SystemGuest().protectedMode();
  guest.set(EBX, DATA);

  it("are #UD, with memory and with registers", () => {
    for (const { label, encodings } of invalidOpcodes) {
      for (const bytes of encodings) expect({ label, bytes, raised: guest.exec(...bytes) }).toEqual({ label, bytes, raised: UD });
    }
    expect(guest.eip).toBe(CODE);
  });

  it("are #UD with LOCK too, and whatever the operands' address", () => {
    guest.set(EBX, 0xffff_fff0);
    for (const { label, encodings } of invalidOpcodes)
      expect({ label, raised: guest.exec(0xf0, ...encodings[0]) }).toEqual({ label, raised: UD });
    guest.set(EBX, DATA);
  });
});
