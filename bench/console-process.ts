/** A command whose standard input and output are a guest's console: in a process group of its own, which ends when we do. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { type ResourceUse, resourceUse } from "./resource-use.js";

export type Command = readonly [string, ...string[]];

const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const TAIL = 2000;
/** Time to write statistics in, after SIGTERM. */
const END_MS = 10_000;

export class ConsoleProcess {
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private recent = "";
  /** The exit code, null where a signal ended it; when it has ended, and all that it started. */
  readonly ended: Promise<number | null>;

  /** @param hear gets what appears on the console, in pieces of any length, until the process has ended */
  constructor(argv: Command, hear: (text: string) => void = () => undefined) {
    const child = spawn(argv[0], argv.slice(1), { stdio: ["pipe", "pipe", "pipe"], detached: true });
    this.child = child;
    // In a group of its own it doesn't get the terminal's signals: whatever ends us ends it.
    const abandon = () => process.exit(1);
    const endWithUs = () => this.signal("SIGKILL");
    process.on("exit", endWithUs);
    for (const signal of ENDING_SIGNALS) process.on(signal, abandon);
    const keep = (text: string) => {
      this.recent = (this.recent + text).slice(-TAIL);
    };
    child.stdout.setEncoding("latin1").on("data", (text: string) => {
      keep(text);
      hear(text);
    });
    // What the engine itself has to say is no part of the console, but may explain its end.
    child.stderr.setEncoding("latin1").on("data", keep);
    child.on("error", (error) => keep(error.message));
    // It may have ended while we write.
    child.stdin.on("error", () => undefined);
    this.ended = once(child, "close")
      .then(([code]) => code as number | null)
      .catch(() => null)
      .finally(() => {
        // What it left behind in its group, if anything.
        this.signal("SIGKILL");
        process.off("exit", endWithUs);
        for (const signal of ENDING_SIGNALS) process.off(signal, abandon);
      });
  }

  /** The last 2,000 characters of the console, and of standard error. */
  get tail(): string {
    return this.recent;
  }

  get use(): ResourceUse {
    return resourceUse(this.child.pid ?? 0);
  }

  type(text: string): void {
    this.child.stdin.write(text, "latin1");
  }

  /** Ends it by SIGTERM, and by SIGKILL where that is not enough. */
  async end(): Promise<void> {
    this.signal("SIGTERM");
    const impatient = setTimeout(() => this.kill(), END_MS);
    await this.ended;
    clearTimeout(impatient);
  }

  kill(): void {
    this.signal("SIGKILL");
  }

  private signal(signal: NodeJS.Signals): void {
    if (this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** Turns pieces of text into lines, without their ends. */
export function byLine(hear: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) hear(line.replaceAll("\r", ""));
  };
}
