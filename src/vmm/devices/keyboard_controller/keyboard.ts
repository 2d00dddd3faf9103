import { type Key, scanCodes } from "./scan_codes.js";
import { type KeyboardState, NONE, QUEUE_SIZE } from "./state.js";

/** Answers and commands of the IBM PS/2 keyboard. */
const ACK = 0xfa;
const RESEND = 0xfe;
const BAT_PASSED = 0xaa;
const SET_LEDS = 0xed;
const ECHO = 0xee;
const SCAN_CODE_SET = 0xf0;
const IDENTIFY = 0xf2;
const SET_TYPEMATIC = 0xf3;
const ENABLE = 0xf4;
const DISABLE = 0xf5;
const DEFAULTS = 0xf6;
/** 0xf7 to 0xfa set the key types of set 3 for all keys, 0xfb to 0xfd for the keys that follow. */
const ALL_KEY_TYPES = 0xf7;
const KEY_TYPES = 0xfb;
const RESET = 0xff;

/** 10.9 characters a second after half a second. */
const DEFAULT_TYPEMATIC = 0x2b;

/**
 * An MF2 keyboard. It answers at once. It doesn't repeat keys by itself (whoever holds one down has a keyboard that does, and sends the make
 * code again), and in set 3 every key makes, repeats and breaks.
 */
export class Keyboard {
  #queue: number[] = [];
  #scanning = true;
  #scanCodeSet = 2;
  #leds = 0;
  #typematic = DEFAULT_TYPEMATIC;
  #command = NONE;
  #last = 0;

  /** The next byte for the controller, -1 when there is none. */
  shift(): number {
    const byte = this.#queue.shift();
    if (byte === undefined) return -1;
    this.#last = byte;
    return byte;
  }

  /** Scroll Lock, Num Lock and Caps Lock in bits 0 to 2. */
  get leds(): number {
    return this.#leds;
  }

  /** Keys that go down or up together: all are taken or, when the guest doesn't scan or hasn't read what came before, none. */
  keys(...changes: { key: Key; down: boolean }[]): boolean {
    const codes = changes.flatMap(({ key, down }) => scanCodes(key, down, this.#scanCodeSet));
    if (!this.#scanning || this.#queue.length + codes.length > QUEUE_SIZE) return false;
    this.#queue.push(...codes);
    return true;
  }

  /** A byte from the controller. */
  write(value: number): void {
    // Where a parameter is due, a command is nevertheless a command.
    const command = value >= SET_LEDS ? NONE : this.#command;
    this.#command = NONE;
    if (command === NONE) this.#writeCommand(value);
    else this.#writeParameter(command, value);
  }

  reset(): void {
    this.#defaults();
    this.#leds = 0;
    this.#command = NONE;
    this.#last = 0;
  }

  save(): KeyboardState {
    return {
      queue: [...this.#queue],
      scanning: this.#scanning,
      scanCodeSet: this.#scanCodeSet,
      leds: this.#leds,
      typematic: this.#typematic,
      command: this.#command,
      last: this.#last,
    };
  }

  restore(state: KeyboardState): void {
    this.#queue = [...state.queue];
    this.#scanning = state.scanning;
    this.#scanCodeSet = state.scanCodeSet;
    this.#leds = state.leds;
    this.#typematic = state.typematic;
    this.#command = state.command;
    this.#last = state.last;
  }

  #writeCommand(value: number): void {
    switch (value) {
      case SET_LEDS:
      case SCAN_CODE_SET:
      case SET_TYPEMATIC:
        this.#command = value;
        this.#answer(ACK);
        return;
      case ECHO:
        this.#answer(ECHO);
        return;
      case IDENTIFY:
        this.#answer(ACK, 0xab, 0x83);
        return;
      case ENABLE:
        this.#queue = [];
        this.#scanning = true;
        this.#answer(ACK);
        return;
      case DISABLE:
      case DEFAULTS:
        this.#defaults();
        this.#scanning = value === DEFAULTS;
        this.#answer(ACK);
        return;
      case RESEND:
        this.#answer(this.#last);
        return;
      case RESET:
        this.reset();
        this.#answer(ACK, BAT_PASSED);
        return;
      default:
        if (value < ALL_KEY_TYPES) {
          this.#answer(RESEND);
          return;
        }
        if (value >= KEY_TYPES) this.#command = value;
        this.#answer(ACK);
    }
  }

  #writeParameter(command: number, value: number): void {
    switch (command) {
      case SET_LEDS:
        this.#leds = value & 7;
        break;
      case SET_TYPEMATIC:
        this.#typematic = value & 0x7f;
        break;
      case SCAN_CODE_SET:
        if (value > 3) {
          this.#answer(RESEND);
          return;
        }
        if (value === 0) {
          this.#answer(ACK, this.#scanCodeSet);
          return;
        }
        this.#scanCodeSet = value;
        break;
      default:
        // Key types: more keys may follow, until a command does.
        this.#command = command;
    }
    this.#answer(ACK);
  }

  /** What doesn't fit is lost: a guest that writes and never reads. */
  #answer(...bytes: number[]): void {
    if (this.#queue.length + bytes.length <= QUEUE_SIZE) this.#queue.push(...bytes);
  }

  #defaults(): void {
    this.#queue = [];
    this.#scanning = true;
    this.#scanCodeSet = 2;
    this.#typematic = DEFAULT_TYPEMATIC;
  }
}
