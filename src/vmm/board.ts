import { PortBus } from "./devices/bus.js";
import { CoprocessorError } from "./devices/coprocessor_error/device.js";
import { coprocessorErrorState } from "./devices/coprocessor_error/state.js";
import { DebugExit } from "./devices/debug_exit/device.js";
import { DebugPorts } from "./devices/debug_ports/device.js";
import { KeyboardController } from "./devices/keyboard_controller/device.js";
import { keyboardControllerState } from "./devices/keyboard_controller/state.js";
import { Pic } from "./devices/pic/device.js";
import { picState } from "./devices/pic/state.js";
import { Pit } from "./devices/pit/device.js";
import { pitState } from "./devices/pit/state.js";
import { Post } from "./devices/post/device.js";
import { postState } from "./devices/post/state.js";
import { ResetControl } from "./devices/reset_control/device.js";
import { resetControlState } from "./devices/reset_control/state.js";
import { Rtc } from "./devices/rtc/device.js";
import { rtcState } from "./devices/rtc/state.js";
import { list, type Saved, time, versioned } from "./devices/saved.js";
import { Serial } from "./devices/serial/device.js";
import { serialState } from "./devices/serial/state.js";
import { SystemControl } from "./devices/system_control/device.js";
import { systemControlState } from "./devices/system_control/state.js";
import type { Clock } from "./time/clock.js";
import type { Timers } from "./time/timers.js";

/** What has reset a machine. The first three come from the board, a triple fault from the processor and a request from outside. */
export type ResetCause = "keyboard_controller" | "port_92" | "port_cf9" | "triple_fault" | "request";

const TIMER_IRQ = 0;
const KEYBOARD_IRQ = 1;
const RTC_IRQ = 8;
const AUX_IRQ = 12;
const COPROCESSOR_IRQ = 13;
/** COM1 and COM2. */
const SERIAL_PORTS = [
  { base: 0x3f8, irq: 4 },
  { base: 0x2f8, irq: 3 },
];

/** What test programs report through, and no PC has. */
export interface DebugWiring {
  /** A write to port 0xF4, in the middle of an OUT: the machine ends with this exit code after that instruction. Absent: there is no such port. */
  onExit?: (code: number) => void;
  ports: readonly number[];
  /** A byte that was written to one of `ports`; at most one an access. */
  onByte: (byte: number) => void;
}

export interface BoardWiring {
  clock: Clock;
  timers: Timers;
  /** Guest RAM, for the sizes in NVRAM. */
  memoryBytes: number;
  /** Milliseconds since 1970, UTC: asked once, at construction. A fixed number makes a deterministic machine. */
  wallClockMs: () => number;
  /** A byte that the guest sends on a serial port (0 = COM1, 1 = COM2). */
  serialSink: (port: number, byte: number) => void;
  /** The guest has read what its UART had: `serial[port].receive` would take more, and may be called from here. */
  serialRoom: (port: number) => void;
  /** The guest asks for a reset, in the middle of an OUT: the machine calls `reset` after that instruction. */
  onReset: (cause: ResetCause) => void;
  onA20: (enabled: boolean) => void;
  /** Level of the processor's INTR pin. */
  onIntr: (asserted: boolean) => void;
  /** Level of the processor's IGNNE# pin, active. Its FERR# is `coprocessorError.setError`. */
  onIgnne: (asserted: boolean) => void;
  debug?: DebugWiring;
}

export const boardState = versioned(1, {
  /** Guest time at which the board was saved. */
  nowNs: time,
  pic: picState,
  pit: pitState,
  serial: list(serialState, SERIAL_PORTS.length),
  rtc: rtcState,
  keyboardController: keyboardControllerState,
  systemControl: systemControlState,
  resetControl: resetControlState,
  post: postState,
  coprocessorError: coprocessorErrorState,
});
export type BoardState = Saved<typeof boardState>;

/**
 * The devices of the machine, on their ports and lines: a PC/AT with the system control ports of the PS/2, without PCI. There is no firmware: a new
 * or reset board is as one would leave it (vectors 0x08 and 0x70, every interrupt masked, timer at 18.2 Hz, A20 open).
 */
export class Board {
  readonly ports = new PortBus();
  readonly pic: Pic;
  readonly pit: Pit;
  readonly serial: readonly Serial[];
  readonly rtc: Rtc;
  readonly keyboardController: KeyboardController;
  readonly systemControl: SystemControl;
  readonly resetControl: ResetControl;
  readonly post: Post;
  readonly coprocessorError: CoprocessorError;
  readonly #wiring: BoardWiring;
  #a20 = true;

