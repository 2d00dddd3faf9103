/** The descriptors that 32-bit kernels are started with: null, null, code, data; flat, ring 0, accessed, 4 GiB in pages. */
const ENTRIES = [0n, 0n, 0x00cf_9b00_0000_ffffn, 0x00cf_9300_0000_ffffn];

export const GDT_BYTES = ENTRIES.length * 8;

/** Writes the table, and says what the processor's registers hold then. @param at physical address, where `memory` begins with 0 */
export function putFlatSegments(memory: Uint8Array, at: number) {
  const view = new DataView(memory.buffer, memory.byteOffset + at, GDT_BYTES);
  ENTRIES.forEach((entry, index) => {
    view.setBigUint64(index * 8, entry, true);
  });
  return { gdtBase: at, gdtLimit: GDT_BYTES - 1, codeSelector: 0x10, dataSelector: 0x18 };
}
