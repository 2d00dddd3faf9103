import type { PortBus, PortDevice, WidePorts } from "../bus.js";

const PORT = 0xf4;

/**
 * The port by which a test program ends its machine with a verdict: a write of `value`, of any size, ends it with exit code `(value << 1) | 1` in
 * eight bits, as QEMU's isa-debug-exit does. Never 0, so that it can't be taken for a power-off. Has no state: there is none after a write.
 */
export class DebugExit implements PortDevice {
  readonly wide: WidePorts = {
    readPort: (_port, size) => (size === 2 ? 0xffff : 0xffff_ffff),
    writePort: (_port, _size, value) => this.#exit(value),
  };
  readonly #onExit: (code: number) => void;

  /** The exit code, in the middle of an OUT: the machine ends after that instruction. */
  constructor(onExit: (code: number) => void) {
    this.#onExit = onExit;
  }

  attach(bus: PortBus): void {
    bus.attach(PORT, 1, this);
  }

  readPort(): number {
    return 0xff;
  }

  writePort(_port: number, value: number): void {
    this.#exit(value);
  }

  #exit(value: number): void {
    this.#onExit(((value << 1) | 1) & 0xff);
  }
}
