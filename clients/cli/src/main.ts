/** Machines of a server from the command line. */
import { Worldswitch } from "@worldswitch/client";
import type { Command, Invocation, OptionSpecs } from "./command.js";
import { completionCommands } from "./commands/completion.js";
import { eventsCommand } from "./commands/events.js";
import { hostCommand } from "./commands/host.js";
import { imageCommands } from "./commands/image.js";
import { operationCommands } from "./commands/operation.js";
import { projectCommands } from "./commands/project.js";
import { tokenCommands } from "./commands/token.js";
import { vmCommands } from "./commands/vm.js";
import { vmConsoleCommands } from "./commands/vm-console.js";
import { vmStatsCommand } from "./commands/vm-stats.js";
import { configurationOf, configurationPath } from "./configuration.js";
import { exitCodes } from "./exit-codes.js";
import { failureOf, Interrupted, ReaderGone } from "./failure.js";
import { commandHelp, overview } from "./help.js";
import type { Io } from "./io.js";
import { checkOperands, findCommand, parseCommand } from "./parsing.js";
import { printable } from "./table.js";
import { UsageError } from "./usage-error.js";

/** What `worldswitch` does on this machine, without this package. */
const local = ["serve", "api", "worker", "sign-in", "run", "images"];

const commands: readonly Command[] = [
  ...vmCommands,
  ...vmConsoleCommands,
  vmStatsCommand,
  ...imageCommands,
  ...operationCommands,
  eventsCommand,
  ...tokenCommands,
  ...projectCommands,
  hostCommand,
  ...completionCommands(() => commands, local),
];

/** A person waits: whoever is not there is not asked for long. */
const retries = 2;

/** First words of what this runs. */
const groups: readonly string[] = [...new Set(commands.map(({ words }) => words[0]))];

/** Gives the exit code. */
export async function main(args: readonly string[], io: Io = process): Promise<number> {
  const command = findCommand(commands, args);
  if (command === undefined) return withoutCommand(args, io);
  const stopping = new AbortController();
  const interrupt = () => stopping.abort(new Interrupted());
  const readerGone = (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") stopping.abort(new ReaderGone());
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  io.stdout.on("error", readerGone);
  try {
    return (await run(command, args.slice(command.words.length), io, stopping.signal)) ?? exitCodes.done;
  } catch (error) {
    // Whatever an interruption makes fail, it was the interruption.
    const failure = failureOf(stopping.signal.aborted ? stopping.signal.reason : error);
    if (failure === null) throw error;
    if (failure.message !== null) io.stderr.write(`worldswitch: ${printable(failure.message)}\n`);
    if (error instanceof UsageError) io.stderr.write(`worldswitch ${command.words.join(" ")} --help says more\n`);
    return failure.code;
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    io.stdout.off("error", readerGone);
  }
}

async function run(command: Command, args: readonly string[], io: Io, signal: AbortSignal): Promise<number | undefined> {
  const { common, values, operands } = parseCommand(command, args);
  if (common.help) {
    io.stdout.write(commandHelp(command));
    return exitCodes.done;
  }
  checkOperands(command.operands, operands);
  const client = once(async () => {
    const { token, ...where } = await configurationOf(common, io.env);
    if (token === undefined) throw new UsageError(noToken(where.url, io));
    return new Worldswitch({ ...where, token, retries });
  });
  const invocation: Invocation<OptionSpecs> = { operands, values, json: common.json ?? false, client, io, signal };
  return command.run(invocation);
}

/** Of a whole group, or of everything. */
function withoutCommand([word, second]: readonly string[], io: Io): number {
  const group = word !== undefined && groups.includes(word) ? word : null;
  const asked = [word, second].some((each) => each === "--help" || each === "-h");
  if (asked) {
    io.stdout.write(overview(commands, group));
    return exitCodes.done;
  }
  const unknown = group === null ? word : second;
  const complaint =
    unknown === undefined ? "" : `worldswitch: there is no command ${JSON.stringify([group, unknown].filter(Boolean).join(" "))}\n\n`;
  io.stderr.write(complaint + overview(commands, group));
  return exitCodes.usage;
}

function noToken(url: string, { env }: Io): string {
  return `no token for ${url}: set WORLDSWITCH_TOKEN, put one into ${configurationPath(env)}, or, for a server on this machine, WORLDSWITCH_DATA to its data folder`;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
