import { beforeEach, describe, expect, it } from "vitest";
import { Serial } from "../../src/vmm/devices/serial/device.js";
import { Rig } from "./rig.js";

const [DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR] = [0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff];

let rig: Rig;
let uart: Serial;
let sent: number[];
let level: boolean;
let edges: number;
let onRoom: () => void;

beforeEach(() => {
  rig = new Rig();
  sent = [];
  level = false;
  edges = 0;
  onRoom = () => {};
  uart = new Serial({
    clock: rig.clock,
    timers: rig.timers,
    irq: (asserted) => {
      if (asserted && !level) edges++;
      level = asserted;
    },
    transmit: (byte) => sent.push(byte),
    onRoom: () => onRoom(),
  });
  uart.attach(rig.bus, 0x3f8);
});

/** 8N1 at 115200 baud, FIFOs with a trigger level of 8, DTR, RTS and OUT2. */
function open(): void {
  rig.out(LCR, 0x83);
  rig.out(DATA, 1);
  rig.out(IER, 0);
  rig.out(LCR, 0x03);
  rig.out(IIR, 0x87);
  rig.out(MCR, 0x0b);
}

const text = (value: string) => new TextEncoder().encode(value);

describe("16550A probing", () => {
  it("keeps the scratch register, the four bits of IER and the divisor", () => {
    rig.out(SCR, 0x5a);
    rig.out(IER, 0xff);
    expect([rig.in(SCR), rig.in(IER)]).toEqual([0x5a, 0x0f]);
    rig.out(LCR, 0x80);
    rig.out(DATA, 0x34);
    rig.out(IER, 0x12);
    expect([rig.in(DATA), rig.in(IER)]).toEqual([0x34, 0x12]);
    rig.out(LCR, 0);
    expect(rig.in(IER)).toBe(0x0f);
  });

  it("shows working FIFOs in IIR, and no 64-byte ones", () => {
    expect(rig.in(IIR)).toBe(0x01);
    rig.out(IIR, 0x21);
    expect(rig.in(IIR)).toBe(0xc1);
    rig.out(IIR, 0);
    expect(rig.in(IIR)).toBe(0x01);
  });

  it("loops the modem outputs back to the inputs", () => {
    expect(rig.in(MSR)).toBe(0xb0);
    rig.out(MCR, 0x1a);
    expect(rig.in(MSR) & 0xf0).toBe(0x90);
    rig.out(MCR, 0x15);
    expect(rig.in(MSR) & 0xf0).toBe(0x60);
  });

  it("loops data back, in FIFO order, and sends none", () => {
    open();
    rig.out(MCR, 0x10);
    rig.out(DATA, 0x41, 0x42);
    expect([rig.in(LSR) & 1, rig.in(DATA), rig.in(DATA), rig.in(LSR) & 1]).toEqual([1, 0x41, 0x42, 0]);
    expect(sent).toEqual([]);
  });

  it("overruns in loopback: without FIFO the new byte stays, with it the old ones", () => {
    rig.out(LCR, 3);
    rig.out(MCR, 0x10);
    rig.out(DATA, 1, 2);
    expect([rig.in(LSR), rig.in(LSR), rig.in(DATA)]).toEqual([0x63, 0x61, 2]);
    rig.out(IIR, 1);
    for (let i = 0; i < 17; i++) rig.out(DATA, i);
    expect(rig.in(LSR)).toBe(0x63);
    expect(Array.from({ length: 16 }, () => rig.in(DATA))).toEqual(Array.from({ length: 16 }, (_, i) => i));
    expect(rig.in(LSR)).toBe(0x60);
  });

  it("loops a break back as a zero with BI", () => {
    open();
    rig.out(MCR, 0x10);
    rig.out(LCR, 0x43);
    expect([rig.in(LSR), rig.in(LSR), rig.in(DATA)]).toEqual([0xf1, 0x61, 0]);
  });
});

describe("16550A sending", () => {
  it("sends at once and is always ready", () => {
    open();
    rig.out(DATA, ...text("hi"));
    expect([sent, rig.in(LSR)]).toEqual([[0x68, 0x69], 0x60]);
    expect(uart.metrics.outputBytes).toBe(2);
  });

  it("sends as many bits as a character has", () => {
    rig.out(LCR, 0x02);
    rig.out(DATA, 0xff);
    expect(sent).toEqual([0x7f]);
  });

  it("raises the transmitter's interrupt when it is enabled, and again after it was seen and enabled anew", () => {
    open();
    rig.out(IER, 2);
    expect([level, rig.in(IIR), rig.in(IIR), level]).toEqual([true, 0xc2, 0xc1, false]);
    rig.out(IER, 2);
    expect(level).toBe(false);
    rig.out(IER, 0);
    rig.out(IER, 2);
    expect(rig.in(IIR)).toBe(0xc2);
  });

  it("raises it after every byte, with an edge even for a driver that doesn't read IIR", () => {
    open();
    rig.out(IER, 2);
    const before = edges;
    rig.out(DATA, 0x41, 0x42);
    expect([level, edges]).toEqual([true, before + 2]);
  });

  it("reaches the interrupt line only through OUT2", () => {
    open();
    rig.out(MCR, 0x03);
    rig.out(IER, 2);
    expect(level).toBe(false);
    rig.out(MCR, 0x0b);
    expect(level).toBe(true);
    rig.out(MCR, 0x1b);
    expect(level).toBe(false);
  });
});

