/** A command on a terminal of its own, which util-linux's `script` makes. */
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

/** Why there is none; null: there is. */
export const whyNoTerminal =
  spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0 ? null : "script (util-linux) does not work here";

export class TerminalCommand {
  /** What is on the screen: both outputs, as they came. */
  screen = "";
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly ended: Promise<number>;
  private changed = () => {};
  private over = false;

  constructor(command: string[], env: Record<string, string>) {
    const words = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    const { PATH = "" } = process.env;
    this.child = spawn("script", ["-qec", words, "/dev/null"], {
      env: { PATH, TERM: "dumb", SHELL: "/bin/sh", ...env },
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.child.stdout.on("data", (bytes: Buffer) => {
      this.screen += bytes.toString("latin1");
      this.changed();
    });
    this.ended = once(this.child, "close").then(([code]) => {
      this.over = true;
      this.changed();
      return code as number;
    });
  }

  type(keys: string): void {
    this.child.stdin.write(keys, "latin1");
  }

  /** Waits until the screen has shown it, behind all that was waited for before. */
  async shows(text: string): Promise<void> {
    for (;;) {
      const at = this.screen.indexOf(text, this.read);
      if (at >= 0) {
        this.read = at + text.length;
        return;
      }
      if (this.over) throw new Error(`ended without ${JSON.stringify(text)}: ${JSON.stringify(this.screen.slice(-1000))}`);
      await new Promise<void>((resolve) => {
        this.changed = resolve;
      });
    }
  }

  /** Its exit code. */
  end(): Promise<number> {
    return this.ended;
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  private read = 0;
}
