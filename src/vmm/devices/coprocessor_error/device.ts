import type { PortBus, PortDevice } from "../bus.js";
import type { InterruptLine } from "../line.js";
import type { CoprocessorErrorState } from "./state.js";

const PORT = 0xf0;

export interface CoprocessorErrorWiring {
  /** IRQ 13. */
  irq: InterruptLine;
  /** The processor's IGNNE# pin. */
  onIgnore: InterruptLine;
}

/**
 * The chipset's part in reporting x87 exceptions the PC/AT way, with CR0.NE clear (SDM vol. 1, appendix D.2.1): FERR# is latched as IRQ 13. The handler
 * writes port 0xF0, whatever value, which ends the request and asserts IGNNE# for as long as FERR# stays, so that the handler can use the x87.
 */
export class CoprocessorError implements PortDevice {
  readonly #wiring: CoprocessorErrorWiring;
  /** Level of FERR#, active. */
  #error = false;
  #requested = false;
  #ignored = false;

  constructor(wiring: CoprocessorErrorWiring) {
    this.#wiring = wiring;
  }

  attach(bus: PortBus): void {
    bus.attach(PORT, 1, this);
  }

  reset(): void {
    this.#error = false;
    this.#request(false);
    this.#ignore(false);
  }

  /** Level of IGNNE#, active. */
  get ignored(): boolean {
    return this.#ignored;
  }

  /** The processor drives FERR#. */
  setError(active: boolean): void {
    if (active === this.#error) return;
    this.#error = active;
    if (active) this.#request(true);
    else this.#ignore(false);
  }

  readPort(): number {
    return 0xff;
  }

  writePort(): void {
    this.#request(false);
    if (this.#error) this.#ignore(true);
  }

  save(): CoprocessorErrorState {
    return { version: 1, error: this.#error, requested: this.#requested, ignored: this.#ignored };
  }

  /** Drives no output: the interrupt controller and the board have states of their own. */
  restore(state: CoprocessorErrorState): void {
    this.#error = state.error;
    this.#requested = state.requested;
    this.#ignored = state.ignored;
  }

  #request(active: boolean): void {
    if (active === this.#requested) return;
    this.#requested = active;
    this.#wiring.irq(active);
  }

  #ignore(active: boolean): void {
    if (active === this.#ignored) return;
    this.#ignored = active;
    this.#wiring.onIgnore(active);
  }
}
