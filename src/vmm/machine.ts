import { Board, type DebugWiring, type ResetCause } from "./board.js";
import { type BootState, setBootState } from "./cpu/boot-state.js";
import { Cpu } from "./cpu/cpu.js";
import { Event } from "./cpu/events.js";
import { CR0, CR2, CS, Seg } from "./cpu/layout.js";
import { CpuState } from "./cpu/state.js";
import { DecisionEngine } from "./decision/decision-engine.js";
import { LONGEST_RUN } from "./interpreter/code-cache.js";
import { compileCore, Interpreter, Stopped } from "./interpreter/interpreter.js";
import { Mmu } from "./mmu/mmu.js";
import { MonitorFault } from "./monitor-fault.js";
import type { Sample } from "./sample.js";
import { SliceLength } from "./slice-length.js";
import { DeterministicClock, HostClock, NS_PER_INSTRUCTION } from "./time/clock.js";
import { Timers } from "./time/timers.js";
import { Tsc } from "./time/tsc.js";
import type { TranslatorPort } from "./translator/port.js";
import { profileText } from "./translator/profile.js";
import type { TranslationCache, TranslationOptions } from "./translator/translation-cache.js";

/** Instructions of a slice by the deterministic clock: always the same, so that a run can be repeated. By the host's, see slice-length.ts. */
const DETERMINISTIC_SLICE = 50_000;

/** Input that waits for a serial port: what `ByteRing` gives a reader. */
export interface InputSource {
  readonly length: number;
  /** Copies waiting bytes into `into`, and says how many. */
  peek(into: Uint8Array): number;
  advance(count: number): void;
}

/** Ports for test programs, beside those of a PC. */
export interface DebugParts {
  /** A write to port 0xF4 ends the machine. */
  exit: boolean;
  /** Bytes written to these go to `sink`, at once. */
  ports: readonly number[];
  sink: (byte: number) => void;
}

/** What has been put into a machine's memory, and how its processor starts. */
export type Boot =
  /** By a boot loader, into RAM. */
  | { kind: "loaded"; state: BootState }
  /** A firmware ROM of so many bytes (a multiple of 4096), behind RAM: as after RESET, at its last 16 bytes. */
  | { kind: "rom"; bytes: number };

export interface MachineParts {
  /** Shared, of the size that layout.ts gives for `ramBytes` and the largest ROM. */
  memory: WebAssembly.Memory;
  ramBytes: number;
  clock: "host" | "deterministic";
  /** The host's monotonic clock in nanoseconds, exact (below 2^53). */
  hostNs: () => number;
  /** Milliseconds since 1970 at power-on. */
  wallClockMs: () => number;
  /** Takes a byte that the guest sends on a serial port, at once. */
  serialSink: (port: number, byte: number) => void;
  /** By port. */
  input: readonly InputSource[];
  debug?: DebugParts;
  /** Who translates hot code; nobody: it is interpreted. */
  translator?: TranslatorPort;
  /** Regions tell what they do (`profile`), which slows them down. */
  profileRegions?: boolean;
  /** Application code is translated as system code is, whatever the decision engine says. */
  forceBinaryTranslation?: boolean;
  /** The core module, where it has been made beforehand; none: it is emitted here. */
  core?: WebAssembly.Module;
}

/** Why a slice ended. */
export type SliceEnd =
  /** There is more to run. */
  | { kind: "slice" }
  /** The processor is halted: nothing to do for `ns` nanoseconds (Infinity: until there is input). */
  | { kind: "idle"; ns: number }
  /** Halted with interrupts off: nothing can ever wake it. */
  | { kind: "halted" }
  /** The machine is to be booted again. */
  | { kind: "reset"; cause: ResetCause }
  /** A test program has ended the machine. */
  | { kind: "exit"; code: number };

/** Where hot code is looked for, and when it is hot: tuned on boots. */
export const TRANSLATION: TranslationOptions = { quantum: 500, threshold: 32, strict: false };

/** By the host's clock: instructions for which a reading of the TSC is good enough. They take a few microseconds. */
const TSC_WINDOW = 2048;

