/** Starts a command whose standard output is a guest's console, and takes time, CPU time and memory when a text appears there. */
import { type Command, ConsoleProcess } from "./console-process.js";
import type { ResourceUse } from "./resource-use.js";

/** The use is at the moment when the text was complete. */
export interface Measurement extends ResourceUse {
  /** From just before the process starts. */
  readySeconds: number;
}

export type Outcome = Measurement | { failure: string };

/** What of the console is looked through; the texts are far shorter. */
const CONSOLE_KEPT = 2000;

/** @param limitSeconds after which it counts as failed */
export async function measure(argv: Command, text: RegExp, limitSeconds: number): Promise<Outcome> {
  const started = performance.now();
  let [console, measurement] = ["", undefined as Measurement | undefined];
  const guest = new ConsoleProcess(argv, (piece) => {
    if (measurement) return;
    console = (console + piece).slice(-CONSOLE_KEPT);
    if (!text.test(console)) return;
    measurement = { readySeconds: (performance.now() - started) / 1000, ...guest.use };
    clearTimeout(limit);
    void guest.end();
  });
  const limit = setTimeout(() => guest.kill(), limitSeconds * 1000);
  await guest.ended;
  clearTimeout(limit);
  return measurement ?? { failure: `no text ${text} within ${limitSeconds} s; the console ended with:\n${guest.tail}` };
}
