import { beforeEach, describe, expect, it } from "vitest";
import { Calendar } from "../../src/vmm/devices/rtc/calendar.js";
import { Rtc } from "../../src/vmm/devices/rtc/device.js";
import { Rig } from "./rig.js";

const SECOND = 1e9;

let rig: Rig;
let rtc: Rtc;
let level: boolean;
let edges = 0;

function makeRtc(on: Rig, wallClockMs: number, memoryBytes = 128 << 20): Rtc {
  const made = new Rtc({
    clock: on.clock,
    timers: on.timers,
    irq: (asserted) => {
      if (asserted && !level) edges++;
      level = asserted;
    },
    wallClockMs: () => wallClockMs,
    memoryBytes,
  });
  made.attach(on.bus);
  return made;
}

const read = (register: number) => {
  rig.out(0x70, register);
  return rig.in(0x71);
};
const write = (register: number, value: number) => {
  rig.out(0x70, register);
  rig.out(0x71, value);
};
/** Century, year, month, day, day of the week, hours, minutes, seconds, in hexadecimal. */
const date = () => [0x32, 9, 8, 7, 6, 4, 2, 0].map((register) => read(register).toString(16).padStart(2, "0")).join(" ");

beforeEach(() => {
  rig = new Rig();
  level = false;
  edges = 0;
  rtc = makeRtc(rig, Date.UTC(2024, 1, 28, 23, 59, 58, 250));
});

describe("RTC time", () => {
  it("starts at the wall clock, in BCD and 24 hours", () => {
    expect(date()).toBe("20 24 02 28 04 23 59 58");
    expect([read(0x0b), read(0x0d)]).toEqual([0x02, 0x80]);
  });

  it("follows guest time, at the wall clock's fraction of a second", () => {
    rig.advance(0.749 * SECOND);
    expect(date()).toBe("20 24 02 28 04 23 59 58");
    rig.advance(0.002 * SECOND);
    expect(date()).toBe("20 24 02 28 04 23 59 59");
  });

  it("carries over to the leap day, and over days that nobody looked", () => {
    rig.advance(2 * SECOND);
    expect(date()).toBe("20 24 02 29 05 00 00 00");
    rig.advance(86_400 * 307 * SECOND);
    expect(date()).toBe("20 25 01 01 04 00 00 00");
  });

  it("shows binary and 12 hours when told so, after the time was set anew", () => {
    write(0x0b, 0x84);
    [0x32, 9, 8, 7, 6, 4, 2, 0].forEach((register, i) => {
      write(register, [20, 24, 12, 31, 3, 0x8b, 59, 59][i]);
    });
    write(0x0b, 0x04);
    rig.advance(SECOND);
    expect(date()).toBe("14 19 01 01 04 0c 00 00");
  });

  it("holds still while SET is on, and goes on from what was written", () => {
    write(0x0b, 0x82);
    write(0x00, 0x30);
    rig.advance(10 * SECOND);
    expect(date()).toBe("20 24 02 28 04 23 59 30");
    write(0x0b, 0x02);
    rig.advance(SECOND);
    expect(date()).toBe("20 24 02 28 04 23 59 31");
  });

  it("updates first half a second after the divider was released", () => {
    write(0x0a, 0x76);
    rig.advance(5 * SECOND);
    expect(date()).toBe("20 24 02 28 04 23 59 58");
    write(0x0a, 0x26);
    rig.advance(0.499 * SECOND);
    expect(date()).toBe("20 24 02 28 04 23 59 58");
    rig.advance(0.002 * SECOND);
    expect(date()).toBe("20 24 02 28 04 23 59 59");
  });

  it("has UIP up for 2,228 us before the registers change, and only then", () => {
    rig.advance(0.75 * SECOND - 2_229_000);
    expect(read(0x0a) & 0x80).toBe(0);
    rig.advance(2000);
    expect(read(0x0a) & 0x80).toBe(0x80);
    write(0x0b, 0x82);
    expect(read(0x0a) & 0x80).toBe(0);
    write(0x0b, 0x02);
    rig.advance(2_227_000);
    expect(read(0x0a) & 0x80).toBe(0);
    expect(read(0x00)).toBe(0x59);
  });

  it("carries on from bytes that are no time", () => {
    for (const register of [0, 2, 4, 6, 7, 8, 9, 0x32]) write(register, 0xff);
    expect(read(0x00)).toBe(0xff);
    rig.advance(SECOND);
    for (const register of [0, 2, 4, 7, 8]) expect(read(register)).toBeLessThan(0x60);
  });
});

