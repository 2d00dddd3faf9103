import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Logger } from "pino";
import { MALLOC_LIMITS } from "../vmx/malloc-limits.js";
import type { FromVm, ToVm } from "../vmx/protocol.js";
import { programFile } from "../world/built-monitor.js";

export interface VmIdentity {
  vmId: string;
  hostId: string;
  generation: number;
}

/** How a VM process ended: what the operating system says. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Longest message of console bytes that the protocol allows. */
const longestOutput = 64 * 1024;

/** Marks a host's VM processes in the process table, for people and for the search for orphans. */
export const hostMark = (hostId: string) => `--host=${hostId}`;

/**
 * One forked VM process. It ends when this process ends: its IPC channel closes. What it sends is checked, since the guest in it may have got the better of it.
 */
export class VmProcess {
  readonly exited: Promise<Exit>;
  private readonly child: ChildProcess;

  /**
   * Calls `receive` for each message, in order, and not after `exited` has resolved.
   * @param program what the process runs, if not the monitor
   */
  constructor(program: string | undefined, identity: VmIdentity, receive: (message: FromVm) => void, log: Logger) {
    const args = [`--vm=${identity.vmId}`, hostMark(identity.hostId), `--generation=${identity.generation}`];
    // A session of its own: Ctrl-C in a terminal is for the server, which then shuts the guests down.
    this.child = fork(program ?? programFile("vmx/process"), args, {
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      execArgv: [],
      env: { ...MALLOC_LIMITS, ...process.env },
      detached: true,
    });
    this.child.on("message", (message) => {
      if (isFromVm(message)) return receive(message);
      log.error("the VM process broke the protocol: ended");
      this.kill();
    });
    this.child.on("error", (error) => log.error({ err: error }, "VM process"));
    logLines(this.child.stdout, (line) => log.info({ line }, "VM process says"));
    logLines(this.child.stderr, (line) => log.warn({ line }, "VM process says"));
    this.exited = new Promise((resolve) => {
      // `close` comes after the last message; `exit` may come before it. Without a process there is only `error`.
      this.child.once("close", (code, signal) => resolve({ code, signal }));
      this.child.once("error", () => {
        if (this.child.pid === undefined) resolve({ code: null, signal: null });
      });
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** A message to a process that has gone is lost: its exit is what counts. */
  send(message: ToVm): void {
    if (this.child.connected) this.child.send(message, () => {});
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }
}

function logLines(stream: Readable | null, write: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on("line", (line) => write(line.slice(0, 4096)));
}

const answers = new Set(["started", "paused", "resumed", "reset", "stats", "stopped"]);

function isFromVm(message: unknown): message is FromVm {
  if (typeof message !== "object" || message === null || !("type" in message)) return false;
  const { type, port, data, bytes } = message as { type: unknown; port?: unknown; data?: unknown; bytes?: unknown };
  if (type === "output") return isPort(port) && data instanceof Uint8Array && data.length <= longestOutput;
  if (type === "inputTaken") return isPort(port) && Number.isSafeInteger(bytes) && (bytes as number) >= 0;
  return typeof type === "string" && answers.has(type);
}

const isPort = (port: unknown) => port === 0 || port === 1;
