import { describe, expect, it } from "vitest";
import { CODE, HANDLERS, SystemGuest } from "./system-guest.js";

const MOV_AL = 0xb0;
const NOP = 0x90;
const HLT = 0xf4;
const GP = { vector: 13, error: 0 };

describe("an instruction that runs beyond its code segment (SDM vol. 3, 5.3)", () => {
  it("is #GP(0) at 64 KiB in real mode, whatever lies behind", () => {
    const guest = new SystemGuest().realMode();
    guest.cpu.eip = 0xffff;
    expect(guest.exec(MOV_AL, 0x12)).toMatchObject(GP);
    expect(guest.eip).toBe(0xffff);
  });

  it("is #GP(0) there in code that runs on by itself too, before it has done anything", () => {
    const guest = new SystemGuest().realMode();
    guest.bytes(CODE + 0xfffd, [NOP, NOP, MOV_AL, 0x12]);
    guest.bytes(HANDLERS, [HLT]);
    guest.put(4 * GP.vector, HANDLERS & 0xffff, 2);
    guest.put(4 * GP.vector + 2, (HANDLERS >> 4) & 0xf000, 2);
    guest.cpu.eip = 0xfffd;
    expect(guest.interpreter.run(100)).toBe("halted");
    expect(guest.eip).toBe((HANDLERS & 0xffff) + 1);
    expect(guest.reg(0, 1)).toBe(0);
    expect(guest.stack(0, 2)).toBe(0xffff);
  });

  it("executes when its last byte is the last of the segment", () => {
    const guest = new SystemGuest().realMode();
    guest.cpu.eip = 0xfffe;
    expect(guest.exec(MOV_AL, 0x12)).toBeUndefined();
    expect(guest.reg(0, 1)).toBe(0x12);
  });

  it("is #GP(0) at 4 GiB in a flat segment, not a page fault at 0", () => {
    const guest = new SystemGuest().protectedMode();
    // What is fetched at the top of the address space is absent memory: all ones, whose second byte would lie at 0.
    guest.cpu.eip = 0xffff_ffff;
    expect(guest.exec()).toMatchObject(GP);
    expect(guest.eip).toBe(0xffff_ffff);
  });
});
