import { ImageError } from "../../images/image-error.js";

const PAGE = 4096;
export const LARGEST_ROM = 16 * 2 ** 20;

/**
 * Puts a firmware ROM where the machine shows it from; the rest of the place is not shown.
 * @param place `LARGEST_ROM` bytes
 * @throws ImageError `image_rejected`: its size is none that can be mapped
 */
export function loadRom(place: Uint8Array, rom: Uint8Array): void {
  if (rom.length === 0 || rom.length % PAGE !== 0 || rom.length > LARGEST_ROM) {
    const reason = `it has ${rom.length} bytes, which is not a multiple of ${PAGE} up to ${LARGEST_ROM >> 20} MiB`;
    throw new ImageError("image_rejected", `The ROM is rejected: ${reason}.`);
  }
  place.set(rom);
}
