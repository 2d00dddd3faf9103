import { describe, expect, it } from "vitest";
import { Seg, SS, TR } from "../../src/vmm/cpu/layout.js";
import { Access, CODE3, DATA0, DATA3, EAX, ESP, FREE, level, STACK0, STACK3, SystemGuest, TSS, TSS_SELECTOR } from "./system-guest.js";

const INT_40 = [0xcd, 0x40];
const TS = 10;

/** At CPL 3, with a gate that INT 40h may use. */
function user(guest: SystemGuest): SystemGuest {
  guest.gate(0x40, Access.interrupt32 | level(3));
  return guest.toUser();
}

/** The stack of an inner level lies in the TSS, which must hold all of it (SDM vol. 3, 5.8.5; vol. 2, INT n). */
describe("the inner stack", () => {
  it("of a 32-bit TSS is bytes 4 to 9 for level 0", () => {
    const guest = user(new SystemGuest().protectedMode());
    guest.state.setSegment(TR, Seg.limit, 8);
    expect(guest.exec(...INT_40)).toEqual({ vector: TS, error: TSS_SELECTOR });
    guest.state.setSegment(TR, Seg.limit, 9);
    expect(guest.exec(...INT_40)).toBeUndefined();
    expect([guest.selector(SS), guest.reg(ESP)]).toEqual([DATA0, STACK0 - 20]);
    expect([guest.stack(1), guest.stack(3), guest.stack(4)]).toEqual([CODE3, STACK3, DATA3]);
  });

  it("of a 16-bit TSS is bytes 2 to 5 for level 0", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, TSS, 0x2b, Access.tss16);
    guest.set(EAX, FREE);
    guest.exec(0x0f, 0x00, 0xd8); // ltr ax
    guest.put(TSS + 2, 0x9000, 2);
    guest.put(TSS + 4, DATA0, 2);
    user(guest);
    guest.state.setSegment(TR, Seg.limit, 4);
    expect(guest.exec(...INT_40)).toEqual({ vector: TS, error: FREE });
    guest.state.setSegment(TR, Seg.limit, 5);
    expect(guest.exec(...INT_40)).toBeUndefined();
    expect([guest.selector(SS), guest.reg(ESP)]).toEqual([DATA0, 0x9000 - 20]);
  });
});
