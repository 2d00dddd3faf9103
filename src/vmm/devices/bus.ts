/** A device on the I/O ports, 8 bits wide. Addresses are whole port numbers; values 0 to 0xff. */
export interface PortDevice {
  readPort(port: number): number;
  writePort(port: number, value: number): void;
  /** Present when the device also takes 16- and 32-bit accesses whole; without it they arrive as bytes, lowest port first. */
  readonly wide?: WidePorts;
}

export interface WidePorts {
  readPort(port: number, size: 2 | 4): number;
  writePort(port: number, size: 2 | 4, value: number): void;
}

/** `bytes`: the device answers only true byte accesses, and is passed over when a wider one crosses its port. */
export type Decode = "any" | "bytes";

export type AccessSize = 1 | 2 | 4;

/** Accesses since the bus was made. A split access counts once. */
export interface BusMetrics {
  reads: number;
  writes: number;
  /** Those of both that began at a port where nothing answers. */
  absent: number;
}

/** The 65,536 I/O ports. Where no device is, reads give all ones and writes are lost: that is how guests find out what there is. */
export class PortBus {
  readonly metrics: BusMetrics = { reads: 0, writes: 0, absent: 0 };
  /** Index into #devices for every port, 0 where nothing is. */
  readonly #claims = new Uint8Array(0x10000);
  readonly #devices: { device: PortDevice; decode: Decode }[] = [];
  readonly #listeners = new Map<number, (byte: number) => void>();

  /** Puts `device` on `count` ports from `first`. Throws RangeError when one of them is taken. */
  attach(first: number, count: number, device: PortDevice, decode: Decode = "any"): void {
    const claim = this.#devices.push({ device, decode });
    for (let port = first; port < first + count; port++) {
      if (this.#claims[port] !== 0) throw new RangeError(`port 0x${port.toString(16)} is taken`);
      this.#claims[port] = claim;
    }
  }

  /** Whether nothing answers at a port. */
  vacant(port: number): boolean {
    return this.#claims[port] === 0;
  }

  /** `onByte` hears what is written to a port, before the device there, if any: one byte an access, the lowest of a wide one that begins there. */
  overhear(port: number, onByte: (byte: number) => void): void {
    this.#listeners.set(port, onByte);
  }

  /** IN: an unsigned value of `size` bytes. */
  read(port: number, size: AccessSize): number {
    this.metrics.reads++;
    const device = this.#deviceAt(port);
    if (device === undefined) this.metrics.absent++;
    if (size === 1) return device === undefined ? 0xff : device.readPort(port) & 0xff;
    if (device?.wide !== undefined) return device.wide.readPort(port, size) >>> 0;
    let value = 0;
    for (let i = 0; i < size; i++) value += this.#readPart((port + i) & 0xffff) * 2 ** (8 * i);
    return value;
  }

  /** OUT: the low `size` bytes of `value`. */
  write(port: number, size: AccessSize, value: number): void {
    this.metrics.writes++;
    if (this.#listeners.size > 0) this.#listeners.get(port)?.(value & 0xff);
    const device = this.#deviceAt(port);
    if (device === undefined) this.metrics.absent++;
    if (size === 1) device?.writePort(port, value & 0xff);
    else if (device?.wide !== undefined) device.wide.writePort(port, size, value);
    else for (let i = 0; i < size; i++) this.#writePart((port + i) & 0xffff, (value >>> (8 * i)) & 0xff);
  }

  #deviceAt(port: number): PortDevice | undefined {
    const claim = this.#claims[port];
    return claim === 0 ? undefined : this.#devices[claim - 1].device;
  }

  #readPart(port: number): number {
    const claim = this.#claims[port];
    if (claim === 0 || this.#devices[claim - 1].decode === "bytes") return 0xff;
    return this.#devices[claim - 1].device.readPort(port) & 0xff;
  }

  #writePart(port: number, value: number): void {
    const claim = this.#claims[port];
    if (claim !== 0 && this.#devices[claim - 1].decode !== "bytes") this.#devices[claim - 1].device.writePort(port, value);
  }
}