const SLICE: SliceEnd = { kind: "slice" };

/** One machine: processor, memory, devices and time, run in slices by whoever owns its thread. */
export class Machine {
  private readonly state: CpuState;
  private readonly mmu: Mmu;
  private readonly cpu: Cpu;
  private readonly board: Board;
  private readonly timers = new Timers();
  private readonly tsc: Tsc;
  private readonly interpreter: Interpreter;
  private translations?: TranslationCache;
  private readonly decision: DecisionEngine;
  private readonly hostClock: HostClock | null;
  private readonly deterministicClock: DeterministicClock | null;
  private pendingReset: ResetCause | null = null;
  private pendingExit: number | null = null;
  /** Guest time at which the present slice must end; -1: it ends by itself (host clock). */
  private sliceEnd = -1;
  private readonly length = new SliceLength();
  private readonly received = new Uint8Array(16);

  constructor(private readonly parts: MachineParts) {
    const { memory, ramBytes, hostNs } = parts;
    this.state = new CpuState(memory);
    this.mmu = new Mmu(this.state, ramBytes);
    this.hostClock = parts.clock === "host" ? new HostClock(hostNs) : null;
    // The clock is older than the engine that makes it tick.
    let retired = () => 0;
    this.deterministicClock = this.hostClock ? null : new DeterministicClock(() => retired());
    const clock = this.clock;
    this.tsc = new Tsc(clock, this.hostClock ? TSC_WINDOW : 0);
    this.board = new Board({
      clock,
      timers: this.timers,
      memoryBytes: ramBytes,
      wallClockMs: parts.wallClockMs,
      serialSink: parts.serialSink,
      serialRoom: (port) => this.feed(port),
      onReset: (cause) => this.resetAfterInstruction(cause),
      onA20: (enabled) => this.mmu.setA20(enabled),
      onIntr: (asserted) => this.cpu.setInterruptLine(asserted),
      onIgnne: (asserted) => this.cpu.setIgnoreNumericError(asserted),
      debug: this.debugWiring(parts.debug),
    });
    const { ports } = this.board;
    this.cpu = new Cpu(
      this.state,
      this.mmu,
      {
        read: (port, size) => {
          const value = ports.read(port, size);
          this.keepSlice();
          return value;
        },
        write: (port, size, value) => {
          ports.write(port, size, value);
          this.keepSlice();
        },
      },
      this.tsc,
    );
    this.cpu.numericErrorLine = (active) => this.board.coprocessorError.setError(active);
    this.interpreter = new Interpreter(this.cpu, this.mmu, () => this.board.pic.acknowledge(), parts.core ?? compileCore());
    if (parts.translator) this.translateBy(parts.translator, { ...TRANSLATION, profile: parts.profileRegions });
    this.decision = new DecisionEngine(this.cpu, () => retired(), hostNs);
    retired = () => this.interpreter.retiredNow;
    const engineHears = this.cpu.onModeChange;
    this.cpu.onModeChange = () => {
      engineHears();
      this.decision.changed();
    };
    this.interpreter.onDispatch = () => {
      this.decision.settle();
      if (!parts.forceBinaryTranslation && this.cpu.cpl === 3) this.interpreter.setDirect(this.decision.mode === "directExecution");
    };
  }

  /** Resets everything and starts from what has been put into memory. */
  boot(boot: Boot): void {
    this.pendingReset = null;
    this.interpreter.cache.flush();
    this.mmu.mapRom(boot.kind === "rom" ? boot.bytes : 0);
    this.cpu.reset();
    this.board.reset();
    this.mmu.setA20(this.board.a20);
    this.tsc.write(0, 0);
    if (boot.kind === "loaded") setBootState(this.cpu, boot.state);
    this.hostClock?.resume();
  }

  /** From now on hot code is translated by whoever is behind the port. */
  translateBy(port: TranslatorPort, options = TRANSLATION): void {
    this.translations = this.interpreter.translateBy(port, options);
  }

