/** The part of a ROM that a PC shows below 1 MiB: its last 128 KiB, in segments E000 and F000. */
const LOW_WINDOW = 0x2_0000;
const ONE_MIB = 0x10_0000;
const FOUR_GIB = 0x1_0000_0000;

/**
 * Where a firmware ROM shows in guest-physical space: whole, ending at 4 GiB, where the processor starts after a reset; and its end once more below
 * 1 MiB, for real mode. Both windows are the same bytes, which lie behind guest RAM in the machine's memory.
 */
export class Rom {
  private readonly highBase: number;
  private readonly lowBase: number;

  /** `hostBase`: host address of its first byte. `bytes`: a multiple of the page size, less than 2 GiB. */
  constructor(
    private readonly hostBase: number,
    private readonly bytes: number,
  ) {
    this.highBase = FOUR_GIB - bytes;
    this.lowBase = ONE_MIB - Math.min(bytes, LOW_WINDOW);
  }

  /** Host address of a byte that shows at a physical address, or 0. */
  host(address: number): number {
    if (address >= this.highBase && address < FOUR_GIB) return this.hostBase + (address - this.highBase);
    if (address >= this.lowBase && address < ONE_MIB) return this.hostBase + this.bytes - (ONE_MIB - address);
    return 0;
  }
}
