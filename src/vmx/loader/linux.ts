/**
 * Boots Linux by its 32-bit boot protocol (Documentation/arch/x86/boot.rst of the kernel, "32-bit Boot Protocol"): no firmware, no real mode. The
 * kernel's protected-mode part goes where it asks to be, the initrd as high as it allows, and the processor starts at the 32-bit entry with flat
 * segments, paging off and ESI at boot_params.
 */
import { type BzImage, readBzImage } from "../../images/bzimage.js";
import { ImageError } from "../../images/image-error.js";
import type { BootState } from "../../vmm/cpu/boot-state.js";
import { BOOT_PARAMS_BYTES, bootParams } from "./boot-params.js";
import { e820Map } from "./e820.js";
import { putFlatSegments } from "./flat-segments.js";
import { BOOT_PARAMS, CMDLINE, GDT, putBiosData } from "./low-memory.js";

export interface LinuxFiles {
  kernel: Uint8Array;
  initrd?: Uint8Array;
  /** Printable ASCII. */
  cmdline: string;
}

const PAGE = 4096;

/**
 * Writes kernel, initrd, command line and tables into zeroed guest memory and says where to start. Nothing is written where it fails.
 * @param memory guest RAM from physical address 0
 * @throws ImageError `image_rejected`: no bzImage, command line too long, or too little memory (the message says how much is needed)
 */
export function loadLinux(memory: Uint8Array, files: LinuxFiles): BootState {
  const image = readBzImage(files.kernel);
  const cmdline = cmdlineBytes(files.cmdline, image);
  const initrd =
    files.initrd && files.initrd.length > 0
      ? { data: files.initrd, address: initrdAddress(files.initrd.length, image, memory.length) }
      : null;
  if (!initrd && image.runAddress + image.runBytes > memory.length) rejectSize(memory.length, image.runAddress + image.runBytes);

  putBiosData(memory);
  memory.set(cmdline, CMDLINE);
  memory.set(files.kernel.subarray(image.setupBytes), image.loadAddress);
  if (initrd) memory.set(initrd.data, initrd.address);
  memory.set(
    bootParams({
      kernel: files.kernel,
      headerEnd: image.headerEnd,
      cmdlineAddress: CMDLINE,
      initrd: initrd && { address: initrd.address, bytes: initrd.data.length },
      memoryMap: e820Map(memory.length),
    }),
    BOOT_PARAMS,
  );
  // The protocol asks for no stack, and kernels bring their own; here is one of 4 KiB all the same.
  const registers = { esi: BOOT_PARAMS, esp: BOOT_PARAMS + 2 * BOOT_PARAMS_BYTES };
  return { ...putFlatSegments(memory, GDT), eip: image.loadAddress, registers };
}

/** As high as kernel and memory allow, in whole pages, above everything that the kernel overwrites before it has looked at the memory map. */
function initrdAddress(bytes: number, image: BzImage, memoryBytes: number): number {
  const end = Math.min(memoryBytes, image.initrdAddressMax + 1);
  const address = Math.floor((end - bytes) / PAGE) * PAGE;
  const kernelEnd = image.runAddress + image.runBytes;
  if (address >= kernelEnd) return address;
  const needed = Math.ceil(kernelEnd / PAGE) * PAGE + Math.ceil(bytes / PAGE) * PAGE;
  if (needed > image.initrdAddressMax + 1) reject("the initrd does not fit below the highest address that the kernel takes it from");
  return rejectSize(memoryBytes, needed);
}

function cmdlineBytes(cmdline: string, image: BzImage): Uint8Array {
  if (!/^[\x20-\x7e]*$/.test(cmdline)) reject("the command line is not printable ASCII");
  if (cmdline.length > image.cmdlineMax) reject(`the command line has ${cmdline.length} bytes, the kernel takes ${image.cmdlineMax}`);
  return Buffer.from(`${cmdline}\0`, "latin1");
}

function rejectSize(memoryBytes: number, neededBytes: number): never {
  const mib = (bytes: number) => Math.ceil(bytes / 2 ** 20);
  reject(`the machine has ${mib(memoryBytes)} MiB, kernel and initrd need at least ${mib(neededBytes)} MiB`);
}

function reject(reason: string): never {
  throw new ImageError("image_rejected", `Cannot boot: ${reason}.`);
}
