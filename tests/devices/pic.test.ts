import { beforeEach, describe, expect, it } from "vitest";
import { Pic } from "../../src/vmm/devices/pic/device.js";
import { Rig } from "./rig.js";

let rig: Rig;
let pic: Pic;
let ended: number[];
let intrEdges: boolean[];

/** ICW1 to 4 as every PC does it: vectors 0x20 and 0x28, everything unmasked. */
function initialize(icw4 = 0x01, icw1 = 0x11): void {
  rig.out(0x20, icw1);
  rig.out(0x21, 0x20, 0x04, icw4, 0);
  rig.out(0xa0, icw1);
  rig.out(0xa1, 0x28, 0x02, icw4, 0);
}

const raise = (...irqs: number[]) => {
  for (const irq of irqs) pic.setLine(irq, true);
};
const isr = () => {
  rig.out(0x20, 0x0b);
  return rig.in(0x20);
};
const irr = () => {
  rig.out(0x20, 0x0a);
  return rig.in(0x20);
};

beforeEach(() => {
  rig = new Rig();
  ended = [];
  intrEdges = [];
  pic = new Pic(
    (level) => intrEdges.push(level),
    (irq) => ended.push(irq),
  );
  pic.attach(rig.bus);
  initialize();
  intrEdges = [];
});

