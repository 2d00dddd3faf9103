/** Runs the host's programs that preparing an image needs: no shell, arguments as they are, output as text. */
import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CARRY_HINT, ImageError } from "./image-error.js";

export interface ProgramOptions {
  cwd?: string;
  signal?: AbortSignal;
  /** Called with each line that the program writes to its file descriptor 3. */
  onStatusLine?: (line: string) => void;
}

export interface ProgramResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

const STDERR_KEPT = 8192;

/** @throws ImageError `package_client_missing` where the host has no such program; the signal's reason when aborted. Any exit code is a result. */
export async function runProgram(command: string, args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  const child = start(command, args, options, ["ignore", "pipe", "pipe", "pipe"]);
  const output = collect(child.stdout);
  const statusDone = readLines(child.stdio[3] as Readable, options.onStatusLine);
  const [exit, stdout] = await Promise.all([child.exit, output, statusDone]);
  return { ...exit, stdout };
}

/** Pipes the output of one program into another. @throws as `runProgram`, and ImageError `preparation_failed` where either fails. */
export async function runPipe(from: [string, ...string[]], to: [string, ...string[]], options: ProgramOptions = {}): Promise<void> {
  const source = start(from[0], from.slice(1), options, ["ignore", "pipe", "pipe", "ignore"]);
  const sink = start(to[0], to.slice(1), options, ["pipe", "ignore", "pipe", "ignore"]);
  // A side that dies breaks the pipe; its exit, not the broken pipe, says why.
  const piped = pipeline(source.stdout as Readable, sink.stdin as Writable).catch(() => undefined);
  const [sourceExit, sinkExit] = await Promise.all([source.exit, sink.exit, piped]);
  for (const [command, exit] of [[from[0], sourceExit] as const, [to[0], sinkExit] as const]) {
    if (exit.code !== 0) throw new ImageError("preparation_failed", `${command} failed: ${exit.stderr.trim() || `exit code ${exit.code}`}`);
  }
}

function start(command: string, args: readonly string[], options: ProgramOptions, stdio: ("pipe" | "ignore")[]) {
  options.signal?.throwIfAborted();
  const child = spawn(command, args, { cwd: options.cwd, signal: options.signal, stdio, env: { ...process.env, LC_ALL: "C" } });
  const stderr = collect(child.stderr as Readable);
  let failure: NodeJS.ErrnoException | undefined;
  child.on("error", (error) => {
    failure = error;
  });
  // Settles when the process has ended, aborted or not: whoever waits may then remove what it wrote to.
  const exit = new Promise<number | null>((resolve) => child.on("close", resolve)).then(async (code) => {
    options.signal?.throwIfAborted();
    if (failure) throw failure.code === "ENOENT" ? missingProgram(command) : failure;
    return { code, stderr: (await stderr).slice(-STDERR_KEPT) };
  });
  return { stdin: child.stdin, stdout: child.stdout, stdio: child.stdio, exit };
}

function missingProgram(command: string): ImageError {
  return new ImageError(
    "package_client_missing",
    `This host has no "${command}". Catalog images are made of Debian packages, which takes apt-get and dpkg. ${CARRY_HINT}`,
  );
}

async function collect(stream: Readable | null): Promise<string> {
  const chunks: Buffer[] = [];
  if (stream) for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function readLines(stream: Readable, onLine?: (line: string) => void): Promise<void> {
  let rest = "";
  for await (const chunk of stream.setEncoding("utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine?.(line);
  }
}
