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
  /** The guest gave an exit code, by the debug exit port. */
  | { kind: "exit"; code: number }
  /** Ctrl-A x. */
  | { kind: "left" }
  /** Standard output, or standard error, was closed. */
  | { kind: "closed" }
  | { kind: "signal"; signal: (typeof SIGNALS)[number] };

/** A machine whose first serial port is this process's standard input and output; bytes of debug ports go to standard error. */
export class ForegroundMachine {
  private readonly vmx: Vmx;
  private readonly escape = new EscapeKeys();
  private inputUnderWay = 0;
  /** Streams that don't take more at present. */
  private readonly full = new Set<NodeJS.WriteStream>();
  /** Why the plug is being pulled. */
  private cause: MachineEnd | null = null;
  /** What the machine said at its end of where time went; "" unless it was asked to. */
  profile = "";
  private ended: (end: MachineEnd) => void = () => undefined;

  constructor(spec: MachineSpec) {
    this.vmx = new Vmx(spec, (event) => this.hear(event));
  }

  /** Resolves when the machine has ended and what it wrote is out. Called once. */
  async run(): Promise<MachineEnd> {
    const { stdin, stdout, stderr } = process;
    const restore = stdin.isTTY ? rawTerminal(stdin) : () => undefined;
    const typed = (data: Buffer) => this.typed(data);
    const closed = () => this.pull({ kind: "closed" });
    const outputs = [stdout, stderr].map((stream) => ({ stream, room: () => this.room(stream) }));
    const signalled = SIGNALS.map((signal) => ({ signal, heard: () => this.pull({ kind: "signal", signal }) }));
    // A terminal that has gone can't be read: that ends the input, not the machine.
    stdin.on("data", typed).on("error", () => undefined);
    for (const { stream, room } of outputs) stream.on("error", closed).on("close", closed).on("drain", room);
    for (const { signal, heard } of signalled) process.on(signal, heard);
    const end = new Promise<MachineEnd>((resolve) => {
      this.ended = resolve;
    });
    this.vmx.start();
    const result = await end;
    await Promise.all(outputs.map(({ stream }) => flushed(stream, this.cause !== null)));
    for (const { signal, heard } of signalled) process.off(signal, heard);
    for (const { stream, room } of outputs) stream.off("close", closed).off("drain", room);
    stdin.off("data", typed).pause();
    restore();
    return result;
  }

  stats(): Promise<MachineStats> {
    return this.vmx.stats();
  }

  private hear(event: VmxEvent): void {
    switch (event.type) {
      case "output":
        if (event.port === 0) this.write(process.stdout, event.data);
        break;
      case "debug":
        this.write(process.stderr, event.data);
        break;
      case "inputTaken":
        if (event.port === 0) this.inputUnderWay -= event.bytes;
        if (this.inputUnderWay < INPUT_BYTES) process.stdin.resume();
        break;
      case "stopped":
        this.profile = event.profile ?? "";
        if (event.fault) this.ended({ kind: "fault", fault: event.fault });
        else if (event.exitCode !== undefined) this.ended({ kind: "exit", code: event.exitCode });
        else this.ended(this.cause ?? { kind: "off" });
        break;
    }
  }

  /** Node keeps what a slow reader doesn't take; holding the machine's output bounds it. */
  private write(stream: NodeJS.WriteStream, data: Uint8Array): void {
    if (stream.write(data)) return;
    this.full.add(stream);
    this.vmx.holdOutput(true);
  }
  private room(stream: NodeJS.WriteStream): void {
    this.full.delete(stream);
    if (this.full.size === 0) this.vmx.holdOutput(false);
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

/** The stream has taken everything; where the end was asked for, its reader is not waited for long. */
function flushed(stream: NodeJS.WriteStream, impatient: boolean): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) return resolve();
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
    if (impatient) setTimeout(resolve, FLUSH_MS);
  });
}
