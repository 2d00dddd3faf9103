/** Commands on a shell that somebody else might be using just as well: by what is typed on a serial console, and what is seen there. */
import type { VmConsole } from "./console.js";
import { ConsoleError, TimeoutError, VmStateError } from "./errors.js";
import { commandLines, type Mark, mark, runLine } from "./shell-line.js";
import { ShellOutput } from "./shell-output.js";

export interface ShellOptions {
  /** Until the command has ended, and until a shell is there before. Default ten minutes. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** What the shell's prompt ends with. Default: one of `# $ % >`, perhaps with a space. */
  prompt?: RegExp;
}

export interface ShOptions extends ShellOptions {
  /** Told of the output as it comes. */
  onOutput?: (text: string) => void;
}

export interface ShResult {
  /** What the command printed, on both of its outputs; and what the kernel printed in between. */
  output: string;
  exitCode: number;
}

const defaultPrompt = /[#$%>] ?$/;
export const shellTimeoutMs = 10 * 60_000;
/** How long to look for a prompt before Enter is pressed for one. */
const silenceMs = 5_000;
/** How long a shell that shows a prompt may take for one echo. */
const answerMs = 20_000;
/** How long to wait for a prompt that is known to come; it may be drowned in what the kernel says. */
const settleMs = 1_000;
const ctrlC = "\x03";
const killLine = "\x15";

export class Shell {
  private live = false;
  /** A command was given up, and may still run: Ctrl-C is lost on a shell that is just about to begin one. */
  private abandoned = false;

  constructor(
    readonly console: VmConsole,
    private readonly options: ShellOptions = {},
  ) {}

  /**
   * Runs a command in a subshell. Nothing of it may read from the terminal.
   * @throws TimeoutError (Ctrl-C is pressed then), ConsoleError, VmStateError when the machine ends meanwhile
   */
  async sh(command: string, options: ShOptions = {}): Promise<ShResult> {
    const { timeoutMs = shellTimeoutMs, ...rest } = { ...this.options, ...options };
    const deadline = Date.now() + timeoutMs;
    if (command.includes("\0")) throw new ConsoleError("no shell takes a command with a NUL in it");
    const stop = this.console.on("exit", () => {
      this.live = false;
    });
    try {
      if (!this.live) await this.answer(deadline, rest);
      for (const line of commandLines(command)) await this.line(line, deadline, rest);
      return await this.run(deadline, timeoutMs, rest);
    } finally {
      stop();
    }
  }

  close(): void {
    this.console.close();
  }

  /** Until a shell has done something that it was told to. */
  private async answer(deadline: number, options: ShellOptions): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const { signal } = options;
      if (Date.now() >= deadline) throw new TimeoutError(`no shell answers on the console, which ends with ${JSON.stringify(this.end)}`);
      if (!(await this.seesPrompt(Math.min(silenceMs, deadline - Date.now()), options))) {
        // A screen that has gone quiet may have its prompt further up, with half a line of somebody's behind it, which is not to be run.
        await this.console.write(this.abandoned ? ctrlC : `${killLine}\r`);
        if (!(await this.seesPrompt(Math.min(silenceMs, deadline - Date.now()), options))) continue;
      }
      const alive = mark("alive", nonce());
      this.console.discard();
      // Whatever an earlier attempt has left unfinished is given up.
      await this.console.write(`${attempt > 0 ? ctrlC : ""}${killLine}echo ${alive.typed}\r`);
      if (await this.comes(alive, Math.min(answerMs, deadline - Date.now()), signal)) break;
    }
    await this.seesPrompt(settleMs, options);
    this.abandoned = false;
    this.live = true;
  }

  /** Types a line and waits until it has been carried out. */
  private async line(line: string, deadline: number, options: ShellOptions): Promise<void> {
    const done = mark("done", nonce());
    await this.console.write(`${line}; echo ${done.typed}\r`);
    if (!(await this.comes(done, deadline - Date.now(), options.signal))) throw this.silent();
    await this.seesPrompt(settleMs, options);
  }

  private async run(deadline: number, timeoutMs: number, { signal, onOutput, prompt }: ShOptions): Promise<ShResult> {
    const id = nonce();
    const [begin, end] = [mark("begin", id), mark("end", id)];
    const output = new ShellOutput(begin, end, onOutput);
    let failure: Error | null = null;
    const stops = [
      this.console.on("data", (bytes) => {
        try {
          output.add(bytes);
        } catch (error) {
          failure = error as Error;
        }
      }),
      this.console.on("skip", ({ from, to }) => {
        failure ??= new ConsoleError(`the command printed faster than it could be read: ${to - from} bytes of its output are missing`);
      }),
      this.console.on("exit", ({ reason }) => {
        failure ??= new VmStateError(`the machine ended while the command ran: ${reason}`);
      }),
    ];
    try {
      await this.console.write(`${runLine(begin, end)}\r`);
      const late = () =>
        new TimeoutError(
          `the command has not ended within ${timeoutMs / 1000} s; its output ends with ${JSON.stringify(output.output.slice(-200))}`,
        );
      const ended = () => {
        if (failure) throw failure;
        return output.exitCode;
      };
      const exitCode = await this.console.until(ended, { timeoutMs: deadline - Date.now(), signal, late });
      await this.seesPrompt(settleMs, { signal, prompt });
      return { output: output.output, exitCode };
    } catch (error) {
      this.live = false;
      this.abandoned = true;
      // The next command shall find a shell that listens.
      if (!this.console.over && !(error instanceof VmStateError)) await this.console.write(ctrlC).catch(() => {});
      throw error;
    } finally {
      for (const stop of stops) stop();
    }
  }

  private get end(): string {
    return this.console.text.slice(-200);
  }

  private silent(): TimeoutError {
    this.live = false;
    return new TimeoutError(`the shell does not answer any more; the console ends with ${JSON.stringify(this.end)}`);
  }

  private async comes(awaited: Mark, timeoutMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    return before(this.console.expect(awaited.printed, { timeoutMs, signal }));
  }

  private seesPrompt(timeoutMs: number, { prompt = defaultPrompt, signal }: ShellOptions): Promise<boolean> {
    const look = () => prompt.test(withoutEscapes(this.end)) || null;
    return before(this.console.until(look, { timeoutMs, signal }));
  }
}

/** Whether it came before time was up. */
async function before(coming: Promise<unknown>): Promise<boolean> {
  try {
    await coming;
    return true;
  } catch (error) {
    if (error instanceof TimeoutError) return false;
    throw error;
  }
}

/** What moves the cursor and colours the text (ECMA-48 control sequences) is no text. */
function withoutEscapes(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Escape is what these sequences begin with
  return text.replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, "");
}

function nonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