describe("RTC interrupts", () => {
  it("periodic: at the programmed rate, each after register C was read", () => {
    write(0x0b, 0x42);
    let interrupts = 0;
    for (let i = 0; i < 2048; i++) {
      rig.advance(SECOND / 2048);
      if (level) {
        interrupts++;
        expect(read(0x0c) & 0xc0).toBe(0xc0);
        expect(level).toBe(false);
      }
    }
    expect(interrupts).toBeGreaterThanOrEqual(1023);
    expect(interrupts).toBeLessThanOrEqual(1025);
  });

  it("periodic: once only while register C isn't read", () => {
    write(0x0b, 0x42);
    rig.advance(10 * SECOND);
    expect([edges, rig.timers.nextDeadline()]).toEqual([1, Number.POSITIVE_INFINITY]);
  });

  it.each([
    [1, 256],
    [2, 128],
    [3, 8192],
    [15, 2],
  ])("periodic: rate %i is %i Hz", (rate, hertz) => {
    write(0x0a, 0x20 | rate);
    write(0x0b, 0x42);
    const first = rig.timers.nextDeadline();
    rig.advance(first - rig.ns);
    read(0x0c);
    expect(rig.timers.nextDeadline() - first).toBeCloseTo(SECOND / hertz, -2);
  });

  it("flags without their interrupt: only when asked", () => {
    expect(rig.timers.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    rig.advance(SECOND);
    expect([edges, read(0x0c), read(0x0c)]).toEqual([0, 0x50, 0]);
  });

  it("update ended: when the registers have changed", () => {
    write(0x0b, 0x12);
    rig.advance(0.7499 * SECOND);
    expect(level).toBe(false);
    rig.advance(0.0002 * SECOND);
    expect([level, read(0x00), read(0x0c) & 0x90]).toEqual([true, 0x59, 0x90]);
    write(0x0b, 0x92);
    expect(read(0x0b)).toBe(0x82);
  });

  it("alarm: at the time in its registers, once a day", () => {
    write(0x01, 0x30);
    write(0x03, 0x00);
    write(0x05, 0x01);
    write(0x0b, 0x22);
    rig.advance(2 * SECOND + 5400 * SECOND);
    expect([edges, read(0x0c) & 0xa0]).toEqual([1, 0xa0]);
    rig.advance(86_400 * SECOND);
    expect(edges).toBe(2);
  });

  it("alarm: every second, minute or hour with don't-care codes", () => {
    for (const register of [1, 3, 5]) write(register, 0xc0);
    write(0x0b, 0x22);
    rig.advance(SECOND);
    expect([edges, read(0x0c) & 0x20]).toEqual([1, 0x20]);
    rig.advance(SECOND);
    expect(edges).toBe(2);
  });

  it("alarm: found by any search through the seconds of a day", () => {
    const ram = new Uint8Array(128);
    ram[0x0b] = 0x06;
    const calendar = new Calendar(ram);
    const fields = [0xff, 0, 7, 59];
    for (const [s, m, h] of fields.flatMap((s) => fields.flatMap((m) => [0xff, 0, 9, 23].map((h) => [s, m, h])))) {
      [ram[1], ram[3], ram[5]] = [s, m, h];
      for (const now of [0, 6, 7, 59, 60, 3599, 3600, 32_399, 32_827, 36_000, 82_800, 86_399]) {
        [ram[0], ram[2], ram[4]] = [now % 60, Math.floor(now / 60) % 60, Math.floor(now / 3600)];
        let after = 1;
        const matches = (field: number, value: number) => field === 0xff || field === value;
        while (
          !(
            matches(s, (now + after) % 60) &&
            matches(m, Math.floor((now + after) / 60) % 60) &&
            matches(h, Math.floor((now + after) / 3600) % 24)
          )
        ) {
          after++;
        }
        expect([now, s, m, h, calendar.secondsToAlarm()]).toEqual([now, s, m, h, after]);
      }
    }
  });

  it("alarm: never at a time that is none", () => {
    write(0x01, 0x99);
    write(0x0b, 0x22);
    expect(rig.timers.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it("are off after a reset, which leaves time and memory", () => {
    write(0x0b, 0x72);
    write(0x40, 0x5a);
    rig.advance(SECOND);
    rtc.reset();
    expect([level, read(0x0b), read(0x0c), read(0x40), read(0x00)]).toEqual([false, 0x02, 0, 0x5a, 0x59]);
  });
});

describe("CMOS", () => {
  it("tells the memory sizes, with a good checksum", () => {
    const word = (register: number) => read(register) | (read(register + 1) << 8);
    expect([word(0x15), word(0x17), word(0x34)]).toEqual([640, 65_535, 112 * 16]);
    let sum = 0;
    for (let register = 0x10; register < 0x2e; register++) sum += read(register);
    expect((read(0x2e) << 8) | read(0x2f)).toBe(sum);
  });

  it("keeps its memory, but not what is written to registers C and D", () => {
    write(0x7f, 0x12);
    write(0x0d, 0);
    write(0x0c, 0xff);
    expect([read(0x7f), read(0x0d), read(0x0c)]).toEqual([0x12, 0x80, 0]);
  });

  it("masks NMIs with bit 7 of the index, which can't be read", () => {
    rig.out(0x70, 0x8f);
    expect([rtc.nmiMasked, rig.in(0x70)]).toEqual([true, 0xff]);
    rig.out(0x70, 0x0f);
    expect(rtc.nmiMasked).toBe(false);
  });

  it("goes on from a saved state", () => {
    write(0x0b, 0x72);
    rig.advance(0.3 * SECOND);
    const state = JSON.parse(JSON.stringify(rtc.save()));
    const other = new Rig();
    other.ns = rig.ns;
    const copy = makeRtc(other, 0);
    copy.restore(state);
    expect(copy.save()).toEqual(state);
    expect(other.timers.nextDeadline()).toBe(rig.timers.nextDeadline());
    rig.advance(86_400 * SECOND);
    const expected = [date(), read(0x0c)];
    other.advance(86_400 * SECOND);
    rig = other;
    expect([date(), read(0x0c)]).toEqual(expected);
  });
});
