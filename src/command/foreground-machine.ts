import type { GuestFault, MachineSpec } from "../vmx/spec.js";
import type { MachineStats } from "../vmx/stats.js";
import { Vmx, type VmxEvent } from "../vmx/vmx.js";
import { EscapeKeys, rawTerminal } from "./console-terminal.js";

/** Input on its way to the guest: above this, standard input isn't read. */
const INPUT_BYTES = 64 * 1024;
/** How long what the machine still wrote may take when the end was asked for, in milliseconds. */
const FLUSH_MS = 1_000;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export type MachineEnd =
  /** The guest powered itself off. */
  | { kind: "off" }
  | { kind: "fault"; fault: GuestFault }
  /** Ctrl-A x. */
  | { kind: "left" }
  /** Standard output was closed. */
  | { kind: "closed" }
  | { kind: "signal"; signal: (typeof SIGNALS)[number] };

/** A machine whose first serial port is this process's standard input and output. */
export class ForegroundMachine {
  private readonly vmx: Vmx;
  private readonly escape = new EscapeKeys();
  private inputUnderWay = 0;
  /** Why the plug is being pulled. */
  private cause: MachineEnd | null = null;
  private ended: (end: MachineEnd) => void = () => undefined;

  constructor(spec: MachineSpec) {
    this.vmx = new Vmx(spec, (event) => this.hear(event));
  }

  /** Resolves when the machine has ended and what it wrote is out. Called once. */
  async run(): Promise<MachineEnd> {
    const { stdin, stdout } = process;
    const restore = stdin.isTTY ? rawTerminal(stdin) : () => undefined;
    const typed = (data: Buffer) => this.typed(data);
    const closed = () => this.pull({ kind: "closed" });
    const room = () => this.vmx.holdOutput(false);
    const signalled = SIGNALS.map((signal) => ({ signal, heard: () => this.pull({ kind: "signal", signal }) }));
    // A terminal that has gone can't be read: that ends the input, not the machine.
    stdin.on("data", typed).on("error", () => undefined);
    stdout.on("error", closed).on("close", closed).on("drain", room);
    for (const { signal, heard } of signalled) process.on(signal, heard);
    const end = new Promise<MachineEnd>((resolve) => {
      this.ended = resolve;
    });
    this.vmx.start();
    const result = await end;
    await flushed(this.cause !== null);
    for (const { signal, heard } of signalled) process.off(signal, heard);
    stdout.off("close", closed).off("drain", room);
    stdin.off("data", typed).pause();
    restore();
    return result;
  }

  /** The statistics, with the histograms of world switches. */
  async stats(): Promise<MachineStats> {
    return { ...(await this.vmx.stats()), worldSwitches: this.vmx.switchTimes() };
  }

  private hear(event: VmxEvent): void {
    switch (event.type) {
      case "output":
        // Node keeps what a slow reader doesn't take; holding the machine's output bounds it.
        if (event.port === 0 && !process.stdout.write(event.data)) this.vmx.holdOutput(true);
        break;
      case "inputTaken":
        if (event.port === 0) this.inputUnderWay -= event.bytes;
        if (this.inputUnderWay < INPUT_BYTES) process.stdin.resume();
        break;
      case "stopped":
        if (event.fault) this.ended({ kind: "fault", fault: event.fault });
        else this.ended(this.cause ?? { kind: "off" });
        break;
    }
  }

  private typed(data: Buffer): void {
    const { keys, leave } = process.stdin.isTTY ? this.escape.read(data) : { keys: data, leave: false };
    this.inputUnderWay += keys.length;
    if (this.inputUnderWay >= INPUT_BYTES) process.stdin.pause();
    if (keys.length > 0) this.vmx.write(0, keys);
    if (leave) this.pull({ kind: "left" });
  }

  private pull(cause: MachineEnd): void {
    this.cause ??= cause;
    this.vmx.stop();
  }
}

/** Standard output has taken everything; where the end was asked for, its reader is not waited for long. */
function flushed(impatient: boolean): Promise<void> {
  return new Promise((resolve) => {
    if (process.stdout.destroyed || process.stdout.writableLength === 0) return resolve();
    process.stdout.once("error", () => resolve());
    process.stdout.write("", () => resolve());
    if (impatient) setTimeout(resolve, FLUSH_MS);
  });
}