  /** Guest time stands still until `resume`. */
  pause(): void {
    this.hostClock?.pause();
    this.board.pause();
  }
  resume(): void {
    this.hostClock?.resume();
  }

  /** Copies code bytes at a linear address, and says how many there are: for whoever describes what the guest does. */
  readCode(linear: number, into: Uint8Array): number {
    return this.mmu.readBlock(linear, into);
  }

  ctrlAltDel(): void {
    this.board.keyboardController.ctrlAltDel();
  }

  /** How often each handler of the interpreter was dispatched, most often first; only with a core module that counts them. */
  get dispatches(): { handler: string; count: number }[] {
    return this.interpreter.dispatches;
  }

  /** Whether memory comes back if the thread lets its event loop turn; says so once. */
  takesTurn(): boolean {
    const wants = this.translations?.wantsTurn ?? false;
    if (this.translations) this.translations.wantsTurn = false;
    return wants;
  }

  /** Guest time in nanoseconds. */
  get guestTime(): number {
    return this.clock.now();
  }

  /** Instructions retired since the machine was made. */
  get retired(): number {
    return this.interpreter.retired;
  }

  /** Interrupts and exceptions delivered at the cost of budget: where nothing retires, these tell how far the guest is. */
  get delivered(): number {
    return this.interpreter.charged;
  }

  /**
   * Runs guest code for one slice: of about so many instructions, of no more than these if `exact`, or as many as suit the guest. Throws
   * MonitorFault: the machine can't go on, and is not to be run again.
   */
  run(instructions?: number, exact = false): SliceEnd {
    return this.slice((begun) => this.interpreter.run(...this.budget(instructions ?? this.usual(begun), exact)));
  }

  /** Runs the translated region at EIP once, or else one instruction: see `Interpreter.runRegion`. Only by the deterministic clock. */
  runRegion(instructions: number): SliceEnd {
    return this.slice(() => this.interpreter.runRegion(this.budget(instructions, true)[0]));
  }

  private slice(run: (begun: number) => Stopped): SliceEnd {
    const begun = this.clock.now();
    this.timers.runDue(begun);
    for (let port = 0; port < this.parts.input.length; port++) this.feed(port);
    this.decision.enter();
    const { retired } = this;
    const stopped = this.execute(() => run(begun));
    this.decision.leave();
    if (stopped === Stopped.Budget && this.hostClock) this.length.ran(this.retired - retired, this.clock.now() - begun);
    this.sliceEnd = -1;
    this.cpu.clearEvents(Event.Stop);
    if (this.pendingExit !== null) return { kind: "exit", code: this.pendingExit };
    if (this.pendingReset) return { kind: "reset", cause: this.pendingReset };
    if (stopped === Stopped.TripleFault) return { kind: "reset", cause: "triple_fault" };
    return stopped === Stopped.Halted ? this.halted() : SLICE;
  }

  /** While a slice runs: lets it end at the next instruction boundary. */
  endSlice(): void {
    this.cpu.setEvents(Event.Stop);
  }

  sample(): Sample {
    const { directExecution, binaryTranslation } = this.decision.counters;
    const { cache } = this.interpreter;
    const [com1, com2] = this.board.metrics.serial;
    return {
      guestTimeNs: this.clock.now(),
      instructions: this.interpreter.retired,
      directInstructions: directExecution.instructions,
      directEntries: directExecution.entries,
      directTimeNs: directExecution.timeNs,
      translatedInstructions: binaryTranslation.instructions,
      translatedEntries: binaryTranslation.entries,
      translatedTimeNs: binaryTranslation.timeNs,
      hiddenFaults: this.mmu.hiddenFaults,
      trueFaults: this.mmu.trueFaults,
      tlbFlushes: this.mmu.tlbFlushes,
      tracedWrites: this.mmu.tracedWrites,
      decodedInstructions: cache.decoded,
      codePages: cache.codePages,
      invalidations: cache.invalidations,
      codeFlushes: cache.flushes,
      interrupts: this.interpreter.interrupts,
      exceptions: this.interpreter.exceptions,
      output0: com1.outputBytes,
      input0: com1.inputBytes,
      output1: com2.outputBytes,
      input1: com2.inputBytes,
      translator: this.interpreter.translator,
    };
  }

