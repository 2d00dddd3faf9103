import type { PortBus, PortDevice } from "../bus.js";
import type { InterruptLine } from "../line.js";
import { Keyboard } from "./keyboard.js";
import { DELETE, type Key, LEFT_ALT, LEFT_CTRL, translate } from "./scan_codes.js";
import { type KeyboardControllerState, NONE } from "./state.js";

const DATA = 0x60;
const COMMAND = 0x64;

/** Status register. The input buffer is never full: every byte is taken at once. */
const OUTPUT_FULL = 0x01;
const SYSTEM = 0x04;
const LAST_WAS_COMMAND = 0x08;
const UNLOCKED = 0x10;
const AUX_OUTPUT = 0x20;
const TIMEOUT = 0x40;

/** Command byte. */
const KEYBOARD_INTERRUPT = 0x01;
const AUX_INTERRUPT = 0x02;
const SYSTEM_FLAG = 0x04;
const KEYBOARD_DISABLED = 0x10;
const AUX_DISABLED = 0x20;
const TRANSLATE = 0x40;

/** Output port. The bit of the reset line is low to reset. */
const NO_RESET = 0x01;
const A20 = 0x02;
const OUTPUT_PORT_KEYBOARD = 0x10;
const OUTPUT_PORT_AUX = 0x20;

/** Controller commands that take a byte from port 0x60; so do those that write memory, 0x60 to 0x7f. */
const WRITE_OUTPUT_PORT = 0xd1;
const WRITE_KEYBOARD_OUTPUT = 0xd2;
const WRITE_AUX_OUTPUT = 0xd3;
const WRITE_AUX = 0xd4;

const BREAK = 0xf0;

export interface KeyboardControllerWiring {
  /** IRQ 1 and IRQ 12. */
  keyboardIrq: InterruptLine;
  auxIrq: InterruptLine;
  /** The reset line was pulled. */
  onReset: () => void;
  /** The A20 bit of the output port may have changed: read `a20`. */
  onA20: () => void;
}

/**
 * The 8042 keyboard controller of the PS/2, with a keyboard. Its auxiliary port works (loopback, interrupt, enable) and has nothing plugged in:
 * what is sent there is answered as by the original, with 0xfe and the timeout bit, so that drivers find out without waiting.
 */
export class KeyboardController implements PortDevice {
  readonly #wiring: KeyboardControllerWiring;
  readonly #keyboard = new Keyboard();
  readonly #ram = new Uint8Array(32);
  #output = 0;
  #status = 0;
  #outputPort = 0;
  #command = NONE;
  #breaking = false;

  constructor(wiring: KeyboardControllerWiring) {
    this.#wiring = wiring;
    this.#initialize();
  }

  attach(bus: PortBus): void {
    bus.attach(DATA, 1, this);
    bus.attach(COMMAND, 1, this);
  }

  reset(): void {
    this.#initialize();
    this.#drive();
    this.#wiring.onA20();
  }

