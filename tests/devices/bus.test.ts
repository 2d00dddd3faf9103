import { describe, expect, it } from "vitest";
import { PortBus, type PortDevice } from "../../src/vmm/devices/bus.js";

/** Remembers what reached it, and answers the low byte of the port. */
class Recorder implements PortDevice {
  readonly writes: [number, number][] = [];
  readPort(port: number): number {
    return port & 0xff;
  }
  writePort(port: number, value: number): void {
    this.writes.push([port, value]);
  }
}

describe("port bus", () => {
  it("reads all ones where nothing is", () => {
    const bus = new PortBus();
    expect([bus.read(0x80, 1), bus.read(0x80, 2), bus.read(0x80, 4)]).toEqual([0xff, 0xffff, 0xffffffff]);
    bus.write(0x80, 4, 0);
    expect(bus.metrics).toEqual({ reads: 3, writes: 1, absent: 4 });
  });

  it("splits wide accesses in bytes, lowest port first", () => {
    const bus = new PortBus();
    const device = new Recorder();
    bus.attach(0x40, 4, device);
    expect(bus.read(0x40, 4)).toBe(0x43424140);
    expect(bus.read(0x42, 4)).toBe(0xffff4342);
    bus.write(0x40, 2, 0xabcd);
    expect(device.writes).toEqual([
      [0x40, 0xcd],
      [0x41, 0xab],
    ]);
  });

  it("wraps around behind the last port", () => {
    const bus = new PortBus();
    bus.attach(0, 1, new Recorder());
    expect(bus.read(0xffff, 2)).toBe(0x00ff);
  });

  it("gives wide accesses whole to a device that takes them", () => {
    const bus = new PortBus();
    const bytes = new Recorder();
    const seen: number[][] = [];
    const wide = {
      readPort: () => 0x89abcdef | 0,
      writePort: (port: number, size: number, value: number) => void seen.push([port, size, value]),
    };
    bus.attach(0x1f0, 1, Object.assign(bytes, { wide }));
    expect(bus.read(0x1f0, 4)).toBe(0x89abcdef);
    bus.write(0x1f0, 2, 0x1234);
    expect(seen).toEqual([[0x1f0, 2, 0x1234]]);
    bus.write(0x1f0, 1, 0x12);
    expect(bytes.writes).toEqual([[0x1f0, 0x12]]);
  });

  it("passes over a byte-only device when a wide access crosses it", () => {
    const bus = new PortBus();
    const device = new Recorder();
    bus.attach(0xcf9, 1, device, "bytes");
    bus.write(0xcf8, 4, 0x80000600);
    expect(device.writes).toEqual([]);
    expect(bus.read(0xcf8, 4)).toBe(0xffffffff);
    expect(bus.read(0xcf9, 1)).toBe(0xf9);
  });

  it("refuses two devices on one port", () => {
    const bus = new PortBus();
    bus.attach(0x60, 1, new Recorder());
    expect(() => bus.attach(0x5f, 2, new Recorder())).toThrow(RangeError);
  });
});
