import type { Logger } from "pino";
import type { Database } from "../store/database.js";
import { type Ending, endOperation } from "../store/operations.js";
import { commit } from "../store/outbox.js";
import { lockVm } from "../store/vms.js";
import type { FromVm, ToVm } from "../vmx/protocol.js";
import type { MachineSpec } from "../vmx/spec.js";
import type { MachineStats } from "../vmx/stats.js";
import type { ConsoleHub, SerialPort } from "./console/hub.js";
import type { Deadlines } from "./deadlines.js";
import type { HostTotals } from "./host-totals.js";
import { untilWritten } from "./persistence.js";
import { applyReport, endOf, type Judge, type MachineEnd, type Report } from "./report.js";
import { VmProcess } from "./vm-process.js";

const statsPatienceMs = 5_000;

export interface MachineParts {
  db: Database;
  hostId: string;
  consoles: ConsoleHub;
  /** What a VM process runs, if not the monitor. */
  program?: string;
  deadlines: Pick<Deadlines, "end">;
  totals: Pick<HostTotals, "heard" | "ended">;
  log: Logger;
}

interface Expectation {
  operationId: string;
  judge: Judge;
  settle: (outcome: Outcome) => void;
}

/** `late`: the deadline passed; `aborted`: the signal fired. The operation has ended unless it is one of these. */
export type Outcome = "ended" | "late" | "aborted";

/** What a command wants of a machine: a message, and the report that answers it. */
export interface Request {
  operationId: string;
  send: ToVm | null;
  judge: Judge;
  /** Sees each report first; for what has to be done about one. */
  react?: (report: Report) => void;
  deadlineMs: number;
  signal: AbortSignal;
}

/**
 * A running machine: its VM process, and the writing down of what that reports. Reports are written strictly in order, each in one transaction with the end of
 * the operation that waited for it, and only to a row of the same generation on this host.
 */
export class Machine {
  /** Resolves when the process has gone and its end is written. */
  readonly ended: Promise<void>;
  private readonly process: VmProcess;
  private readonly log: Logger;
  private expectation: Expectation | null = null;
  private react: ((report: Report) => void) | null = null;
  private writing: Promise<void> = Promise.resolve();
  private stopped: Extract<FromVm, { type: "stopped" }> | null = null;
  private plug: MachineEnd | null = null;
  private end: MachineEnd | null = null;
  private killTimer: NodeJS.Timeout | null = null;
  private statsId = 0;
  private readonly statsWaiting = new Map<number, (stats: MachineStats | null) => void>();

