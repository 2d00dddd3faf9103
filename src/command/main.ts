/** The one command. Each subcommand is loaded when it is asked for: `run` needs no database, and starts faster without one. */
import { readFileSync } from "node:fs";
import { beginAgainWithMallocLimits } from "../vmx/malloc-limits.js";
import { keepCompiledCode } from "./compile-cache.js";
import type { Start } from "./start.js";

const usage = `usage: worldswitch COMMAND

  serve     API server, worker and database in one process tree
  api       an API server on DATABASE_URL
  worker    runs machines on this host for API servers on DATABASE_URL
  sign-in   prints a link that signs a browser in to the dashboard
  run       runs one machine in the foreground, its console on this terminal
  images    list, prepare, export and import the images that come with it

With a server, here or elsewhere:

  vm, image, operation, token, project, host
            list them, make them, end them; "vm console" is a machine's console on this terminal, "vm sh" runs a command in it
  events    what happens, as it happens
  completion
            a script that completes words, for bash, zsh or fish

worldswitch COMMAND --help says more.
`;

async function main([command, ...args]: string[]): Promise<number | null> {
  switch (command) {
    case "serve":
      return server(args, async (start) => (await import("./serve.js")).serveCommand(start));
    case "api":
      return server(args, async (start) => (await import("./api.js")).apiCommand(start));
    case "worker":
      return server(args, async (start) => (await import("./worker.js")).workerCommand(start));
    case "run":
      beginAgainWithMallocLimits();
      return (await import("./run.js")).runCommand(args);
    case "sign-in":
      return (await import("./sign-in.js")).signInCommand(args);
    case "images":
      return (await import("./images.js")).imagesCommand(args);
    case "vm":
    case "image":
    case "operation":
    case "events":
    case "token":
    case "project":
    case "host":
    case "completion":
      return (await import("@worldswitch/cli")).main([command, ...args]);
    case "--version":
      process.stdout.write(`${JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version}\n`);
      return 0;
    case "--help":
    case "-h":
    case "help":
      process.stdout.write(usage);
      return 0;
    default:
      process.stderr.write(command === undefined ? usage : `worldswitch: there is no command ${JSON.stringify(command)}\n\n${usage}`);
      return 2;
  }
}

/** Servers take no arguments: the environment says everything. They run until their lifetime ends them. */
async function server(args: string[], begin: (start: Start) => Promise<void>): Promise<number | null> {
  if (args.length > 0) {
    process.stderr.write(`worldswitch: unexpected argument ${JSON.stringify(args[0])}; servers are configured by the environment\n`);
    return 2;
  }
  const { startServer } = await import("./start.js");
  return startServer(process.env, begin);
}

keepCompiledCode();
/** null: goes on by itself. */
const code = await main(process.argv.slice(2));
if (code !== null) process.exit(code);
