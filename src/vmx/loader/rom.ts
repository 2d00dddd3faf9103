import { ImageError } from "../../images/image-error.js";

const PAGE = 4096;
export const LARGEST_ROM = 16 * 2 ** 20;

/**
 * Puts a firmware ROM where the machine shows it from. Whole pages are shown: what a file lacks to that is in front of it, and reads all ones like
 * memory that is absent.
 * @param place `LARGEST_ROM` bytes
 * @returns how many of them are to be shown
 * @throws ImageError `image_rejected`: empty, or too large
 */
export function loadRom(place: Uint8Array, rom: Uint8Array): number {
  if (rom.length === 0 || rom.length > LARGEST_ROM) {
    throw new ImageError("image_rejected", `The ROM is rejected: it has ${rom.length} bytes, of up to ${LARGEST_ROM >> 20} MiB.`);
  }
  const bytes = Math.ceil(rom.length / PAGE) * PAGE;
  place.fill(0xff, 0, bytes - rom.length);
  place.set(rom, bytes - rom.length);
  return bytes;
}
