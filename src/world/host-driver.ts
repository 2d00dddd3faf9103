/// <reference lib="es2024.sharedmemory" />
import { type CrossPage, SERIAL_PORTS, Word } from "./cross-page.js";
import { type Command, leaveReasons, type Question } from "./leave-reason.js";

/** Most bytes handed on at a time. */
const CHUNK = 64 * 1024;

/** What the host side of a machine does for its VMM. */
export interface HostSide {
  /** The VMM waits meanwhile; the answer goes back with the next entry. */
  answer(question: Question, message: string): string | Promise<string>;
  /** At most 64 KiB. */
  output(port: number, data: Uint8Array): void;
  /** Bytes of debug ports, at most 64 KiB. */
  debug(data: Uint8Array): void;
  inputTaken(port: number, bytes: number): void;
  /** The host side itself failed; the VMM stays out. */
  failed(error: unknown): void;
}

/**
 * The host's half of the world switch, on an ordinary event loop: the only host code that touches the cross page. Knows nothing of what runs
 * on the other side.
 */
export class HostDriver {
  private readonly inputSeen = new Array<number>(SERIAL_PORTS).fill(0);
  private outputHeld = false;
  private closed = false;
  private answering = false;

  constructor(
    private readonly page: CrossPage,
    private readonly side: HostSide,
  ) {}

  /** Attends to the VMM from now on, until `close`. */
  open(): void {
    const attend = () => {
      for (;;) {
        if (this.closed) return;
        const seen = Atomics.load(this.page.words, Word.doorbell);
        this.attend();
        const ring = Atomics.waitAsync(this.page.words, Word.doorbell, seen);
        if (ring.async) {
          void ring.value.then(attend);
          return;
        }
      }
    };
    attend();
  }

  /** Takes what is left in the output rings, and attends no more. */
  close(): void {
    if (this.closed) return;
    this.outputHeld = false;
    this.drain();
    this.closed = true;
    // Lets go of the wait that is still under way.
    Atomics.notify(this.page.words, Word.doorbell);
  }

  command(command: Command): void {
    // The VMM empties this ring every half millisecond; who sends more is not heard twice.
    this.page.commands.push(command);
    this.page.wake();
  }

  /** Puts input for a serial port where the guest takes it from; returns how many bytes there was room for. */
  input(port: number, data: Uint8Array, from = 0): number {
    const count = this.page.input[port].write(data, from);
    if (count > 0) this.page.wake();
    return count;
  }

  /** While output is held, the rings fill and the guest is throttled; nothing is lost. */
  holdOutput(held: boolean): void {
    this.outputHeld = held;
    if (!held) this.drain();
  }

  private attend(): void {
    this.drain();
    this.page.input.forEach((ring, port) => {
      const taken = (ring.taken - this.inputSeen[port]) >>> 0;
      if (taken === 0) return;
      this.inputSeen[port] = ring.taken;
      this.side.inputTaken(port, taken);
    });
    if (Atomics.load(this.page.words, Word.hostTurn) === 1 && !this.answering) void this.answerQuestion();
  }

  private drain(): void {
    this.page.output.forEach((ring, port) => {
      while (!this.outputHeld && ring.length > 0) this.side.output(port, ring.take(CHUNK));
    });
    while (!this.outputHeld && this.page.debug.length > 0) this.side.debug(this.page.debug.take(CHUNK));
    if (!this.outputHeld && Atomics.load(this.page.words, Word.throttled) === 1) this.page.wake();
  }

  private async answerQuestion(): Promise<void> {
    this.answering = true;
    const question = leaveReasons[Atomics.load(this.page.words, Word.question)] as Question;
    try {
      this.page.message = await this.side.answer(question, this.page.message);
    } catch (error) {
      this.side.failed(error);
      return;
    }
    this.answering = false;
    Atomics.store(this.page.words, Word.hostTurn, 0);
    Atomics.notify(this.page.words, Word.hostTurn);
  }
}
