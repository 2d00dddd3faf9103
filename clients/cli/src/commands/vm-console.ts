/** What a machine says, and what is said to it. */
import { TimeoutError, WorldswitchError } from "@worldswitch/client";
import { command } from "../command.js";
import { keysHelp } from "../console-keys.js";
import { failureOf, Interrupted } from "../failure.js";
import { writeAll } from "../io.js";
import { print } from "../printing.js";
import { secondsOf, wholeNumber } from "../quantities.js";
import { machines } from "../references.js";
import { attachTerminal } from "../terminal.js";

const vmOperand = { name: "VM", kind: "vm" } as const;
const port = { port: { type: "string", choices: ["0", "1"], summary: "0 is COM1 (default), 1 is COM2" } } as const;
const takeOver = { "take-over": { type: "boolean", summary: "take the keyboard from whoever has it" } } as const;
/** Of `vm sh`, where every smaller code may be the command's. */
const couldNotRun = 255;

function portOf(given: string | undefined): 0 | 1 {
  return given === "1" ? 1 : 0;
}

const consoleCommand = command({
  words: ["vm", "console"],
  summary: "a machine's serial console, on this terminal",
  operands: [vmOperand],
  options: {
    ...port,
    ...takeOver,
    watch: { type: "boolean", summary: "type nothing" },
    from: { type: "string", value: "OFFSET|end", summary: "begin there; default: all that is kept is shown first" },
  },
  details: `It stays open across stops, starts and cut connections, until the machine is deleted or you leave:\n\n${keysHelp.replace(/^/gm, "  ").trimEnd()}`,
  async run({ client, operands, values, io, signal }) {
    const [vm] = await machines(await client(), operands, signal);
    const { from, watch = false } = values;
    const opened = vm.console({
      port: portOf(values.port),
      takeOver: values["take-over"],
      ...(watch ? { role: "viewer" } : {}),
      from: from === "end" ? from : wholeNumber("from", from),
    });
    await attachTerminal(opened, io, { watch, signal });
    return undefined;
  },
});

const logs = command({
  words: ["vm", "logs"],
  summary: "what the console has shown, as far as it is kept",
  operands: [vmOperand],
  options: {
    ...port,
    follow: { type: "boolean", short: "f", summary: "go on with what comes, until the machine is deleted" },
    from: { type: "string", value: "OFFSET", summary: "begin with this byte" },
  },
  details: "With --json: where it begins, and the bytes in base64.",
  async run({ client, operands, values, io, signal, json }) {
    const [vm] = await machines(await client(), operands, signal);
    const from = wholeNumber("from", values.from);
    if (!values.follow) {
      const { offset, bytes } = await vm.log({ port: portOf(values.port), from, signal });
      if (json) print({ io, json }, { offset, base64: Buffer.from(bytes).toString("base64") }, "");
      else await writeAll(io.stdout, bytes, signal);
      return undefined;
    }
    const opened = vm.console({ port: portOf(values.port), from, role: "viewer", signal });
    for await (const bytes of opened) {
      if (json)
        io.stdout.write(
          `${JSON.stringify({ offset: (opened.position ?? 0) - bytes.length, base64: Buffer.from(bytes).toString("base64") })}\n`,
        );
      else await writeAll(io.stdout, bytes, signal);
    }
    return undefined;
  },
});

const sh = command({
  words: ["vm", "sh"],
  summary: "run a command on a machine's shell, and end as it ended",
  operands: [vmOperand, { name: "COMMAND", kind: "text", many: true }],
  options: {
    ...port,
    ...takeOver,
    timeout: { type: "string", value: "TIME", summary: "give up after this time: 90, 15m; default 10m" },
  },
  details: `Waits for the shell's prompt, types the command and prints what it prints. The words are put together as ssh does it; those that begin with a hyphen stand
behind "--": worldswitch vm sh demo -- ls -l /`,
  async run({ client, operands: [reference, ...words], values, io, signal, json }) {
    const timeoutMs = values.timeout === undefined ? undefined : secondsOf("timeout", values.timeout) * 1000;
    try {
      const [vm] = await machines(await client(), [reference], signal);
      const onOutput = json ? undefined : (text: string) => void io.stdout.write(text);
      const options = {
        port: portOf(values.port),
        takeOver: values["take-over"],
        signal,
        onOutput,
        timeoutMs,
      };
      const { output, exitCode } = await vm.sh(words.join(" "), options);
      if (json) print({ io, json }, { output, exitCode }, "");
      return json ? 0 : exitCode;
    } catch (error) {
      if (error instanceof Interrupted || !(error instanceof WorldswitchError || error instanceof TimeoutError)) throw error;
      io.stderr.write(`worldswitch: ${failureOf(error)?.message}\n`);
      return couldNotRun;
    }
  },
});

export const vmConsoleCommands = [consoleCommand, logs, sh];
