import type { PortBus, PortDevice } from "../bus.js";

/** What Bochs and QEMU let the port read, by which firmware finds out that somebody listens. */
const READBACK = 0xe9;

/**
 * Ports whose bytes somebody outside wants to see: 0xE9 of Bochs and QEMU, 0x402 of SeaBIOS, a POST port. A device that already is on such a port
 * (the diagnostics port 0x80, say) keeps it, and is overheard. Has no state.
 */
export class DebugPorts implements PortDevice {
  readonly #ports: ReadonlySet<number>;
  readonly #onByte: (byte: number) => void;

  constructor(ports: Iterable<number>, onByte: (byte: number) => void) {
    this.#ports = new Set(ports);
    this.#onByte = onByte;
  }

  /** After all other devices. */
  attach(bus: PortBus): void {
    for (const port of this.#ports) {
      bus.overhear(port, this.#onByte);
      if (bus.vacant(port)) bus.attach(port, 1, this);
    }
  }

  readPort(): number {
    return READBACK;
  }

  /** The bus has told what was written. */
  writePort(): void {}
}