  constructor(wiring: BoardWiring) {
    this.#wiring = wiring;
    const { clock, timers, memoryBytes, wallClockMs } = wiring;
    const onA20 = () => this.#updateA20();
    this.pic = new Pic(wiring.onIntr, (irq) => {
      if (irq === TIMER_IRQ) this.pit.onEoi();
    });
    this.pit = new Pit({ clock, timers, irq: this.pic.line(TIMER_IRQ), requested: () => this.pic.requested(TIMER_IRQ) });
    this.serial = SERIAL_PORTS.map(({ irq }, port) => {
      const transmit = (byte: number) => wiring.serialSink(port, byte);
      return new Serial({ clock, timers, irq: this.pic.line(irq), transmit, onRoom: () => wiring.serialRoom(port) });
    });
    this.rtc = new Rtc({ clock, timers, irq: this.pic.line(RTC_IRQ), wallClockMs, memoryBytes });
    this.keyboardController = new KeyboardController({
      keyboardIrq: this.pic.line(KEYBOARD_IRQ),
      auxIrq: this.pic.line(AUX_IRQ),
      onReset: () => wiring.onReset("keyboard_controller"),
      onA20,
    });
    this.systemControl = new SystemControl({ timer: this.pit, onReset: () => wiring.onReset("port_92"), onA20 });
    this.resetControl = new ResetControl(() => wiring.onReset("port_cf9"));
    this.post = new Post();
    this.coprocessorError = new CoprocessorError({ irq: this.pic.line(COPROCESSOR_IRQ), onIgnore: wiring.onIgnne });

    for (const device of this.#onFixedPorts) device.attach(this.ports);
    SERIAL_PORTS.forEach(({ base }, port) => {
      this.serial[port].attach(this.ports, base);
    });
    const { debug } = wiring;
    if (debug?.onExit) new DebugExit(debug.onExit).attach(this.ports);
    if (debug) new DebugPorts(debug.ports, debug.onByte).attach(this.ports);
  }

  /** Whether address line 20 passes: either of its two gates is open. Open at first. */
  get a20(): boolean {
    return this.#a20;
  }

  /** What the devices count, cumulative; live objects, to be read and not changed. */
  get metrics() {
    return {
      ports: this.ports.metrics,
      pic: this.pic.metrics,
      pit: this.pit.metrics,
      serial: this.serial.map((serial) => serial.metrics),
    };
  }

  /** The reset line: everything but the RTC's time and NVRAM. The interrupt controllers come last, so that no edge of a reset stays latched. */
  reset(): void {
    for (const serial of this.serial) serial.reset();
    for (const device of this.#onFixedPorts) device.reset();
  }

  /** The machine pauses: timer ticks that it still owed the guest are dropped. */
  pause(): void {
    this.pit.forgetLostTicks();
  }

  /** Changes nothing; a state is plain data. */
  save(): BoardState {
    return {
      version: 1,
      nowNs: this.#wiring.clock.now(),
      pic: this.pic.save(),
      pit: this.pit.save(),
      serial: this.serial.map((serial) => serial.save()),
      rtc: this.rtc.save(),
      keyboardController: this.keyboardController.save(),
      systemControl: this.systemControl.save(),
      resetControl: this.resetControl.save(),
      post: this.post.save(),
      coprocessorError: this.coprocessorError.save(),
    };
  }

  /**
   * Goes on from a saved state, of unknown origin: it is checked first. The clock must have been set to its `nowNs`. Tells the levels of INTR,
   * IGNNE# and A20. Throws SavedStateError, and has then changed nothing.
   */
  restore(saved: unknown): void {
    const state = boardState(saved, "board");
    this.pic.restore(state.pic);
    this.pit.restore(state.pit);
    this.serial.forEach((serial, port) => {
      serial.restore(state.serial[port]);
    });
    this.rtc.restore(state.rtc);
    this.keyboardController.restore(state.keyboardController);
    this.systemControl.restore(state.systemControl);
    this.resetControl.restore(state.resetControl);
    this.post.restore(state.post);
    this.coprocessorError.restore(state.coprocessorError);
    this.#a20 = this.#gate;
    this.#wiring.onA20(this.#a20);
    this.#wiring.onIntr(this.pic.intr);
    this.#wiring.onIgnne(this.coprocessorError.ignored);
  }

  get #onFixedPorts() {
    const { pit, rtc, keyboardController, systemControl, resetControl, post, coprocessorError, pic } = this;
    return [pit, rtc, keyboardController, systemControl, resetControl, post, coprocessorError, pic];
  }

  get #gate(): boolean {
    return this.keyboardController.a20 || this.systemControl.a20;
  }

  #updateA20(): void {
    const enabled = this.#gate;
    if (enabled === this.#a20) return;
    this.#a20 = enabled;
    this.#wiring.onA20(enabled);
  }
}