  /** Level of the A20 gate. */
  get a20(): boolean {
    return (this.#outputPort & A20) !== 0;
  }

  get leds(): number {
    return this.#keyboard.leds;
  }

  /** A key goes down, or repeats. Returns false, and nothing happens, when the guest doesn't take keys or hasn't read the last ones. */
  keyDown(key: Key): boolean {
    return this.#keys({ key, down: true });
  }

  keyUp(key: Key): boolean {
    return this.#keys({ key, down: false });
  }

  ctrlAltDel(): boolean {
    const down = [LEFT_CTRL, LEFT_ALT, DELETE].map((key) => ({ key, down: true }));
    const up = [DELETE, LEFT_ALT, LEFT_CTRL].map((key) => ({ key, down: false }));
    return this.#keys(...down, ...up);
  }

  readPort(port: number): number {
    if (port === COMMAND) return this.#status;
    const output = this.#output;
    this.#status &= ~(OUTPUT_FULL | AUX_OUTPUT | TIMEOUT);
    // The interrupt falls before the next byte raises it: every byte has its edge.
    this.#drive();
    this.#fill();
    return output;
  }

  writePort(port: number, value: number): void {
    if (port === COMMAND) {
      this.#status |= LAST_WAS_COMMAND;
      this.#command = NONE;
      this.#writeCommand(value);
    } else {
      this.#status &= ~LAST_WAS_COMMAND;
      const command = this.#command;
      this.#command = NONE;
      if (command === NONE) {
        // A byte for the keyboard turns its interface on.
        this.#ram[0] &= ~KEYBOARD_DISABLED;
        this.#keyboard.write(value);
      } else {
        this.#writeParameter(command, value);
      }
    }
    this.#fill();
    this.#drive();
  }

  save(): KeyboardControllerState {
    return {
      version: 1,
      ram: Array.from(this.#ram),
      output: this.#output,
      status: this.#status,
      outputPort: this.#outputPort,
      command: this.#command,
      breaking: this.#breaking,
      keyboard: this.#keyboard.save(),
    };
  }

  restore(state: KeyboardControllerState): void {
    this.#ram.set(state.ram);
    this.#output = state.output;
    this.#status = state.status;
    this.#outputPort = state.outputPort;
    this.#command = state.command;
    this.#breaking = state.breaking;
    this.#keyboard.restore(state.keyboard);
  }

  /** As firmware leaves it: tested, translating, keyboard on with its interrupt, auxiliary port off, A20 open. */
  #initialize(): void {
    this.#keyboard.reset();
    this.#ram.fill(0);
    this.#ram[0] = TRANSLATE | AUX_DISABLED | SYSTEM_FLAG | KEYBOARD_INTERRUPT;
    this.#output = 0;
    this.#status = UNLOCKED | SYSTEM;
    this.#outputPort = NO_RESET | A20;
    this.#command = NONE;
    this.#breaking = false;
  }

  #keys(...changes: { key: Key; down: boolean }[]): boolean {
    if (!this.#keyboard.keys(...changes)) return false;
    this.#fill();
    return true;
  }

  #writeCommand(value: number): void {
    if (value >= 0xf0) {
      // Pulses the lines of the output port whose bits are 0; only that of reset leads anywhere.
      if ((value & NO_RESET) === 0) this.#wiring.onReset();
      return;
    }
    if (value >= 0x20 && value < 0x40) {
      this.#put(this.#ram[value & 31]);
      return;
    }
    if (value >= 0x60 && value < 0x80) {
      this.#command = value;
      return;
    }
    switch (value) {
      case 0xa4: // Password: none installed
        this.#put(0xf1);
        break;
      case 0xa7:
        this.#ram[0] |= AUX_DISABLED;
        break;
      case 0xa8:
        this.#ram[0] &= ~AUX_DISABLED;
        break;
      case 0xa9: // Interface test of the auxiliary port
      case 0xab: // and of the keyboard
        this.#put(0x00);
        break;
      case 0xaa: // Self-test
        this.#status |= SYSTEM;
        this.#put(0x55);
        break;
      case 0xad:
        this.#ram[0] |= KEYBOARD_DISABLED;
        break;
      case 0xae:
        this.#ram[0] &= ~KEYBOARD_DISABLED;
        break;
      case 0xc0: // Input port: keyboard not locked, no manufacturing jumper
        this.#put(0xa0);
        break;
      case 0xd0:
        this.#put(this.#readOutputPort());
        break;
      case WRITE_OUTPUT_PORT:
      case WRITE_KEYBOARD_OUTPUT:
      case WRITE_AUX_OUTPUT:
      case WRITE_AUX:
        this.#command = value;
        break;
      case 0xdd:
        this.#writeOutputPort(this.#outputPort & ~A20);
        break;
      case 0xdf:
        this.#writeOutputPort(this.#outputPort | A20);
        break;
      case 0xe0: // Test inputs: both lines of the keyboard are low
        this.#put(0x00);
        break;
      default: // Others did nothing on the original either, or belonged to later makers
        break;
    }
  }

  #writeParameter(command: number, value: number): void {
    switch (command) {
      case WRITE_OUTPUT_PORT:
        this.#writeOutputPort(value);
        break;
      case WRITE_KEYBOARD_OUTPUT:
        this.#put(value);
        break;
      case WRITE_AUX_OUTPUT:
        this.#put(value, AUX_OUTPUT);
        break;
      case WRITE_AUX:
        this.#put(0xfe, AUX_OUTPUT | TIMEOUT);
        break;
      default:
        this.#ram[command & 31] = value;
        if (command === 0x60) this.#status = (this.#status & ~SYSTEM) | ((value & SYSTEM_FLAG) === 0 ? 0 : SYSTEM);
    }
  }

  #readOutputPort(): number {
    const full = (this.#status & OUTPUT_FULL) !== 0;
    const aux = (this.#status & AUX_OUTPUT) !== 0;
    const lines = full ? (aux ? OUTPUT_PORT_AUX : OUTPUT_PORT_KEYBOARD) : 0;
    return (this.#outputPort & ~(OUTPUT_PORT_KEYBOARD | OUTPUT_PORT_AUX)) | lines;
  }

  #writeOutputPort(value: number): void {
    this.#outputPort = value | NO_RESET;
    this.#wiring.onA20();
    if ((value & NO_RESET) === 0) this.#wiring.onReset();
  }

  /** Puts a byte in the output buffer, over what may be there. */
  #put(value: number, flags = 0): void {
    this.#output = value;
    this.#status = (this.#status & ~(AUX_OUTPUT | TIMEOUT)) | OUTPUT_FULL | flags;
  }

  /** Takes the keyboard's next byte, if there is room for it. */
  #fill(): void {
    while ((this.#status & OUTPUT_FULL) === 0 && (this.#ram[0] & KEYBOARD_DISABLED) === 0) {
      const code = this.#keyboard.shift();
      if (code < 0) return;
      this.#receive(code);
    }
  }

  #receive(code: number): void {
    if ((this.#ram[0] & TRANSLATE) === 0) {
      this.#put(code);
    } else if (code === BREAK) {
      this.#breaking = true;
    } else {
      this.#put(translate(code) | (this.#breaking ? 0x80 : 0));
      this.#breaking = false;
    }
    this.#drive();
  }

  #drive(): void {
    const full = (this.#status & OUTPUT_FULL) !== 0;
    const aux = (this.#status & AUX_OUTPUT) !== 0;
    this.#wiring.keyboardIrq(full && !aux && (this.#ram[0] & KEYBOARD_INTERRUPT) !== 0);
    this.#wiring.auxIrq(full && aux && (this.#ram[0] & AUX_INTERRUPT) !== 0);
  }
}
