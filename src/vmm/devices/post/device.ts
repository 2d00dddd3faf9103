import type { PortBus, PortDevice } from "../bus.js";
import type { PostState } from "./state.js";

const PORT = 0x80;

/** The diagnostics port, where firmware leaves how far it got. Kernels write it to pass time; as on a PC (a spare DMA page register) it keeps the byte. */
export class Post implements PortDevice {
  /** The last byte written. */
  code = 0;

  attach(bus: PortBus): void {
    bus.attach(PORT, 1, this);
  }

  reset(): void {
    this.code = 0;
  }

  readPort(): number {
    return this.code;
  }

  writePort(_port: number, value: number): void {
    this.code = value;
  }

  save(): PostState {
    return { version: 1, code: this.code };
  }

  restore(state: PostState): void {
    this.code = state.code;
  }
}
