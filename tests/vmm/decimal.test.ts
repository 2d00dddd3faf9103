import { describe, expect, it } from "vitest";
import { EAX, SystemGuest } from "./system-guest.js";

const CF = 1;
const AF = 0x10;

/** SDM vol. 2: the instructions' own pseudocode and examples. */
describe("packed decimal", () => {
  const guest = new SystemGuest().protectedMode();
  const adjust = (opcode: number, al: number, flags: number) => {
    guest.set(EAX, 0x1111_1100 | al);
    guest.cpu.setFlags(flags, CF | AF);
    guest.exec(opcode);
    expect(guest.reg(EAX) >>> 8).toBe(0x11_1111);
    return { al: guest.reg(EAX, 1), cf: guest.cpu.flags & CF };
  };

  it("DAA makes sums of packed decimals right, DAS differences", () => {
    const decimal = (n: number) => ((Math.floor(n / 10) % 10) << 4) | (n % 10);
    for (let a = 0; a < 100; a += 7) {
      for (let b = 0; b < 100; b++) {
        const x = decimal(a);
        const y = decimal(b);
        const sum = x + y;
        const carry = (sum > 0xff ? CF : 0) | ((x & 15) + (y & 15) > 15 ? AF : 0);
        expect(adjust(0x27, sum & 0xff, carry)).toEqual({ al: decimal((a + b) % 100), cf: a + b > 99 ? 1 : 0 });
        const borrow = (x < y ? CF : 0) | ((x & 15) < (y & 15) ? AF : 0);
        expect(adjust(0x2f, (x - y) & 0xff, borrow)).toEqual({ al: decimal((a - b + 100) % 100), cf: a < b ? 1 : 0 });
      }
    }
  });

  it("DAA of 79h + 35h = AEh is 14h with carry", () => {
    expect(adjust(0x27, 0xae, 0)).toEqual({ al: 0x14, cf: 1 });
  });
});

describe("unpacked decimal", () => {
  const guest = new SystemGuest().protectedMode();
  const run = (ax: number, flags: number, ...code: number[]) => {
    guest.set(EAX, ax);
    guest.cpu.setFlags(flags, CF | AF);
    const raised = guest.exec(...code);
    return raised ?? [guest.reg(EAX), guest.cpu.flags & (CF | AF)];
  };

  it("AAA and AAS carry into AH", () => {
    expect(run(0x000b, 0, 0x37)).toEqual([0x0101, CF | AF]);
    expect(run(0x00f3, AF, 0x37)).toEqual([0x0109, CF | AF]);
    expect(run(0x0105, 0, 0x37)).toEqual([0x0105, 0]);
    expect(run(0x02ff, AF, 0x3f)).toEqual([0x0109, CF | AF]);
    expect(run(0x0205, 0, 0x3f)).toEqual([0x0205, 0]);
  });

  it("AAM and AAD take any base; AAM by 0 is #DE", () => {
    expect(run(0x004f, 0, 0xd4, 10)).toEqual([0x0709, 0]);
    expect(run(0x004f, 0, 0xd4, 16)).toEqual([0x040f, 0]);
    expect(run(0x0709, 0, 0xd5, 10)).toEqual([0x004f, 0]);
    expect(run(0x004f, 0, 0xd4, 0)).toEqual({ vector: 0, error: -1 });
  });

  it("SALC spreads the carry", () => {
    expect(run(0x1200, CF, 0xd6)).toEqual([0x12ff, CF]);
    expect(run(0x12ff, 0, 0xd6)).toEqual([0x1200, 0]);
  });
});
