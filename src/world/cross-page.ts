import { ByteRing } from "./byte-ring.js";
import { SWITCH_TIMES_BYTES, SwitchTimes } from "./switch-times.js";

/** Words of the cross page, as indices of 32-bit integers. */
export const Word = {
  /** Incremented by the host, notified: whatever the VMM rests for, it should look again. */
  wake: 0,
  /** Incremented by the VMM, notified: the host should look. */
  doorbell: 1,
  /** 1 while the VMM waits for the answer to a question. */
  hostTurn: 2,
  /** Index into leaveReasons of that question. */
  question: 3,
  /** Bytes of the message in the text area: the question's, then the answer's. */
  textLength: 4,
  /** 1 while the VMM rests because an output ring is too full. */
  throttled: 5,
  /** First of the words of the rings: head and tail of the command ring, of output and input of each port, of debug output. */
  rings: 8,
} as const;

export const SERIAL_PORTS = 2;
/** What the guest writes ahead of the host; then it waits. */
export const OUTPUT_RING_BYTES = 128 * 1024;
export const INPUT_RING_BYTES = 64 * 1024;
const COMMAND_RING_BYTES = 64;
const WORDS_BYTES = 128;
const TEXT_BYTES = 16 * 1024;
/** Numbers of one sample of statistics. What they mean is between the two sides. */
const SAMPLE_NUMBERS = 64;

/**
 * The fixed-layout shared memory through which every switch between host and VMM passes. It is the only memory that both sides' program code
 * shares, apart from the guest's memory, which the host touches only while it loads an image.
 */
export class CrossPage {
  readonly words: Int32Array;
  readonly commands: ByteRing;
  readonly output: readonly ByteRing[];
  readonly input: readonly ByteRing[];
  /** Bytes of debug ports. */
  readonly debug: ByteRing;
  readonly times: SwitchTimes;
  readonly sample: Float64Array;
  private readonly text: Uint8Array;

  /** Over an existing page, or over a new one. */
  constructor(readonly buffer: SharedArrayBuffer = new SharedArrayBuffer(layout.bytes)) {
    this.words = new Int32Array(buffer, 0, WORDS_BYTES / 4);
    const ring = (n: number, offset: number, bytes: number) =>
      new ByteRing(this.words, Word.rings + 2 * n, Word.rings + 2 * n + 1, new Uint8Array(buffer, offset, bytes));
    this.commands = ring(0, layout.commands, COMMAND_RING_BYTES);
    const ports = Array.from({ length: SERIAL_PORTS }, (_, port) => port);
    this.output = ports.map((port) => ring(1 + 2 * port, layout.output + port * OUTPUT_RING_BYTES, OUTPUT_RING_BYTES));
    this.input = ports.map((port) => ring(2 + 2 * port, layout.input + port * INPUT_RING_BYTES, INPUT_RING_BYTES));
    this.debug = ring(1 + 2 * SERIAL_PORTS, layout.debug, OUTPUT_RING_BYTES);
    this.times = new SwitchTimes(buffer, layout.times);
    this.sample = new Float64Array(buffer, layout.sample, SAMPLE_NUMBERS);
    this.text = new Uint8Array(buffer, layout.text, TEXT_BYTES);
  }

  /** All that the guest's bytes go out through. */
  get outputs(): readonly ByteRing[] {
    return [...this.output, this.debug];
  }

  get message(): string {
    // A copy, because decoders don't take shared memory.
    return new TextDecoder().decode(this.text.slice(0, Atomics.load(this.words, Word.textLength)));
  }
  /** Cut to what the text area holds. */
  set message(value: string) {
    const bytes = new TextEncoder().encode(value).subarray(0, TEXT_BYTES);
    this.text.set(bytes);
    Atomics.store(this.words, Word.textLength, bytes.length);
  }

  /** Has the VMM look again, if it rests. */
  wake(): void {
    Atomics.add(this.words, Word.wake, 1);
    Atomics.notify(this.words, Word.wake);
  }
  ringDoorbell(): void {
    Atomics.add(this.words, Word.doorbell, 1);
    Atomics.notify(this.words, Word.doorbell);
  }
}

const layout = (() => {
  const commands = WORDS_BYTES;
  const times = commands + COMMAND_RING_BYTES;
  const sample = times + SWITCH_TIMES_BYTES;
  const text = sample + 8 * SAMPLE_NUMBERS;
  const output = text + TEXT_BYTES;
  const input = output + SERIAL_PORTS * OUTPUT_RING_BYTES;
  const debug = input + SERIAL_PORTS * INPUT_RING_BYTES;
  return { commands, times, sample, text, output, input, debug, bytes: debug + OUTPUT_RING_BYTES };
})();
