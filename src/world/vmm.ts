import { setImmediate } from "node:timers/promises";
import type { ResetCause } from "../vmm/board.js";
import type { Boot, Machine, SliceEnd } from "../vmm/machine.js";
import { MonitorFault } from "../vmm/monitor-fault.js";
import { ResetRate } from "../vmm/reset-rate.js";
import { writeSample } from "../vmm/sample.js";
import type { ByteRing } from "./byte-ring.js";
import { type CrossPage, Word } from "./cross-page.js";
import { Command } from "./leave-reason.js";
import { WorldSwitch } from "./world-switch.js";

/** With less room than this in an output ring the guest waits. A slice that fills a ring so far ends: what it may still write then fits. */
export const OUTPUT_MARGIN = 4096;

/** What a VMM runs: one machine, or two in lockstep. */
export type Guest = Pick<Machine, "boot" | "run" | "pause" | "resume" | "ctrlAltDel" | "sample" | "guestTime" | "profile" | "takesTurn">;

/** What the VMM tells the host with `load`, and is told. */
export interface LoadQuestion {
  cause: ResetCause | "power_on";
}
export type LoadAnswer = { boot: Boot };

/** What the VMM tells the host with `stopped`. */
export interface StoppedMessage {
  reason: "halted" | "stopped" | "fault" | "debug_exit";
  fault?: { code: string; message: string; context: Record<string, string> };
  /** With `debug_exit`. */
  exitCode?: number;
  /** Where it was asked for: what the machine did, as text. */
  profile?: string;
}

/** The life of the VMM thread: runs slices of the machine, obeys commands between them, rests when there is nothing to run. */
export class Vmm {
  private readonly world: WorldSwitch;
  private readonly outputs: readonly ByteRing[];
  private readonly resets = new ResetRate();
  private paused = false;
  private ended: StoppedMessage | null = null;
  /** Positions of the rings when the host was last told of them. */
  private written = 0;
  private taken = 0;

  constructor(
    private readonly page: CrossPage,
    private readonly machine: Guest,
    /** Whether the host wants to hear, at the end, where time went. */
    private readonly profiled = false,
    /** Room that there must be in every output ring before the guest runs on. */
    private readonly margin = OUTPUT_MARGIN,
  ) {
    this.world = new WorldSwitch(page);
    this.outputs = page.outputs;
  }

  /** Returns when the machine has ended and the host knows. */
  async run(): Promise<void> {
    try {
      await this.live();
    } catch (error) {
      this.ended = { reason: "fault", fault: faultOf(error) };
    }
    this.tellHost();
    const profile = this.profiled ? this.machine.profile() : undefined;
    this.ask("stopped", JSON.stringify({ ...this.ended, profile }));
  }

  private async live(): Promise<void> {
    this.load("power_on");
    const mark = this.world.mark();
    const first = this.machine.run(1);
    this.ask("started");
    this.follow(first, mark);
    while (!this.ended) {
      this.turn();
      // Dropped modules are freed only when this thread yields, which it does for nothing else.
      if (this.machine.takesTurn()) await setImmediate();
    }
  }

  private turn(): void {
    const mark = this.world.mark();
    this.obey();
    if (this.ended) return;
    if (this.paused) this.world.rest("pause", mark);
    else if (this.mayWrite()) this.follow(this.machine.run(), mark);
    else this.throttle(mark);
  }

  /** What a slice led to. Whatever the host has done since `mark` ends a rest at once. */
  private follow(end: SliceEnd, mark: number): void {
    this.tellHost();
    if (end.kind === "idle") this.world.rest("halt", mark, end.ns / 1e6);
    else if (end.kind === "halted") this.ended = { reason: "halted" };
    else if (end.kind === "reset") this.reset(end.cause);
    else if (end.kind === "exit") this.ended = { reason: "debug_exit", exitCode: end.code };
  }

  /** Only what has come by now: a host that never stops asking must not keep the guest from running. */
  private obey(): void {
    for (let waiting = this.page.commands.length; waiting > 0 && !this.ended; waiting--) {
      const command = this.page.commands.shift();
      if (command === Command.pause) this.pause();
      else if (command === Command.resume) this.resume();
      else if (command === Command.reset) this.load("request");
      else if (command === Command.ctrlAltDel) this.machine.ctrlAltDel();
      else if (command === Command.sample) this.ask("sample");
      else this.ended = { reason: "stopped" };
    }
  }

  private pause(): void {
    this.machine.pause();
    this.paused = true;
    this.ask("paused");
  }
  private resume(): void {
    this.machine.resume();
    this.paused = false;
    this.ask("resumed");
  }

  private reset(cause: ResetCause): void {
    if (this.resets.note(this.machine.guestTime))
      throw new MonitorFault("reset_loop", `the guest does nothing but reset itself (${cause})`);
    this.load(cause);
  }

  /** The host puts the boot image into memory; the machine starts from it, or stays paused at its first instruction. */
  private load(cause: LoadQuestion["cause"]): void {
    const answer = this.ask("load", JSON.stringify({ cause } satisfies LoadQuestion));
    this.machine.boot((JSON.parse(answer) as LoadAnswer).boot);
    if (this.paused) this.machine.pause();
  }

  /** Every question carries a fresh sample: the host shows the last one. */
  private ask(question: "load" | "started" | "paused" | "resumed" | "sample" | "stopped", message = ""): string {
    writeSample(this.machine.sample(), this.page.sample);
    return this.world.ask(question, message);
  }

  private mayWrite(): boolean {
    return this.outputs.every((ring) => ring.free >= this.margin);
  }

  /** The host sees the flag after it has made room, or room was made before the flag was set: either way the rest ends. */
  private throttle(mark: number): void {
    Atomics.store(this.page.words, Word.throttled, 1);
    if (!this.mayWrite()) this.world.rest("throttle", mark);
    Atomics.store(this.page.words, Word.throttled, 0);
  }

  /** Rings the host's bell when the rings have moved. */
  private tellHost(): void {
    const written = this.outputs.reduce((sum, ring) => sum + ring.written, 0);
    const taken = this.page.input.reduce((sum, ring) => sum + ring.taken, 0);
    if (written !== this.written) this.world.signal("output");
    else if (taken !== this.taken) this.world.signal("input");
    this.written = written;
    this.taken = taken;
  }
}

function faultOf(error: unknown): StoppedMessage["fault"] {
  if (error instanceof MonitorFault) return { code: error.code, message: error.message, context: error.context };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { code: "internal_error", message, context: { stack: stack ?? "" } };
}
