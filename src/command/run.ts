/** `worldswitch run`: one machine in the foreground, without a server. */
import { access, writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../images/cache-folder.js";
import { ImageError } from "../images/image-error.js";
import type { BootFiles, MachineSpec } from "../vmx/spec.js";
import { ForegroundMachine, type MachineEnd } from "./foreground-machine.js";
import { type RunOptions, runOptions, runUsage, type Source, UsageError } from "./run-options.js";
import { switchTable } from "./switch-table.js";

const DEFAULT_MEMORY_MIB = 128;

/** @param args the words after `run`; @returns exit code: see the usage */
export async function runCommand(args: readonly string[]): Promise<number> {
  try {
    const options = runOptions(args);
    if (!options) {
      process.stdout.write(runUsage);
      return 0;
    }
    const machine = new ForegroundMachine(await machineSpec(options));
    const end = await machine.run();
    if (options.stats !== undefined) {
      const stats = await machine.stats();
      await writeFile(options.stats, `${JSON.stringify(stats, null, 2)}\n`);
      process.stderr.write(switchTable(stats));
    }
    process.stderr.write(machine.profile);
    return exitCode(end);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`worldswitch run: ${error.message}\n\n${runUsage}`);
      return 2;
    }
    if (!(error instanceof ImageError) && !isFileError(error)) throw error;
    process.stderr.write(`worldswitch run: ${error.message}\n`);
    return error instanceof ImageError && error.code === "image_unknown" ? 2 : 1;
  }
}

async function machineSpec(options: RunOptions): Promise<MachineSpec> {
  const { source, append, engine, clock, lockstep, debug, profile, cold, forceBinaryTranslation } = options;
  const { boot, memoryMiB } = source.kind === "image" ? await catalogBoot(source.name, append) : await fileBoot(source, append);
  const translations = cold ? undefined : translationsFolder();
  return { memoryMiB: options.memoryMiB ?? memoryMiB, boot, engine, clock, lockstep, debug, profile, translations, forceBinaryTranslation };
}

/** Undefined for a user who has no home: then nothing is kept. */
function translationsFolder(): string | undefined {
  try {
    return join(cacheFolder(), "translations");
  } catch {
    return undefined;
  }
}

interface BootAndMemory {
  boot: BootFiles;
  /** Where the options name none. */
  memoryMiB: number;
}

async function catalogBoot(name: string, append: string): Promise<BootAndMemory> {
  // Loaded here, as machines that boot files start faster without.
  const { prepareImage } = await import("../images/prepare.js");
  const { kernel, initrd, cmdline, memoryMiB } = await prepareImage(name, { onProgress: progress() });
  return { boot: { kind: "linux", kernel, initrd, cmdline: withWords(cmdline, append) }, memoryMiB };
}

/** What is wrong with a file's contents comes out when the machine boots; that it is there, before there is a machine. */
async function fileBoot(source: Exclude<Source, { kind: "image" }>, append: string): Promise<BootAndMemory> {
  for (const file of filesOf(source)) {
    await access(file).catch((error: Error) => {
      throw new UsageError(error.message);
    });
  }
  return { boot: bootOf(source, append), memoryMiB: DEFAULT_MEMORY_MIB };
}

function filesOf(source: Exclude<Source, { kind: "image" }>): string[] {
  switch (source.kind) {
    case "linux":
      return source.initrd === undefined ? [source.kernel] : [source.kernel, source.initrd];
    case "multiboot":
      return [source.kernel, ...source.modules.map(({ file }) => file)];
    case "rom":
      return [source.rom];
  }
}

function bootOf(source: Exclude<Source, { kind: "image" }>, append: string): BootFiles {
  switch (source.kind) {
    case "linux":
      return { ...source, cmdline: append };
    case "multiboot":
      return { ...source, cmdline: withWords(source.kernel, append) };
    case "rom":
      return source;
  }
}

function withWords(first: string, more: string): string {
  return more === "" ? first : `${first} ${more}`;
}

/** A line for each step of preparing an image. */
function progress(): (progress: { step: string }) => void {
  let shown = "";
  return ({ step }) => {
    if (step !== shown) process.stderr.write(`worldswitch: ${step}\n`);
    shown = step;
  };
}

function exitCode(end: MachineEnd): number {
  switch (end.kind) {
    case "off":
      return 0;
    case "fault":
      process.stderr.write(`worldswitch: the guest ended with a fault: ${end.fault.code}: ${end.fault.message}\n`);
      for (const [name, value] of Object.entries(end.fault.context ?? {})) process.stderr.write(`  ${name}: ${value}\n`);
      return end.fault.code === "lockstep_difference" ? 4 : 3;
    case "exit":
      return end.code;
    case "left":
      return 0;
    case "closed":
      return 1;
    case "signal":
      return 128 + constants.signals[end.signal];
  }
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}