describe("8259A pair", () => {
  it("starts with everything masked, and its mask registers hold what is written before any ICW", () => {
    pic.reset();
    raise(0);
    expect([rig.in(0x21), rig.in(0xa1), pic.intr]).toEqual([0xff, 0xff, false]);
    rig.out(0x21, 0xfb);
    rig.out(0xa1, 0x5a);
    expect([rig.in(0x21), rig.in(0xa1)]).toEqual([0xfb, 0x5a]);
  });

  it("raises INTR for a request and gives its vector once", () => {
    raise(4);
    expect(pic.intr).toBe(true);
    expect(pic.acknowledge()).toBe(0x24);
    expect([pic.intr, isr(), irr()]).toEqual([false, 0x10, 0]);
    expect(intrEdges).toEqual([true, false]);
    expect(pic.metrics.acknowledged[4]).toBe(1);
  });

  it("holds back a masked request and keeps it", () => {
    rig.out(0x21, 0x10);
    raise(4);
    expect([pic.intr, irr()]).toEqual([false, 0x10]);
    rig.out(0x21, 0);
    expect(pic.acknowledge()).toBe(0x24);
  });

  it("delivers by priority, and lets only a higher one interrupt a service", () => {
    raise(5, 3);
    expect(pic.acknowledge()).toBe(0x23);
    expect(pic.intr).toBe(false);
    raise(1);
    expect(pic.acknowledge()).toBe(0x21);
    rig.out(0x20, 0x20);
    expect([isr(), pic.intr]).toEqual([0x08, false]);
    rig.out(0x20, 0x20);
    expect(pic.acknowledge()).toBe(0x25);
    expect(ended).toEqual([1, 3]);
  });

  it("needs a new edge for the next request in edge mode", () => {
    raise(4);
    pic.acknowledge();
    rig.out(0x20, 0x20);
    expect(pic.intr).toBe(false);
    pic.setLine(4, false);
    raise(4);
    expect(pic.intr).toBe(true);
  });

  it("drops an edge whose line falls before the acknowledge, and answers a late one with IRQ 7 without service", () => {
    raise(4);
    pic.setLine(4, false);
    expect(pic.intr).toBe(false);
    expect(pic.acknowledge()).toBe(0x27);
    expect([isr(), pic.metrics.spurious]).toEqual([0, 1]);
  });

  it("requests again after EOI while a level-triggered line is high (ELCR)", () => {
    rig.out(0x4d0, 0x20);
    rig.out(0x4d1, 0x08);
    raise(5);
    expect(pic.acknowledge()).toBe(0x25);
    rig.out(0x20, 0x20);
    expect(pic.acknowledge()).toBe(0x25);
    pic.setLine(5, false);
    rig.out(0x20, 0x20);
    expect(pic.intr).toBe(false);
    raise(11);
    expect(pic.acknowledge()).toBe(0x2b);
    rig.out(0xa0, 0x20);
    rig.out(0x20, 0x20);
    expect(pic.acknowledge()).toBe(0x2b);
  });

  it("keeps timer, keyboard, cascade, RTC and coprocessor edge triggered", () => {
    rig.out(0x4d0, 0xff);
    rig.out(0x4d1, 0xff);
    expect([rig.in(0x4d0), rig.in(0x4d1)]).toEqual([0xf8, 0xde]);
  });

  it("passes the slave's requests through IR2", () => {
    raise(8, 12);
    expect(pic.acknowledge()).toBe(0x28);
    expect(isr()).toBe(0x04);
    rig.out(0xa0, 0x0b);
    expect(rig.in(0xa0)).toBe(0x01);
    expect(pic.intr).toBe(false);
    rig.out(0xa0, 0x20);
    rig.out(0x20, 0x20);
    expect(pic.acknowledge()).toBe(0x2c);
    expect(ended).toEqual([8, 2]);
  });

  it("places the slave's requests between IRQ 1 and IRQ 3", () => {
    raise(3, 14, 1);
    expect([pic.acknowledge(), pic.intr]).toEqual([0x21, false]);
    rig.out(0x20, 0x20);
    expect(pic.acknowledge()).toBe(0x2e);
    rig.out(0xa0, 0x66);
    rig.out(0x20, 0x62);
    expect(pic.acknowledge()).toBe(0x23);
  });

  it("lets a slave interrupt itself only in special fully nested mode", () => {
    raise(12);
    pic.acknowledge();
    raise(9);
    expect(pic.intr).toBe(false);
    initialize(0x11);
    for (const irq of [9, 12]) pic.setLine(irq, false);
    raise(12);
    expect(pic.acknowledge()).toBe(0x2c);
    raise(9);
    expect(pic.acknowledge()).toBe(0x29);
  });

  it("ends a named level with a specific EOI", () => {
    raise(6);
    pic.acknowledge();
    raise(2, 0);
    pic.acknowledge();
    rig.out(0x20, 0x66);
    expect(isr()).toBe(0x01);
    expect(ended).toEqual([6]);
    rig.out(0x20, 0x66);
    expect(ended).toEqual([6]);
  });

  it("rotates on EOI: the level that was served becomes the lowest", () => {
    raise(3);
    pic.acknowledge();
    rig.out(0x20, 0xa0);
    raise(0, 4);
    expect(pic.acknowledge()).toBe(0x24);
  });

  it("sets the priorities by command", () => {
    rig.out(0x20, 0xc0 | 5);
    raise(0, 5, 6);
    expect(pic.acknowledge()).toBe(0x26);
    rig.out(0x20, 0x20);
    expect(pic.acknowledge()).toBe(0x20);
    rig.out(0x20, 0x20);
    expect(pic.acknowledge()).toBe(0x25);
  });

  it("ends by itself in AEOI mode, and rotates there if told to", () => {
    initialize(0x03);
    rig.out(0x20, 0x80);
    raise(3);
    expect(pic.acknowledge()).toBe(0x23);
    expect([isr(), ended]).toEqual([0, [3]]);
    pic.setLine(3, false);
    raise(3, 5);
    expect(pic.acknowledge()).toBe(0x25);
  });

  it("tells INTR again about the next of several requests of an AEOI slave", () => {
    initialize(0x03);
    raise(9, 10);
    expect([pic.acknowledge(), pic.intr]).toEqual([0x29, true]);
    expect(pic.acknowledge()).toBe(0x2a);
  });

  it("lets lower levels through a masked level in service in special mask mode", () => {
    raise(1);
    pic.acknowledge();
    raise(4);
    expect(pic.intr).toBe(false);
    rig.out(0x21, 0x02);
    rig.out(0x20, 0x68);
    expect(pic.acknowledge()).toBe(0x24);
    rig.out(0x20, 0x20);
    expect(isr()).toBe(0x02);
    rig.out(0x20, 0x48);
    raise(5);
    expect(pic.intr).toBe(false);
  });

  it("acknowledges by polling", () => {
    rig.out(0x20, 0x0c);
    expect(rig.in(0x20)).toBe(0);
    raise(6);
    rig.out(0x20, 0x0c);
    expect(rig.in(0x20)).toBe(0x86);
    expect([pic.intr, isr()]).toEqual([false, 0x40]);
  });

  it("forgets edges at ICW1 and delivers nothing before the last ICW", () => {
    raise(4);
    rig.out(0x20, 0x11);
    raise(5);
    rig.out(0x21, 0x40, 0x04);
    expect(pic.intr).toBe(false);
    rig.out(0x21, 0x01);
    expect(pic.acknowledge()).toBe(0x45);
    rig.out(0x20, 0x20);
    expect(pic.intr).toBe(false);
  });

  it("expects no ICW3 of a single chip, and then IR2 is an input like others", () => {
    rig.out(0x20, 0x13);
    rig.out(0x21, 0x30, 0x01, 0);
    raise(9);
    expect(pic.acknowledge()).toBe(0x32);
  });

  it("triggers by level with LTIM", () => {
    initialize(0x01, 0x19);
    raise(0);
    pic.acknowledge();
    rig.out(0x20, 0x20);
    expect(pic.intr).toBe(true);
    pic.setLine(0, false);
    expect(pic.intr).toBe(false);
  });

  it("goes on from a saved state", () => {
    raise(3, 9);
    pic.acknowledge();
    const copy = new Pic(
      () => {},
      () => {},
    );
    copy.restore(JSON.parse(JSON.stringify(pic.save())));
    expect(copy.intr).toBe(pic.intr);
    expect(copy.save()).toEqual(pic.save());
    expect(copy.acknowledge()).toBe(pic.acknowledge());
  });
});
