/** Starts a command whose standard output is a guest's console, and takes time, CPU time and memory when a line appears there. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";

export interface Measurement {
  /** From just before the process starts to the first byte of the awaited line. */
  readySeconds: number;
  /** User and system time until then, and resident memory at that moment, of the process and all that it started. */
  cpuSeconds: number;
  residentMiB: number;
}

export type Outcome = Measurement | { failure: string };

const CLOCK_TICKS = 100;
const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const CONSOLE_SHOWN = 2000;
/** Time to write statistics in, after SIGTERM. */
const END_MS = 10_000;

/** @param line what the awaited line begins with; @param limitSeconds after which it counts as failed */
export async function measure(argv: readonly [string, ...string[]], line: string, limitSeconds: number): Promise<Outcome> {
  const started = performance.now();
  const child = spawn(argv[0], argv.slice(1), { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const closed = once(child, "close").catch(() => undefined);
  // In a group of its own it doesn't get the terminal's signals: whatever ends us ends it.
  const abandon = () => process.exit(1);
  const endWithUs = () => end(child, "SIGKILL");
  process.on("exit", endWithUs);
  for (const signal of ENDING_SIGNALS) process.on(signal, abandon);
  const limit = setTimeout(() => end(child, "SIGKILL"), limitSeconds * 1000);
  let [console, measurement] = ["", undefined as Measurement | undefined];
  const read = (chunk: Buffer) => {
    if (measurement) return;
    console = (console + chunk.toString("latin1")).slice(-CONSOLE_SHOWN);
    if (!`\n${console}`.includes(`\n${line}`)) return;
    measurement = { readySeconds: (performance.now() - started) / 1000, ...usage(child.pid) };
    clearTimeout(limit);
    end(child, "SIGTERM");
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  child.on("error", (error) => {
    console += error.message;
  });
  const unending = setInterval(
    () => measurement && performance.now() - started > measurement.readySeconds * 1000 + END_MS && end(child, "SIGKILL"),
    500,
  );
  await closed;
  clearInterval(unending);
  clearTimeout(limit);
  // What it left behind in its group, if anything.
  end(child, "SIGKILL");
  process.off("exit", endWithUs);
  for (const signal of ENDING_SIGNALS) process.off(signal, abandon);
  return measurement ?? { failure: `no line "${line}" within ${limitSeconds} s; the console ended with:\n${console}` };
}

function end(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Of a whole process group; `detached` made the child the leader of one. Linux only, as the guests' engines are measured there. */
function usage(group: number | undefined): { cpuSeconds: number; residentMiB: number } {
  let [ticks, kib] = [0, 0];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      // proc(5): the fields after the command's closing parenthesis begin with state, ppid, pgrp; utime, stime, cutime, cstime are 11 to 14.
      const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
        .replace(/^.*\) /s, "")
        .split(" ");
      if (Number(fields[2]) !== group) continue;
      ticks += fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      kib += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0);
    } catch (error) {
      // The process ended while we looked at it.
      if (!["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
  return { cpuSeconds: ticks / CLOCK_TICKS, residentMiB: kib / 1024 };
}
