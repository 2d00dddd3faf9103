/** A console on this terminal. */
import { ConsoleError, type VmConsole } from "@worldswitch/client";
import { ConsoleKeys, keysHelp, type Wish } from "./console-keys.js";
import { type Io, writeAll } from "./io.js";

export interface TerminalOptions {
  /** Does not type, whatever comes in. */
  watch: boolean;
  signal: AbortSignal;
}

/** Until the person leaves or the machine is deleted. The terminal is as it was, however this ends. */
export async function attachTerminal(opened: VmConsole, { stdin, stdout, stderr }: Io, { watch, signal }: TerminalOptions): Promise<void> {
  const person = Boolean(stdin.isTTY && stdin.setRawMode);
  /** On a raw terminal a newline alone does not go back to the first column. */
  const say = (text: string) => stderr.write(person ? `\r\n${text.trimEnd().replaceAll("\n", "\r\n")}\r\n` : text);
  const stops = tellOf(opened, watch, person, (text) => say(`[${text}]\n`));
  const restore = person ? rawMode(stdin) : () => {};
  const leaving = new AbortController();
  try {
    const shown = show(opened, stdout, signal);
    if (!watch || person) {
      stdin.on("data", type(opened, watch, say, leaving));
      stdin.resume();
    }
    await Promise.race([shown, aborted(signal), aborted(leaving.signal)]);
    signal.throwIfAborted();
  } finally {
    for (const stop of stops) stop();
    opened.close();
    stdin.pause();
    stdin.removeAllListeners("data");
    restore();
  }
}

async function show(opened: VmConsole, stdout: Io["stdout"], signal: AbortSignal): Promise<void> {
  for await (const bytes of opened) await writeAll(stdout, bytes, signal);
  await opened.closed;
}

function type(opened: VmConsole, watch: boolean, say: (text: string) => void, leaving: AbortController): (bytes: Buffer) => void {
  const keys = new ConsoleKeys();
  // One after the other, however long each takes.
  let typed = Promise.resolve();
  const failed = (error: unknown) => {
    if (error instanceof ConsoleError && !opened.over) say(`[${error.message}]\n`);
  };
  const obey: Record<Wish, () => void> = {
    leave: () => leaving.abort(),
    help: () => say(keysHelp),
    "take over": () => void opened.takeOver().catch(failed),
  };
  return (bytes) =>
    keys.read(
      bytes,
      (pressed) => {
        if (!watch) typed = typed.then(() => opened.write(pressed)).catch(failed);
      },
      (wish) => obey[wish](),
    );
}

/** What happens to the console besides its bytes. */
function tellOf(opened: VmConsole, watch: boolean, person: boolean, say: (text: string) => void): (() => void)[] {
  let lost = false;
  let mayType: boolean | null = null;
  const role = ({ role: now }: { role: "viewer" | "writer" }) => {
    const before = mayType;
    mayType = now === "writer";
    if (watch || before === mayType) return;
    if (!mayType) say("somebody else has the keyboard, or the token may only watch: ~t takes it over");
    else if (before !== null) say("the keyboard is yours");
  };
  return [
    opened.on("hello", (hello) => {
      if (lost) say("connected again");
      else if (person) say("connected: ~. leaves, ~? helps");
      lost = false;
      role(hello);
    }),
    opened.on("role", role),
    opened.on("lost", () => {
      if (!lost) say("the connection is lost; trying again");
      lost = true;
    }),
    opened.on("skip", ({ from, to }) => say(`${to - from} bytes are missing here`)),
    opened.on("exit", ({ reason }) =>
      say(reason === "deleted" ? "the machine is deleted" : `the machine ended: ${reason}; here it would go on`),
    ),
  ];
}

/** Every key goes to the guest, Ctrl-C too. Restored by the process's end as well, so that no terminal is left unusable. */
function rawMode(stdin: Io["stdin"]): () => void {
  const restore = () => {
    stdin.setRawMode?.(false);
  };
  stdin.setRawMode?.(true);
  process.once("exit", restore);
  return () => {
    process.off("exit", restore);
    restore();
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
