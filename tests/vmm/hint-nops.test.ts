import { describe, expect, it } from "vitest";
import { executes } from "./executes.js";
import { CODE, EBX, SystemGuest } from "./system-guest.js";

executes("0F 0D", "0F 18", "0F 19", "0F 1A", "0F 1B", "0F 1C", "0F 1D", "0F 1E", "0F 1F");

/** PREFETCHW, PREFETCHh and the reserved NOPs (SDM vol. 2, table A-3): later instructions, as ENDBR32, are made of them. */
describe("hint instructions do nothing, and touch no memory", () => {
  const NOWHERE = 0x7fff_0000;

  it.each(["0d", "18", "19", "1a", "1b", "1c", "1d", "1e", "1f"])("0F %s", (second) => {
    const opcode = Number.parseInt(second, 16);
    const guest = new SystemGuest().protectedMode();
    guest.set(EBX, NOWHERE);
    for (let reg = 0; reg < 8; reg++) {
      guest.cpu.eip = CODE;
      expect(guest.exec(0x0f, opcode, (reg << 3) | EBX)).toBeUndefined(); // [ebx]
      expect(guest.exec(0x0f, opcode, 0x44 | (reg << 3), 0x23, 4)).toBeUndefined(); // [ebx + 4]
      expect(guest.exec(0x66, 0x0f, opcode, 0xc0 | (reg << 3) | EBX)).toBeUndefined(); // bx
      expect(guest.eip).toBe(CODE + 3 + 5 + 4);
    }
    expect(guest.reg(EBX)).toBe(NOWHERE);
  });

  it("ENDBR32 and ENDBR64 are among them", () => {
    const guest = new SystemGuest().protectedMode();
    expect(guest.exec(0xf3, 0x0f, 0x1e, 0xfb)).toBeUndefined();
    expect(guest.exec(0xf3, 0x0f, 0x1e, 0xfa)).toBeUndefined();
    expect(guest.eip).toBe(CODE + 8);
  });
});
