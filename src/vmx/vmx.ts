import { setTimeout as delay } from "node:timers/promises";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { RAM_BASE, wasmPages } from "../vmm/cpu/layout.js";
import { builtCore, programFile } from "../world/built-monitor.js";
import { CrossPage } from "../world/cross-page.js";
import { HostDriver } from "../world/host-driver.js";
import { Command, type Question } from "../world/leave-reason.js";
import type { TranslatorThreadData, TranslatorThreadEnd } from "../world/translator-thread.js";
import type { LoadAnswer, LoadQuestion, StoppedMessage } from "../world/vmm.js";
import type { VmmThreadData } from "../world/vmm-thread.js";
import { BootFailure, type GuestStorage, loadBootImage, romRoom } from "./boot-image.js";
import { InputQueue } from "./input-queue.js";
import { keptFile } from "./kept-file.js";
import type { FromVm } from "./protocol.js";
import type { GuestFault, MachineSpec, StopReason } from "./spec.js";
import { machineStats } from "./statistics.js";
import type { MachineStats } from "./stats.js";

/** What a machine reports; `stopped` is the last. */
export type VmxEvent =
  | Exclude<FromVm, { type: "stats" | "stopped" }>
  | (Omit<Extract<FromVm, { type: "stopped" }>, "stats"> & {
      /** Where the spec asks for it: the hottest translated regions, as text. */
      profile?: string;
    })
  /** Bytes of debug ports, at most 64 KiB. */
  | { type: "debug"; data: Uint8Array };

/** The VMM answers a command within a slice; after this long it is ended without being asked, in milliseconds. */
const STOP_PATIENCE_MS = 2_000;
/** How long the translator may take to write down what is worth keeping, in milliseconds. */
const KEEP_PATIENCE_MS = 1_000;
/** A thread's heap, the guest's memory not included: many times what it needs. V8 collects the earlier, the nearer the limit is. */
const HEAP_MB = 128;
/** Young generation of a thread's heap. Left to itself V8 lets it grow to 48 MiB, which two threads keep for what is garbage after a moment. */
const YOUNG_HEAP_MB = 6;
const HEAP_LIMITS = { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: YOUNG_HEAP_MB };
const SERIAL_PORTS = [0, 1];

/**
 * The host side of one machine, on an ordinary event loop: creates its memory and its VMM thread, loads what it boots, carries its console, and
 * reports what becomes of it. One object is one power-on; it ends with `stopped`.
 */
export class Vmx {
  private readonly page = new CrossPage();
  private readonly driver: HostDriver;
  private readonly input: readonly InputQueue[];
  private memory: WebAssembly.Memory | null = null;
  private thread: Worker | null = null;
  private translator: Worker | null = null;
  private translatorPort: MessagePort | null = null;
  private ended = false;
  private readonly statsWaiting: ((stats: MachineStats) => void)[] = [];
  private stopTimer: NodeJS.Timeout | null = null;

  /** `report` is called from the event loop, never from within a method of this object but `start` and `stop`. */
  constructor(
    private readonly spec: MachineSpec,
    private readonly report: (event: VmxEvent) => void,
  ) {
    this.driver = new HostDriver(this.page, {
      answer: (question, message) => this.answer(question, message),
      output: (port, data) => this.report({ type: "output", port, data }),
      debug: (data) => this.report({ type: "debug", data }),
      inputTaken: (port, bytes) => {
        this.input[port].flush();
        this.report({ type: "inputTaken", port, bytes });
      },
      failed: (error) => this.fail(error instanceof BootFailure ? error.fault : defect(error)),
    });
    this.input = SERIAL_PORTS.map((port) => new InputQueue((data, from) => this.driver.input(port, data, from)));
  }

  /** Powers the machine on: answered by `started`, or by `stopped` with a fault. */
  start(): void {
    const { memoryMiB, engine, clock, boot, debug, profile, forceBinaryTranslation, lockstep } = this.spec;
    const ramBytes = memoryMiB * 2 ** 20;
    try {
      const pages = wasmPages(ramBytes, romRoom(boot));
      this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    } catch (error) {
      this.fail(defect(error, `no room for ${memoryMiB} MiB of guest memory`));
      return;
    }
    const translated = engine !== "interpreter";
    const translator = lockstep || !translated ? undefined : this.wayToTranslator();
    const workerData: VmmThreadData = {
      memory: this.memory,
      ramBytes,
      page: this.page.buffer,
      clock,
      debug,
      profile,
      forceBinaryTranslation,
      translator,
      keeps: this.keeps,
    };
    if (lockstep) workerData.lockstep = { ...lockstep, subject: translated ? "translator" : "interpreter" };
    this.thread = new Worker(programFile("world/vmm-thread"), {
      name: "vmm",
      workerData,
      transferList: translator ? [translator] : [],
      execArgv: [],
      resourceLimits: HEAP_LIMITS,
    });
    this.thread.on("error", (error) => this.fail(defect(error)));
    this.thread.on("exit", () => this.fail({ code: "internal_error", message: "the VMM thread ended by itself" }));
    const { thread } = this;
    void builtCore().then((core) => thread.postMessage(core));
    this.driver.open();
  }