  constructor(
    private readonly parts: MachineParts,
    readonly vmId: string,
    readonly generation: number,
    spec: MachineSpec,
  ) {
    const { hostId, consoles, program } = parts;
    this.log = parts.log.child({ vm: vmId, generation });
    this.process = new VmProcess(program, { vmId, hostId, generation }, (message) => this.receive(message), this.log);
    this.log.info({ pid: this.process.pid }, "VM process begun");
    this.process.send({ type: "start", spec });
    consoles.connect(vmId, (port) => (data) => this.process.send({ type: "input", port, data }));
    this.ended = this.process.exited.then(async (exit) => {
      if (this.killTimer) clearTimeout(this.killTimer);
      const end = this.plug ?? endOf(this.stopped, exit);
      this.end = end;
      parts.totals.ended(this);
      this.log.info({ exit, end }, "machine ended");
      for (const answer of this.statsWaiting.values()) answer(null);
      consoles.disconnect(vmId, end.reason ?? end.state);
      await this.report({ type: "ended", end });
    });
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** Its process has gone. */
  get over(): boolean {
    return this.end !== null;
  }

  /** Sends a request and waits for the report that ends its operation. One at a time: commands on a vm are serialized. */
  async perform(request: Request): Promise<Outcome> {
    const { operationId, judge, signal } = request;
    if (signal.aborted) return "aborted";
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Outcome>((resolve) => {
      timer = setTimeout(resolve, request.deadlineMs, "late");
    });
    const aborted = new Promise<Outcome>((resolve) => {
      signal.addEventListener("abort", () => resolve("aborted"), { once: true });
    });
    const settled = new Promise<Outcome>((settle) => {
      this.expectation = { operationId, judge, settle };
    });
    const over = this.ended.then(() => this.judgeEnd(operationId, judge));
    this.react = request.react ?? null;
    if (request.send) this.process.send(request.send);
    const outcome = await Promise.race([settled, late, aborted, over]);
    clearTimeout(timer);
    this.expectation = null;
    this.react = null;
    return outcome;
  }

  /** Ends the machine; `end` is what its row will say. Gently first: it may have something to write. */
  pullPlug(end: MachineEnd): void {
    this.plug ??= end;
    this.process.send({ type: "stop" });
    this.endSoon();
  }

  /** Asks the guest to shut down, and ends the machine when it has, or has not within `patienceMs`. Whichever it is, its row will say `end`. */
  async shutDown(end: MachineEnd, patienceMs: number): Promise<void> {
    this.plug = end;
    this.react = (report) => {
      if (report.type === "reset") this.pullPlug(end);
    };
    this.process.send({ type: "shutdown" });
    const timer = setTimeout(() => this.pullPlug(end), patienceMs);
    await this.ended;
    clearTimeout(timer);
  }

  /** A sample; null when the machine ends or doesn't answer. */
  async stats(): Promise<MachineStats | null> {
    if (this.over) return null;
    const id = this.statsId++;
    return new Promise((resolve) => {
      const answer = (stats: MachineStats | null) => {
        clearTimeout(timer);
        this.statsWaiting.delete(id);
        resolve(stats);
      };
      const timer = setTimeout(answer, statsPatienceMs, null);
      this.statsWaiting.set(id, answer);
      this.process.send({ type: "stats", id });
    });
  }

  private receive(message: FromVm): void {
    const { consoles } = this.parts;
    switch (message.type) {
      case "output":
        consoles.console(this.vmId, message.port as SerialPort).output(message.data);
        break;
      case "inputTaken":
        consoles.console(this.vmId, message.port as SerialPort).taken(message.bytes);
        break;
      case "stats":
        this.parts.totals.heard(this, message.stats);
        this.statsWaiting.get(message.id)?.(message.stats);
        break;
      case "stopped":
        this.parts.totals.heard(this, message.stats);
        this.stopped = message;
        this.endSoon();
        break;
      case "started":
      case "paused":
      case "resumed":
        void this.report({ type: message.type });
        break;
      case "reset":
        void this.report({ type: "reset", cause: message.cause });
        break;
    }
  }

  /** For a request that came too late to be settled by the end's own report; otherwise its operation has ended, and this changes nothing. */
  private async judgeEnd(operationId: string, judge: Judge): Promise<Outcome> {
    const ending = this.end && judge({ type: "ended", end: this.end });
    if (ending) await untilWritten(this.parts.db, this.log, () => commit(this.parts.db, (tx) => endOperation(tx, operationId, ending)));
    return "ended";
  }

  private endSoon(): void {
    this.killTimer ??= setTimeout(() => this.process.kill(), this.parts.deadlines.end);
  }

  private report(report: Report): Promise<void> {
    this.react?.(report);
    this.writing = this.writing.then(() => this.write(report)).catch((error) => this.log.error({ err: error, report }, "report lost"));
    return this.writing;
  }

  private async write(report: Report): Promise<void> {
    const { db, hostId } = this.parts;
    const expectation = this.expectation;
    const ending: Ending | null = expectation?.judge(report) ?? null;
    await untilWritten(this.parts.db, this.log, () =>
      commit(db, async (tx) => {
        const vm = await lockVm(tx, this.vmId);
        if (vm && vm.generation === this.generation && vm.hostId === hostId) await applyReport(tx, vm, report);
        else if (vm) this.log.warn({ report, row: { generation: vm.generation, hostId: vm.hostId } }, "report refused");
        if (expectation && ending) await endOperation(tx, expectation.operationId, ending);
      }),
    );
    if (ending) expectation?.settle("ended");
  }
}
