import { isGzip, unpackGzip } from "../images/gzip.js";
import { ImageError } from "../images/image-error.js";
import type { Boot } from "../vmm/machine.js";
import { readBootFile } from "./boot-file.js";
import { loadLinux } from "./loader/linux.js";
import { loadMultiboot } from "./loader/multiboot.js";
import { LARGEST_ROM, loadRom } from "./loader/rom.js";
import type { BootFiles, GuestFault, LinuxBoot, MultibootBoot } from "./spec.js";

/** Why a machine could not be booted: what a VM's fault says. */
export class BootFailure extends Error {
  override readonly name = "BootFailure";
  constructor(readonly fault: GuestFault) {
    super(fault.message);
  }
}

/** The memory of a machine that images go into. */
export interface GuestStorage {
  /** From physical address 0. */
  ram: Uint8Array;
  /** Of `romRoom` bytes. */
  rom: Uint8Array;
}

/** Bytes that a machine needs for a ROM, if it boots one. */
export function romRoom({ kind }: BootFiles): number {
  return kind === "rom" ? LARGEST_ROM : 0;
}

/**
 * Reads the boot files and lays them out in the guest's memory, as a boot loader would; says where the processor starts. The files are not kept: a
 * reset reads them again.
 * @throws BootFailure `image_rejected`
 */
export async function loadBootImage(storage: GuestStorage, files: BootFiles): Promise<Boot> {
  try {
    switch (files.kind) {
      case "linux":
        return { kind: "loaded", state: await bootLinux(storage.ram, files) };
      case "multiboot":
        return { kind: "loaded", state: await bootMultiboot(storage.ram, files) };
      case "rom":
        return { kind: "rom", bytes: loadRom(storage.rom, await readBootFile(files.rom)) };
    }
  } catch (error) {
    if (error instanceof ImageError || (error instanceof Error && "code" in error)) {
      throw new BootFailure({ code: "image_rejected", message: error.message });
    }
    throw error;
  }
}

async function bootLinux(ram: Uint8Array, { kernel, initrd, cmdline }: LinuxBoot) {
  return loadLinux(ram, {
    kernel: await readBootFile(kernel),
    initrd: initrd === undefined ? undefined : await readBootFile(initrd),
    cmdline,
  });
}

async function bootMultiboot(ram: Uint8Array, { kernel, cmdline, modules }: MultibootBoot) {
  const file = await readBootFile(kernel);
  return loadMultiboot(ram, {
    kernel: isGzip(file) ? await unpackGzip(file) : file,
    cmdline,
    modules: await Promise.all(modules.map(async ({ file, cmdline }) => ({ data: await readBootFile(file), cmdline }))),
  });
}
