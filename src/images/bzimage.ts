/**
 * Reads and validates the header of a Linux bzImage: boot protocol 2.06 or later, loaded high, 32-bit
 * (Documentation/arch/x86/boot.rst of the kernel; offsets are of the file). Pure: uploads and the loader share it, and neither trusts the file.
 */
import { ImageError } from "./image-error.js";

export interface BzImage {
  /** Boot protocol, 0x020f = 2.15. */
  protocol: number;
  /** Bytes of boot sector and real-mode code: the protected-mode part begins at this offset. */
  setupBytes: number;
  /** Bytes of the protected-mode part. */
  protectedModeBytes: number;
  /** End of the setup header, from which a boot loader copies 0x1f1 on into boot_params. */
  headerEnd: number;
  /** Physical address of the protected-mode part and of its 32-bit entry. */
  loadAddress: number;
  /** Highest address that the last byte of an initrd may have. */
  initrdAddressMax: number;
  /** Longest command line in bytes, without the terminating zero. */
  cmdlineMax: number;
  /** Physical memory that the kernel takes before it reads the memory map: `[runAddress, runAddress + runBytes)`. */
  runAddress: number;
  runBytes: number;
}

export const SETUP_HEADER_OFFSET = 0x1f1;

const BOOT_FLAG = 0xaa55;
const HDRS = 0x53726448;
const LOADED_HIGH = 1 << 0;
const XLF_KERNEL_64 = 1 << 0;
const HIGH_MEMORY = 0x100000;
/** Nothing that a kernel of 2 GiB machines says about itself lies above. */
const ADDRESS_LIMIT = 0x8000_0000;
/** The header's last field that is read here, init_size, ends at 0x264; protocols before 2.10 have a shorter one and code behind it. */
const LEAST_HEAD = 0x264;
const MAX_SETUP_HEADER_END = 0x290;

/**
 * @param head the file from its beginning, at least its first 1 KiB where the file has that much
 * @param fileBytes length of the whole file
 * @throws ImageError `image_rejected`, with the reason
 */
export function readBzImage(head: Uint8Array, fileBytes: number = head.length): BzImage {
  if (head.length < LEAST_HEAD) reject("it is too short to be a Linux bzImage");
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const u8 = (offset: number) => view.getUint8(offset);
  const u16 = (offset: number) => view.getUint16(offset, true);
  const u32 = (offset: number) => view.getUint32(offset, true);

  if (u16(0x1fe) !== BOOT_FLAG || u32(0x202) !== HDRS) reject("it is not a Linux bzImage (no boot sector signature or no HdrS)");
  const protocol = u16(0x206);
  const has = (version: number) => protocol >= version;
  if (!has(0x206)) reject(`its boot protocol ${protocolName(protocol)} is older than 2.06`);
  if ((u8(0x211) & LOADED_HIGH) === 0) reject("it is a zImage, which loads below 1 MiB; a bzImage is needed");

  const setupBytes = ((u8(SETUP_HEADER_OFFSET) || 4) + 1) * 512;
  const protectedModeBytes = fileBytes - setupBytes;
  if (protectedModeBytes <= 0) reject("it ends within its real-mode code");
  // The build pads the file to whole paragraphs or, with a signature behind, beyond; some pad the count instead.
  const announced = u32(0x1f4) * 16;
  if (announced - protectedModeBytes > 15) reject(`it is truncated: ${protectedModeBytes} of ${announced} bytes of protected-mode code`);

  // The jump at 0x200 leads over the header: its displacement says where the header ends.
  const headerEnd = 0x202 + u8(0x201);
  const leastEnd = has(0x20a) ? 0x264 : 0x23c;
  if (u8(0x200) !== 0xeb || headerEnd < leastEnd || headerEnd > MAX_SETUP_HEADER_END) reject("its setup header has no plausible end");

  if (has(0x208)) {
    const [offset, length] = [u32(0x248), u32(0x24c)];
    if (offset + length > protectedModeBytes) reject("its compressed payload lies outside the file");
  }
  if (has(0x20c) && (u16(0x236) & XLF_KERNEL_64) !== 0) reject("it is a 64-bit kernel; this processor is 32-bit");

  const loadAddress = u32(0x214);
  if (loadAddress < HIGH_MEMORY || loadAddress + protectedModeBytes > ADDRESS_LIMIT) {
    reject(`it loads at 0x${loadAddress.toString(16)}, outside of memory from 1 MiB to 2 GiB`);
  }
  const preferred = has(0x20a) ? u32(0x258) + u32(0x25c) * 2 ** 32 : loadAddress;
  const runBytes = Math.max(has(0x20a) ? u32(0x260) : 0, protectedModeBytes);
  const runAddress = Math.max(preferred, loadAddress);
  if (runAddress + runBytes > ADDRESS_LIMIT) reject(`it runs at 0x${runAddress.toString(16)}, outside of memory below 2 GiB`);

  const cmdlineMax = u32(0x238);
  return {
    protocol,
    setupBytes,
    protectedModeBytes,
    headerEnd,
    loadAddress,
    initrdAddressMax: u32(0x22c),
    cmdlineMax,
    runAddress,
    runBytes,
  };
}

function protocolName(version: number): string {
  return `${version >> 8}.${String(version & 0xff).padStart(2, "0")}`;
}

function reject(reason: string): never {
  throw new ImageError("image_rejected", `The kernel is rejected: ${reason}.`);
}
