import { parseArgs } from "node:util";
import type { ClockKind, DebugFacilities, Engine } from "../vmx/spec.js";

export const runUsage = `usage: worldswitch run --image NAME [options]
       worldswitch run --kernel FILE [--initrd FILE] [options]
       worldswitch run --multiboot FILE [--module "FILE WORDS"]... [options]
       worldswitch run --rom FILE [options]

Runs one machine in the foreground, its first serial port on this terminal.

  --image NAME          an image of the catalog ("worldswitch images list"), prepared if it isn't yet
  --kernel FILE         a bzImage; --initrd FILE goes with it
  --multiboot FILE      a Multiboot 1 kernel, ELF or with address fields, plain or gzip; any number of --module
  --rom FILE            a firmware ROM, up to 16 MiB: ends at 4 GiB, and its last 128 KiB at 1 MiB
  --append "WORDS"      kernel command line; with --image, what is added to its own
  --memory MIB          32 to 2048, default 128 or what the image asks for
  --engine NAME         interpreter, translator or auto (default)
  --clock NAME          host (default), or deterministic: the count of instructions
  --debug-exit          a write of VALUE to port 0xF4 ends the run with exit code (VALUE << 1) | 1
  --debug-ports LIST    bytes written to these ports (as 0xE9,0x190) go to standard error
  --stats FILE          writes the final statistics there, as JSON, and a table of world switches to standard error
  --lockstep            runs two machines side by side, one by the interpreter alone, compares them all the time, and names the first instruction that
                        they differ in; goes by the deterministic clock
  --lockstep-every N    compares every N instructions, 50000 (default) at most
  --force-bt            translates application code as system code is: to see what direct execution gains
  --cold                translates everything anew, and keeps nothing: without, the machine has translations of earlier ones that booted the same
  --profile             prints the hottest translated code to standard error at the end

On a terminal: Ctrl-A x ends the machine, Ctrl-A Ctrl-A types Ctrl-A.
Exit code: 0 the guest powered itself off, 3 it ended with a fault, 4 machines in lockstep differ, 2 wrong use, 1 anything else, 128 + n on signal n; or what the guest said by
--debug-exit.
`;

/** What to run. A Multiboot module is its file, and the words that follow. */
export type Source =
  | { kind: "image"; name: string }
  | { kind: "linux"; kernel: string; initrd?: string }
  | { kind: "multiboot"; kernel: string; modules: { file: string; cmdline: string }[] }
  | { kind: "rom"; rom: string };

export interface RunOptions {
  source: Source;
  append: string;
  memoryMiB?: number;
  engine: Engine;
  clock: ClockKind;
  /** Instructions between two comparisons of machines in lockstep. */
  lockstep?: { every: number };
  debug?: DebugFacilities;
  stats?: string;
  profile: boolean;
  cold: boolean;
  forceBinaryTranslation: boolean;
}

export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Machines in lockstep are compared at least once in a slice: there is room for no more output than that of one. */
const MOST_INSTRUCTIONS = 50_000;
const LAST_PORT = 0xffff;
const MOST_DEBUG_PORTS = 64;

/** @returns null when help is asked for. @throws UsageError */
export function runOptions(args: readonly string[]): RunOptions | null {
  const values = parse(args);
  if (values.help) return null;
  const { append = "", memory, engine = "auto", stats, profile = false, cold = false } = values;
  const lockstep = lockstepOf(values);
  const { clock = lockstep ? "deterministic" : "host" } = values;
  if (lockstep && clock === "host") throw new UsageError("--lockstep goes by the deterministic clock");
  const source = sourceOf(values);
  if (source.kind === "rom" && append !== "") throw new UsageError("--append does not go with --rom");
  if (engine !== "interpreter" && engine !== "translator" && engine !== "auto") throw new UsageError(`there is no engine ${engine}`);
  if (clock !== "host" && clock !== "deterministic") throw new UsageError(`there is no clock ${clock}`);
  const ports = debugPorts(values["debug-ports"]);
  const debug = values["debug-exit"] || ports.length > 0 ? { exit: values["debug-exit"] ?? false, ports } : undefined;
  return {
    source,
    append,
    memoryMiB: memory === undefined ? undefined : memoryMiB(memory),
    engine,
    clock,
    lockstep,
    debug,
    stats,
    profile,
    cold,
    forceBinaryTranslation: values["force-bt"] ?? false,
  };
}

type Values = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const sources = { image: text, kernel: text, initrd: text, multiboot: text, module: { ...text, multiple: true }, rom: text } as const;
  const lockstep = { lockstep: flag, "lockstep-every": text } as const;
  const debug = { "debug-exit": flag, "debug-ports": text } as const;
  const options = {
    ...sources,
    append: text,
    memory: text,
    engine: text,
    clock: text,
    ...debug,
    ...lockstep,
    stats: text,
    profile: flag,
    cold: flag,
    "force-bt": flag,
  } as const;
  try {
    return parseArgs({ args: [...args], options: { ...options, help: { type: "boolean", short: "h" } }, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function sourceOf({ image, kernel, initrd, multiboot, module: modules = [], rom }: Values): Source {
  if ([image, kernel, multiboot, rom].filter((given) => given !== undefined).length !== 1)
    throw new UsageError("give one of --image, --kernel, --multiboot and --rom");
  if (initrd !== undefined && kernel === undefined) throw new UsageError("--initrd goes with --kernel");
  if (modules.length > 0 && multiboot === undefined) throw new UsageError("--module goes with --multiboot");
  if (image !== undefined) return { kind: "image", name: image };
  if (kernel !== undefined) return { kind: "linux", kernel, initrd };
  if (rom !== undefined) return { kind: "rom", rom };
  // The file's name is the first word of what the module is told, as boot loaders have it.
  return { kind: "multiboot", kernel: multiboot ?? "", modules: modules.map((cmdline) => ({ file: cmdline.split(" ")[0], cmdline })) };
}

function memoryMiB(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 32 || value > 2048) throw new UsageError("--memory is a whole number from 32 to 2048, in MiB");
  return value;
}

function lockstepOf(values: Values): RunOptions["lockstep"] {
  const text = values["lockstep-every"];
  if (!values.lockstep) {
    if (text !== undefined) throw new UsageError("--lockstep-every goes with --lockstep");
    return undefined;
  }
  const every = Number(text ?? MOST_INSTRUCTIONS);
  if (!Number.isInteger(every) || every < 1 || every > MOST_INSTRUCTIONS)
    throw new UsageError(`--lockstep-every is a whole number from 1 to ${MOST_INSTRUCTIONS}`);
  return { every };
}

function debugPorts(list: string | undefined): number[] {
  const ports = (list?.split(",") ?? []).map((word) => {
    const port = /^\s*(0x[0-9a-f]+|\d+)\s*$/i.test(word) ? Number(word) : Number.NaN;
    if (!(port <= LAST_PORT)) throw new UsageError(`--debug-ports is a list of ports up to 0xFFFF, and not ${JSON.stringify(word)}`);
    return port;
  });
  if (ports.length > MOST_DEBUG_PORTS) throw new UsageError(`--debug-ports takes at most ${MOST_DEBUG_PORTS} ports`);
  return ports;
}
