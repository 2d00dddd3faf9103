/** `worldswitch run`: one machine in the foreground, without a server. */
import { access, writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { ImageError } from "../images/image-error.js";
import { prepareImage } from "../images/prepare.js";
import type { MachineSpec } from "../vmx/spec.js";
import { ForegroundMachine, type MachineEnd } from "./foreground-machine.js";
import { type RunOptions, runOptions, runUsage, UsageError } from "./run-options.js";

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
    if (options.stats !== undefined) await writeFile(options.stats, `${JSON.stringify(await machine.stats(), null, 2)}\n`);
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
  const { engine, clock, append } = options;
  if (options.image !== undefined) {
    const { kernel, initrd, cmdline, memoryMiB } = await prepareImage(options.image, { onProgress: progress() });
    const words = append === "" ? cmdline : `${cmdline} ${append}`;
    return { memoryMiB: options.memoryMiB ?? memoryMiB, boot: { kind: "linux", kernel, initrd, cmdline: words }, engine, clock };
  }
  const { kernel = "", initrd } = options;
  for (const file of initrd === undefined ? [kernel] : [kernel, initrd]) {
    await access(file).catch((error: Error) => {
      throw new UsageError(error.message);
    });
  }
  return { memoryMiB: options.memoryMiB ?? DEFAULT_MEMORY_MIB, boot: { kind: "linux", kernel, initrd, cmdline: append }, engine, clock };
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
      return 3;
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
