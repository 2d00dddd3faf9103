import { parseArgs } from "node:util";
import type { ClockKind, Engine } from "../vmx/spec.js";

export const runUsage = `usage: worldswitch run --kernel FILE [--initrd FILE] [options]
       worldswitch run --image NAME [options]

Runs one machine in the foreground, its first serial port on this terminal.

  --image NAME          an image of the catalog ("worldswitch images list"), prepared if it isn't yet
  --kernel FILE         a bzImage; --initrd FILE goes with it
  --append "WORDS"      kernel command line; with --image, what is added to its own
  --memory MIB          32 to 2048, default 128 or what the image asks for
  --engine NAME         interpreter, translator or auto (default)
  --clock NAME          host (default), or deterministic: the count of instructions
  --stats FILE          writes the final statistics there, as JSON

On a terminal: Ctrl-A x ends the machine, Ctrl-A Ctrl-A types Ctrl-A.
Exit code: 0 the guest powered itself off, 3 it ended with a fault, 2 wrong use, 1 anything else, 128 + n on signal n.
`;

export interface RunOptions {
  /** Exactly one of `image` and `kernel`. */
  image?: string;
  kernel?: string;
  initrd?: string;
  append: string;
  memoryMiB?: number;
  engine: Engine;
  clock: ClockKind;
  stats?: string;
}

export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** @returns null when help is asked for. @throws UsageError */
export function runOptions(args: readonly string[]): RunOptions | null {
  const values = parse(args);
  if (values.help) return null;
  const { image, kernel, initrd, append = "", memory, engine = "auto", clock = "host", stats } = values;
  if ((image === undefined) === (kernel === undefined)) throw new UsageError("give either --image or --kernel");
  if (image !== undefined && initrd !== undefined) throw new UsageError("--initrd goes with --kernel");
  if (engine !== "interpreter" && engine !== "translator" && engine !== "auto") throw new UsageError(`there is no engine ${engine}`);
  if (clock !== "host" && clock !== "deterministic") throw new UsageError(`there is no clock ${clock}`);
  return { image, kernel, initrd, append, memoryMiB: memory === undefined ? undefined : memoryMiB(memory), engine, clock, stats };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    const options = { image: text, kernel: text, initrd: text, append: text, memory: text, engine: text, clock: text, stats: text };
    return parseArgs({ args: [...args], options: { ...options, help: { type: "boolean", short: "h" } }, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function memoryMiB(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 32 || value > 2048) throw new UsageError("--memory is a whole number from 32 to 2048, in MiB");
  return value;
}
