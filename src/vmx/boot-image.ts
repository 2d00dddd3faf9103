import { readFile } from "node:fs/promises";
import { ImageError } from "../images/image-error.js";
import type { BootState } from "../vmm/cpu/cpu.js";
import { loadLinux } from "./loader/linux.js";
import type { GuestFault, LinuxBoot } from "./spec.js";

/** Why a machine could not be booted: what a VM's fault says. */
export class BootFailure extends Error {
  override readonly name = "BootFailure";
  constructor(readonly fault: GuestFault) {
    super(fault.message);
  }
}

/**
 * Reads the boot files and lays them out in guest RAM (from physical address 0), as a boot loader would; says where the processor starts. The
 * files are not kept: a reset reads them again.
 * @throws BootFailure `image_rejected`
 */
export async function loadBootImage(ram: Uint8Array, { kernel, initrd, cmdline }: LinuxBoot): Promise<BootState> {
  try {
    const entry = loadLinux(ram, {
      kernel: await readFile(kernel),
      initrd: initrd === undefined ? undefined : await readFile(initrd),
      cmdline,
    });
    const { eip, esi, esp, gdtBase, gdtLimit, cs, ds } = entry;
    return { eip, esi, esp, gdtBase, gdtLimit, codeSelector: cs, dataSelector: ds };
  } catch (error) {
    if (error instanceof ImageError || (error instanceof Error && "code" in error)) {
      throw new BootFailure({ code: "image_rejected", message: error.message });
    }
    throw error;
  }
}
