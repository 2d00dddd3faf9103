/**
 * Where the loaders put what they hand to a kernel, below 640 KiB. All of it is memory the kernel is told it may use: it copies what it needs
 * before it does.
 *
 *     0x00400  BIOS data area: two words that kernels read to find where usable low memory ends
 *     0x01000  GDT
 *     0x10000  boot_params ("zero page")
 *     0x20000  command line
 *              (these three for Linux; a Multiboot kernel may lie here itself, and its tables where it doesn't)
 *     0x9fc00  end of usable low memory (as with an extended BIOS data area of 1 KiB)
 */
const BDA_EBDA_SEGMENT = 0x40e;
const BDA_LOW_MEMORY_KIB = 0x413;
export const GDT = 0x1000;
export const BOOT_PARAMS = 0x10000;
export const CMDLINE = 0x20000;
export const EBDA = 0x9fc00;
export const LOW_MEMORY_END = 0xa0000;
export const ROM = 0xf0000;
export const HIGH_MEMORY = 0x100000;

/** Writes the words of the BIOS data area. */
export function putBiosData(memory: Uint8Array): void {
  const view = new DataView(memory.buffer, memory.byteOffset);
  view.setUint16(BDA_EBDA_SEGMENT, EBDA >> 4, true);
  view.setUint16(BDA_LOW_MEMORY_KIB, EBDA >> 10, true);
}
