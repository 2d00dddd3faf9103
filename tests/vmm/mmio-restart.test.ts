import { describe, expect, it } from "vitest";
import { EAX, EBX, ECX, EDI, ESI, ESP, SystemGuest } from "./system-guest.js";

const SS_FAULT = 12;
const GP = 13;
/** In the middle of RAM. */
const DEVICE = 0x9_0000;
const VALUE = 0x1122_3344;
/** Where ES and SS of these tests end. */
const END = 0x5000;

/** A device whose registers change when they are read, as a FIFO's do; EBX and ESI point to it. ES and SS end at END. */
class DeviceGuest extends SystemGuest {
  readonly accesses: string[] = [];

  constructor() {
    super();
    this.mmu.memory.addRegion({
      base: DEVICE,
      size: 0x1000,
      read: (offset, size) => {
        this.accesses.push(`read ${size} at ${offset}`);
        return VALUE;
      },
      write: () => {},
    });
    this.protectedMode();
    this.descriptor(0x60, 0, END - 1, 0x92, 4);
    this.set(EAX, 0x60);
    this.exec(0x8e, 0xc0); // mov es, ax
    this.exec(0x8e, 0xd0); // mov ss, ax
    this.exec(0x90);
    this.set(EBX, DEVICE);
    this.set(ESI, DEVICE);
  }
}

/** A restarted instruction reads again: what a device gave the first time would be lost. */
describe("a device is not read by an instruction that faults behind the read", () => {
  it("MOVS whose destination faults, and once when it is restarted", () => {
    const guest = new DeviceGuest();
    guest.set(EDI, END);
    expect(guest.exec(0xa5)).toEqual({ vector: GP, error: 0 });
    expect(guest.accesses).toEqual([]);
    guest.set(EDI, END - 4);
    expect(guest.exec(0xa5)).toBeUndefined();
    expect(guest.accesses).toEqual(["read 4 at 0"]);
    expect(guest.get(END - 4)).toBe(VALUE);
  });

  it("REP MOVS: only the iteration that faults is done again", () => {
    const guest = new DeviceGuest();
    guest.set(EDI, END - 2);
    guest.set(ECX, 3);
    expect(guest.exec(0xf3, 0x66, 0xa5)).toBeUndefined();
    expect(guest.exec(0xf3, 0x66, 0xa5)).toEqual({ vector: GP, error: 0 });
    expect(guest.accesses).toEqual(["read 2 at 0"]);
    expect(guest.reg(ECX)).toBe(2);
  });

  it("PUSH of an operand in memory whose stack faults", () => {
    const guest = new DeviceGuest();
    guest.set(ESP, END + 8);
    expect(guest.exec(0xff, 0x33)).toEqual({ vector: SS_FAULT, error: 0 });
    expect(guest.accesses).toEqual([]);
    guest.set(ESP, END);
    expect(guest.exec(0xff, 0x33)).toBeUndefined();
    expect(guest.accesses).toEqual(["read 4 at 0"]);
    expect(guest.stack(0)).toBe(VALUE);
  });

  it("MOVS with both faulting: the source's fault comes first", () => {
    const guest = new DeviceGuest();
    guest.set(ESI, END);
    guest.set(EDI, END + 0x100);
    expect(guest.exec(0x36, 0xa5)).toEqual({ vector: SS_FAULT, error: 0 });
  });
});
