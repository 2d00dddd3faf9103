/** One pass over the rows: on this host, or in a machine. */
import { access, readFile } from "node:fs/promises";
import { byLine, type Command, ConsoleProcess } from "../console-process.js";
import type { Boot } from "../engine.js";
import type { ResourceUse } from "../resource-use.js";
import { type Row, readRowLine } from "./row.js";

export interface Pass {
  rows: Row[];
  failures: string[];
  /** Of a machine's process, each time it has run all rows. */
  uses: ResourceUse[];
}

/** What the guest's init says when all rows have run, and what it says last. */
const PASS = "bench pass";
const DONE = "bench done";
const TASKSET = "/usr/bin/taskset";

export interface PassOptions {
  scale: number;
  /** Groups and names; none for all. */
  only: readonly string[];
  /** A pass that says nothing for so long has failed. */
  silenceSeconds: number;
}

/** The words of the kernel's command line that init understands. */
export function guestBoot(boot: Boot, initrd: string, words: Readonly<Record<string, string | number>>): Boot {
  const more = Object.entries(words).map(([name, value]) => `${name}=${value}`);
  return { ...boot, initrd, cmdline: [boot.cmdline, ...more].join(" ") };
}

/** On one processor, where that can be asked for: the guest has one, too. */
export async function nativePass(program: string, options: PassOptions): Promise<Pass> {
  const { code, tail, ...pass } = await runPass(
    [...(await pinned()), program, "-s", String(options.scale), ...options.only],
    options.silenceSeconds,
  );
  if (code !== 0) pass.failures.push(`it ended with code ${code}; it said last:\n${tail}`);
  return pass;
}

/** @param argv starts a machine whose init has been told by `guestBoot` what to do */
export async function machinePass(argv: Command, silenceSeconds: number): Promise<Pass> {
  const { done, code, tail, ...pass } = await runPass(argv, silenceSeconds);
  if (!done) pass.failures.push(`it ended (code ${code}) without "${DONE}"; the console ended with:\n${tail}`);
  return pass;
}

async function runPass(argv: Command, silenceSeconds: number): Promise<Pass & { done: boolean; code: number | null; tail: string }> {
  const pass: Pass = { rows: [], failures: [], uses: [] };
  let done = false;
  const running = new ConsoleProcess(
    argv,
    byLine((text) => {
      silence.refresh();
      const line = readRowLine(text);
      if (line?.kind === "row") pass.rows.push(line.row);
      if (line?.kind === "failed") pass.failures.push(`${line.group} ${line.name} ended badly (status ${line.status})`);
      if (text === PASS) pass.uses.push(running.use);
      if (text !== DONE) return;
      done = true;
      void running.end();
    }),
  );
  const silence = setTimeout(() => running.kill(), silenceSeconds * 1000);
  const code = await running.ended;
  clearTimeout(silence);
  return { ...pass, done, code, tail: running.tail };
}

async function pinned(): Promise<Command | []> {
  const status = await readFile("/proc/self/status", "utf8");
  const processor = /^Cpus_allowed_list:\s+(\d+)/m.exec(status)?.[1];
  const present = await access(TASKSET).then(
    () => true,
    () => false,
  );
  return present && processor !== undefined ? [TASKSET, "-c", processor] : [];
}
