/** `worldswitch completion bash|zsh|fish` prints a script for the shell; `completion names KIND` is what that script asks for. */
import type { Worldswitch } from "@worldswitch/client";
import { type Command, command } from "../command.js";
import { bashScript, fishScript, zshScript } from "../completion-scripts.js";
import { UsageError } from "../usage-error.js";

const scripts: Record<string, (commands: readonly Command[], others: readonly string[]) => string> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** What a shell takes as it is: bash expands the words that it is offered, and would run a `$(...)` that a server calls a machine. */
const plain = /^\w[\w.-]*$/;

/** @param others first words that lead elsewhere */
export function completionCommands(commands: () => readonly Command[], others: readonly string[]) {
  const names = command({
    words: ["completion", "names"],
    summary: "names that a shell may offer, one a line",
    operands: [{ name: "KIND", kind: "text" }],
    async run({ client, operands: [kind], io, signal }) {
      const found: string[] = [];
      // A shell that completes a word has no use for complaints.
      await collect(client, kind, found, signal).catch(() => {});
      io.stdout.write(
        found
          .filter((name) => plain.test(name))
          .map((name) => `${name}\n`)
          .join(""),
      );
      return undefined;
    },
  });
  const script = command({
    words: ["completion"],
    summary: "a script that completes words, for bash, zsh or fish",
    operands: [{ name: "SHELL", kind: "shell" }],
    details: `bash: source <(worldswitch completion bash)
zsh:  source <(worldswitch completion zsh)
fish: worldswitch completion fish | source`,
    async run({ operands: [shell], io }) {
      if (!Object.hasOwn(scripts, shell)) throw new UsageError(`SHELL is one of ${Object.keys(scripts).join(", ")}`);
      io.stdout.write(scripts[shell](commands(), others));
      return undefined;
    },
  });
  return [names, script];
}

async function collect(client: () => Promise<Worldswitch>, kind: string, found: string[], signal: AbortSignal): Promise<void> {
  const service = await client();
  switch (kind) {
    case "vm":
      for await (const { name } of service.vms.all({}, { signal })) found.push(name);
      break;
    case "image":
      for await (const { name } of service.images.all({}, { signal })) found.push(name);
      break;
    case "token":
      for await (const { name } of service.tokens.all({}, { signal })) found.push(name);
      break;
    case "project":
      for await (const { name } of service.projects.all({}, { signal })) found.push(name);
      break;
    case "operation":
      for await (const { id } of service.operations.all({ state: "queued,running" }, { signal })) found.push(id);
  }
}
