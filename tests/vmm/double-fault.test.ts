import { describe, expect, it } from "vitest";
import { IDTR_LIMIT } from "../../src/vmm/cpu/layout.js";
import { Access, absent, HANDLERS, SystemGuest } from "./system-guest.js";

const handler = (vector: number) => HANDLERS + 16 * vector;
const MOV_CR0_AT_CPL3 = [0x0f, 0x22, 0xc0];
const UD2 = [0x0f, 0x0b];

/** SDM vol. 3, 6.15, interrupt 8, tables 6-4 and 6-5. */
describe("double fault", () => {
  it("#GP whose handler is not present: #DF(0)", () => {
    const guest = new SystemGuest().protectedMode().toUser();
    guest.gate(13, absent(Access.interrupt32));
    expect(guest.execDelivering(...MOV_CR0_AT_CPL3)).toBe(true);
    expect([guest.eip, guest.stack(0)]).toEqual([handler(8), 0]);
  });

  it("#UD whose handler is not present: #NP, for #UD is benign", () => {
    const guest = new SystemGuest().protectedMode();
    guest.gate(6, absent(Access.interrupt32));
    guest.execDelivering(...UD2);
    expect([guest.eip, guest.stack(0)]).toEqual([handler(11), 6 * 8 + 3]);
  });

  it("a handler for neither: triple fault", () => {
    const guest = new SystemGuest().protectedMode();
    guest.state.set(IDTR_LIMIT, 0);
    expect(guest.execDelivering(...UD2)).toBe(false);
  });

  it("in real mode without vectors: triple fault", () => {
    const guest = new SystemGuest().realMode();
    guest.state.set(IDTR_LIMIT, 0);
    expect(guest.execDelivering(0xcc)).toBe(false);
  });
});