describe("16550A receiving", () => {
  it("takes no more than the FIFO has room for", () => {
    open();
    const bytes = text("0123456789abcdefXYZ");
    expect(uart.receive(bytes)).toBe(16);
    expect(uart.receive(bytes, 16)).toBe(0);
    expect(Array.from({ length: 3 }, () => rig.in(DATA))).toEqual([0x30, 0x31, 0x32]);
    expect(uart.receive(bytes, 16)).toBe(3);
    expect(uart.metrics.inputBytes).toBe(19);
    expect(rig.in(LSR) & 2).toBe(0);
  });

  it("takes one byte at a time without FIFO", () => {
    rig.out(LCR, 0x03);
    rig.out(MCR, 0x02);
    expect(uart.receive(text("ab"))).toBe(1);
    expect(uart.receive(text("b"))).toBe(0);
    expect(rig.in(DATA)).toBe(0x61);
  });

  it("takes nothing while RTS is low or in loopback", () => {
    expect(uart.room).toBe(0);
    expect(uart.receive(text("a"))).toBe(0);
    open();
    expect(uart.room).toBe(16);
    rig.out(MCR, 0x09);
    expect(uart.room).toBe(0);
    rig.out(MCR, 0x1b);
    expect(uart.room).toBe(0);
  });

  it("tells when there is room again, and may be given more right then", () => {
    let queue = text("0123456789abcdefXYZ");
    onRoom = () => {
      queue = queue.subarray(uart.receive(queue));
    };
    open();
    let read = "";
    while ((rig.in(LSR) & 1) !== 0) read += String.fromCharCode(rig.in(DATA));
    expect(read).toBe("0123456789abcdefXYZ");
  });

  it("interrupts at the trigger level until the FIFO is below it", () => {
    open();
    rig.out(IER, 1);
    uart.receive(text("1234567"));
    expect([level, rig.in(IIR)]).toEqual([false, 0xc1]);
    uart.receive(text("8"));
    expect([level, rig.in(IIR)]).toEqual([true, 0xc4]);
    rig.in(DATA);
    expect([level, rig.in(IIR)]).toEqual([false, 0xc1]);
  });

  it("interrupts for less than that after four characters' time of silence, until it is read", () => {
    open();
    rig.out(IER, 1);
    uart.receive(text("ab"));
    const fourCharacters = (4 * 10 * 1e9) / 115_200;
    rig.advance(fourCharacters - 1000);
    expect(level).toBe(false);
    rig.advance(2000);
    expect([level, rig.in(IIR), rig.in(IIR)]).toEqual([true, 0xcc, 0xcc]);
    rig.in(DATA);
    expect(level).toBe(false);
    rig.advance(fourCharacters + 1000);
    expect(level).toBe(true);
    rig.in(DATA);
    rig.advance(1e9);
    expect(level).toBe(false);
  });

  it("knows no timeout without FIFO: the first byte interrupts", () => {
    rig.out(MCR, 0x0b);
    rig.out(IER, 1);
    uart.receive(text("a"));
    expect([level, rig.in(IIR), rig.timers.nextDeadline()]).toEqual([true, 0x04, Number.POSITIVE_INFINITY]);
  });

  it("receives a break as a zero with BI, reported by the line status interrupt first", () => {
    open();
    rig.out(IER, 7);
    rig.in(IIR);
    uart.receive(text("12345678"));
    for (let i = 0; i < 8; i++) rig.in(DATA);
    expect(uart.receiveBreak()).toBe(true);
    expect(rig.in(IIR)).toBe(0xc6);
    expect(rig.in(LSR)).toBe(0xf1);
    expect([rig.in(LSR), rig.in(DATA), rig.in(LSR)]).toEqual([0x61, 0, 0x60]);
  });

  it("forgets what it has when FCR says so or turns the FIFOs off", () => {
    open();
    uart.receive(text("abc"));
    rig.out(IIR, 0x83);
    expect(rig.in(LSR) & 1).toBe(0);
    uart.receive(text("abc"));
    rig.out(IIR, 0);
    expect([rig.in(LSR) & 1, rig.timers.nextDeadline()]).toEqual([0, Number.POSITIVE_INFINITY]);
  });
});

describe("16550A modem status", () => {
  it("reports changes once, and RI only when it ends", () => {
    open();
    rig.in(MSR);
    rig.out(MCR, 0x1b);
    expect(rig.in(MSR)).toBe(0xb0);
    rig.out(MCR, 0x14);
    expect(rig.in(MSR)).toBe(0x4b);
    rig.out(MCR, 0x10);
    expect([rig.in(MSR), rig.in(MSR)]).toEqual([0x04, 0]);
  });

  it("interrupts at the lowest priority", () => {
    open();
    rig.in(MSR);
    rig.out(IER, 0x0a);
    rig.out(MCR, 0x18);
    rig.out(MCR, 0x0b);
    expect([rig.in(IIR), rig.in(IIR)]).toEqual([0xc2, 0xc0]);
    rig.in(MSR);
    expect([level, rig.in(IIR)]).toEqual([false, 0xc1]);
  });
});

describe("16550A saved", () => {
  it("goes on with the same FIFO, registers and timeout", () => {
    open();
    rig.out(IER, 1);
    uart.receive(text("abc"));
    rig.in(DATA);
    const state = JSON.parse(JSON.stringify(uart.save()));
    const other = new Rig();
    const copy = new Serial({ clock: other.clock, timers: other.timers, irq: () => {}, transmit: () => {}, onRoom: () => {} });
    copy.attach(other.bus, 0x3f8);
    copy.restore(state);
    expect(copy.save()).toEqual(state);
    other.advance(1e9);
    expect([other.in(IIR), other.in(DATA), other.in(DATA)]).toEqual([0xcc, 0x62, 0x63]);
  });
});