  /** @returns the VMM's end; the other one waits for the thread */
  private wayToTranslator(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.translatorPort = port2;
    return port1;
  }

  /** Code that tells what it does is not for others; and machines in lockstep are there to see how code is made. */
  private get keeps(): boolean {
    return this.spec.translations !== undefined && !this.spec.profile && !this.spec.lockstep;
  }

  /** Once the guest runs: until then the thread would only be in the way of its start. What was asked for meanwhile waits in the port. */
  private async startTranslator(): Promise<void> {
    const { memory, translatorPort: port } = this;
    if (!memory || !port) return;
    this.translatorPort = null;
    const { translations, boot } = this.spec;
    const kept = this.keeps && translations !== undefined ? await keptFile(translations, boot).catch(() => undefined) : undefined;
    if (this.ended) return;
    this.translator = new Worker(programFile("world/translator-thread"), {
      name: "translator",
      workerData: { memory, port, kept } satisfies TranslatorThreadData,
      transferList: [port],
      execArgv: [],
      resourceLimits: HEAP_LIMITS,
    });
    this.translator.on("error", (error) => this.fail(defect(error)));
  }

  pause(): void {
    this.driver.command(Command.pause);
  }
  resume(): void {
    this.driver.command(Command.resume);
  }
  reset(): void {
    this.driver.command(Command.reset);
  }
  ctrlAltDel(): void {
    this.driver.command(Command.ctrlAltDel);
  }

  /** Pulls the plug; answered by `stopped`. */
  stop(): void {
    if (this.ended || this.stopTimer) return;
    if (!this.thread) {
      this.end("stopped");
      return;
    }
    this.stopTimer = setTimeout(() => this.end("stopped"), STOP_PATIENCE_MS);
    this.driver.command(Command.stop);
  }

  /** Keys for a serial port. What the guest doesn't take yet waits here: the caller limits it by what `inputTaken` reports. */
  write(port: number, data: Uint8Array): void {
    this.input[port].push(data);
  }

  /** While held, output waits on the other side, and the guest when there is too much of it; nothing is lost. */
  holdOutput(held: boolean): void {
    this.driver.holdOutput(held);
  }

  /** A fresh sample, or the last one when the machine has ended. */
  stats(): Promise<MachineStats> {
    if (this.ended || !this.thread) return Promise.resolve(this.present());
    return new Promise((resolve) => {
      this.statsWaiting.push(resolve);
      if (this.statsWaiting.length === 1) this.driver.command(Command.sample);
    });
  }

  private present(): MachineStats {
    return machineStats(this.page, this.spec.memoryMiB);
  }

  private async answer(question: Question, message: string): Promise<string> {
    switch (question) {
      case "load": {
        const { cause } = JSON.parse(message) as LoadQuestion;
        const boot = await loadBootImage(this.storage(), this.spec.boot);
        if (cause !== "power_on") this.report({ type: "reset", cause });
        return JSON.stringify({ boot } satisfies LoadAnswer);
      }
      case "sample":
        this.answerStats();
        return "";
      case "stopped": {
        const { reason, ...more } = JSON.parse(message) as StoppedMessage;
        this.end(reason, more);
        return "";
      }
      case "started":
        void this.startTranslator();
        this.report({ type: question });
        return "";
      default:
        this.report({ type: question });
        return "";
    }
  }

  /** What an image is loaded into. */
  private storage(): GuestStorage {
    if (!this.memory) throw new Error("the machine has no memory yet");
    const ramBytes = this.spec.memoryMiB * 2 ** 20;
    const { buffer } = this.memory;
    return {
      ram: new Uint8Array(buffer, RAM_BASE, ramBytes),
      rom: new Uint8Array(buffer, RAM_BASE + ramBytes, romRoom(this.spec.boot)),
    };
  }

  private answerStats(): void {
    const stats = this.present();
    for (const resolve of this.statsWaiting.splice(0)) resolve(stats);
  }

  private fail(fault: GuestFault): void {
    this.end("fault", { fault });
  }

  /** Once: hands out what the guest still wrote, ends the thread, reports. */
  private end(reason: StopReason, more: { fault?: GuestFault; exitCode?: number; profile?: string } = {}): void {
    if (this.ended) return;
    this.ended = true;
    if (this.stopTimer) clearTimeout(this.stopTimer);
    this.driver.close();
    this.answerStats();
    void Promise.all([this.thread?.terminate(), this.endTranslator(reason)]).then(() => this.report({ type: "stopped", reason, ...more }));
  }

  /** It may have something to keep first. */
  private async endTranslator(reason: StopReason): Promise<void> {
    const { translator } = this;
    if (!translator) return;
    if (this.keeps && reason !== "fault") {
      const ended = new Promise((resolve) => translator.once("exit", resolve));
      translator.postMessage("end" satisfies TranslatorThreadEnd);
      const patience = new AbortController();
      await Promise.race([ended, delay(KEEP_PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined)]);
      patience.abort();
    }
    await translator.terminate();
  }
}

function defect(error: unknown, what?: string): GuestFault {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { code: "internal_error", message: what ? `${what}: ${message}` : message, context: { stack: stack ?? "" } };
}
