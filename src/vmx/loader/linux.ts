/**
 * Boots Linux by its 32-bit boot protocol (Documentation/arch/x86/boot.rst of the kernel, "32-bit Boot Protocol"): no firmware, no real mode. The
 * kernel's protected-mode part goes where it asks to be, the initrd as high as it allows, and the processor starts at the 32-bit entry with flat
 * segments, paging off and ESI at boot_params.
 */
import { type BzImage, readBzImage } from "../../images/bzimage.js";
import { ImageError } from "../../images/image-error.js";
import { BOOT_PARAMS_BYTES, bootParams } from "./boot-params.js";
import { e820Map } from "./e820.js";
import { BDA_EBDA_SEGMENT, BDA_LOW_MEMORY_KIB, BOOT_PARAMS, CMDLINE, EBDA, GDT } from "./low-memory.js";

/** State of the processor at the first instruction. EAX, EBX, ECX, EDX, EBP and EDI are zero; all that isn't named is as after a reset. */
export interface LinuxEntry {
  eip: number;
  /** Physical address of boot_params. */
  esi: number;
  /** A stack of 4 KiB. The protocol asks for none, and kernels bring their own. */
  esp: number;
  cr0: number;
  eflags: number;
  gdtBase: number;
  /** As GDTR has it: the offset of the last byte. */
  gdtLimit: number;
  /** __BOOT_CS: base 0, limit 4 GiB, 32-bit, execute and read. */
  cs: number;
  /** __BOOT_DS, for DS, ES and SS: base 0, limit 4 GiB, 32-bit, read and write. */
  ds: number;
}

export interface LinuxFiles {
  kernel: Uint8Array;
  initrd?: Uint8Array;
  /** Printable ASCII. */
  cmdline: string;
}

const PAGE = 4096;
const BOOT_CS = 0x10;
const BOOT_DS = 0x18;
/** Null, null, code, data: flat, ring 0, accessed, 4 GiB in pages. */
const GDT_ENTRIES = [0n, 0n, 0x00cf_9b00_0000_ffffn, 0x00cf_9300_0000_ffffn];
const CR0_PE_ET = 0x11;
const EFLAGS_RESERVED = 0x2;

/**
 * Writes kernel, initrd, command line and tables into zeroed guest memory and says where to start. Nothing is written where it fails.
 * @param memory guest RAM from physical address 0
 * @throws ImageError `image_rejected`: no bzImage, command line too long, or too little memory (the message says how much is needed)
 */
export function loadLinux(memory: Uint8Array, files: LinuxFiles): LinuxEntry {
  const image = readBzImage(files.kernel);
  const cmdline = cmdlineBytes(files.cmdline, image);
  const initrd =
    files.initrd && files.initrd.length > 0
      ? { data: files.initrd, address: initrdAddress(files.initrd.length, image, memory.length) }
      : null;
  if (!initrd && image.runAddress + image.runBytes > memory.length) rejectSize(memory.length, image.runAddress + image.runBytes);

  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  view.setUint16(BDA_EBDA_SEGMENT, EBDA >> 4, true);
  view.setUint16(BDA_LOW_MEMORY_KIB, EBDA >> 10, true);
  GDT_ENTRIES.forEach((entry, index) => {
    view.setBigUint64(GDT + index * 8, entry, true);
  });
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
  return {
    eip: image.loadAddress,
    esi: BOOT_PARAMS,
    esp: BOOT_PARAMS + 2 * BOOT_PARAMS_BYTES,
    cr0: CR0_PE_ET,
    eflags: EFLAGS_RESERVED,
    gdtBase: GDT,
    gdtLimit: GDT_ENTRIES.length * 8 - 1,
    cs: BOOT_CS,
    ds: BOOT_DS,
  };
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
