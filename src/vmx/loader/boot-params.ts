/** `struct boot_params`, the "zero page" (Documentation/arch/x86/zero-page.rst of the kernel): what a 32-bit boot loader tells a kernel. */

import { SETUP_HEADER_OFFSET } from "../../images/bzimage.js";
import type { E820Entry } from "./e820.js";

export const BOOT_PARAMS_BYTES = 4096;

const E820_ENTRIES = 0x1e8;
const E820_TABLE = 0x2d0;
const TYPE_OF_LOADER = 0x210;
const RAMDISK_IMAGE = 0x218;
const RAMDISK_SIZE = 0x21c;
const CMD_LINE_PTR = 0x228;
const VID_MODE = 0x1fa;

/** A boot loader without a number of its own. */
const LOADER_UNDEFINED = 0xff;
const VID_MODE_NORMAL = 0xffff;
const E820_TYPE = { usable: 1, reserved: 2 } as const;

export interface BootParams {
  /** The kernel file from its beginning, and where its setup header ends. */
  kernel: Uint8Array;
  headerEnd: number;
  /** Physical addresses. */
  cmdlineAddress: number;
  initrd: { address: number; bytes: number } | null;
  memoryMap: readonly E820Entry[];
}

/** 4096 bytes. screen_info stays zero: there is no VGA, and a kernel that sees zero lines and columns doesn't look for one. */
export function bootParams(params: BootParams): Uint8Array {
  const page = new Uint8Array(BOOT_PARAMS_BYTES);
  const view = new DataView(page.buffer);
  page.set(params.kernel.subarray(SETUP_HEADER_OFFSET, params.headerEnd), SETUP_HEADER_OFFSET);
  view.setUint8(TYPE_OF_LOADER, LOADER_UNDEFINED);
  view.setUint16(VID_MODE, VID_MODE_NORMAL, true);
  view.setUint32(CMD_LINE_PTR, params.cmdlineAddress, true);
  view.setUint32(RAMDISK_IMAGE, params.initrd?.address ?? 0, true);
  view.setUint32(RAMDISK_SIZE, params.initrd?.bytes ?? 0, true);
  view.setUint8(E820_ENTRIES, params.memoryMap.length);
  params.memoryMap.forEach(({ start, bytes, type }, index) => {
    const entry = E820_TABLE + index * 20;
    view.setBigUint64(entry, BigInt(start), true);
    view.setBigUint64(entry + 8, BigInt(bytes), true);
    view.setUint32(entry + 16, E820_TYPE[type], true);
  });
  return page;
}
