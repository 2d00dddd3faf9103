import type { PortBus, PortDevice } from "../bus.js";
import type { ResetControlState } from "./state.js";

const PORT = 0xcf9;
/** Which kind of reset, hard or full; and the bit that triggers it when it rises. Every kind resets the whole machine here. */
const SYSTEM_RESET = 0x02;
const RESET_CPU = 0x04;
const FULL_RESET = 0x08;

/** The chipset's reset control register. Byte accesses only: wider ones at 0xcf8 are those of PCI configuration. */
export class ResetControl implements PortDevice {
  readonly #onReset: () => void;
  #register = 0;

  constructor(onReset: () => void) {
    this.#onReset = onReset;
  }

  attach(bus: PortBus): void {
    bus.attach(PORT, 1, this, "bytes");
  }

  reset(): void {
    this.#register = 0;
  }

  readPort(): number {
    return this.#register;
  }

  writePort(_port: number, value: number): void {
    const resets = (value & ~this.#register & RESET_CPU) !== 0;
    this.#register = value & (SYSTEM_RESET | RESET_CPU | FULL_RESET);
    if (resets) this.#onReset();
  }

  save(): ResetControlState {
    return { version: 1, register: this.#register };
  }

  restore(state: ResetControlState): void {
    this.#register = state.register;
  }
}