  /** The hottest translated regions, as text of a few KiB. */
  profile(): string {
    return profileText(this.translations?.profiles ?? [], this.interpreter.retired);
  }

  private get clock(): HostClock | DeterministicClock {
    return (this.hostClock ?? this.deterministicClock) as HostClock | DeterministicClock;
  }

  private execute(run: () => Stopped): Stopped {
    try {
      return run();
    } catch (error) {
      if (error instanceof MonitorFault) throw new MonitorFault(error.code, error.message, { ...this.whereabouts(), ...error.context });
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      throw new MonitorFault("internal_error", message, { ...this.whereabouts(), stack: stack ?? "" });
    }
  }

  private usual(now: number): number {
    return this.hostClock ? this.length.instructions(this.timers.nextDeadline() - now) : DETERMINISTIC_SLICE;
  }

  /** By the deterministic clock, a slice that would get there ends exactly where the next timer is due. */
  private budget(instructions: number, exact: boolean): [budget: number, exact: boolean] {
    if (!this.deterministicClock) return [instructions, exact];
    const farthest = instructions + (exact ? 0 : LONGEST_RUN);
    const due = this.deterministicClock.instructionsUntil(this.timers.nextDeadline());
    this.sliceEnd = this.clock.now() + Math.min(due, farthest) * NS_PER_INSTRUCTION;
    return due <= farthest ? [Math.max(1, Math.min(due, instructions)), true] : [instructions, exact];
  }

  /** A device may have been programmed to act before the slice ends. */
  private keepSlice(): void {
    if (this.timers.nextDeadline() < this.sliceEnd) this.cpu.setEvents(Event.Stop);
  }

  private halted(): SliceEnd {
    if (!this.cpu.canWake) return { kind: "halted" };
    this.interpreter.idle();
    const deadline = this.timers.nextDeadline();
    if (this.deterministicClock && deadline !== Number.POSITIVE_INFINITY) {
      this.deterministicClock.skipTo(deadline);
      return SLICE;
    }
    const ns = deadline - this.clock.now();
    return ns <= 0 ? SLICE : { kind: "idle", ns };
  }

  private resetAfterInstruction(cause: ResetCause): void {
    this.pendingReset = cause;
    this.cpu.setEvents(Event.Stop);
  }

  private debugWiring(debug: DebugParts | undefined): DebugWiring | undefined {
    if (!debug) return undefined;
    const onExit = (code: number) => {
      this.pendingExit ??= code;
      this.cpu.setEvents(Event.Stop);
    };
    return { onExit: debug.exit ? onExit : undefined, ports: debug.ports, onByte: debug.sink };
  }

  /** Hands waiting input to a UART as far as it has room. */
  private feed(port: number): void {
    const source = this.parts.input[port];
    const uart = this.board.serial[port];
    while (source.length > 0 && uart.room > 0) {
      const count = source.peek(this.received);
      source.advance(uart.receive(this.received.subarray(0, count)));
    }
  }

  /** Where the guest is, for a fault. */
  private whereabouts(): Record<string, string> {
    const hex = (value: number, digits: number) => (value >>> 0).toString(16).padStart(digits, "0");
    const cs = this.state.segment(CS, Seg.selector);
    const linear = this.state.segment(CS, Seg.base) + this.cpu.eip;
    const bytes = Array.from({ length: 16 }, (_, i) => this.mmu.readU8(linear + i)).map((byte) => (byte < 0 ? "--" : hex(byte, 2)));
    return {
      "cs:eip": `${hex(cs, 4)}:${hex(this.cpu.eip, 8)}`,
      bytes: bytes.join(" "),
      cr0: hex(this.state.get(CR0), 8),
      cr2: hex(this.state.get(CR2), 8),
      mode: `${this.cpu.mode}, CPL ${this.cpu.cpl}`,
    };
  }
}
