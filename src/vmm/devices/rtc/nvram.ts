const EQUIPMENT = 0x14;
const EQUIPMENT_FPU = 0x02;
const BASE_MEMORY = 0x15;
const EXTENDED_MEMORY = 0x17;
const EXTENDED_MEMORY_TESTED = 0x30;
const MEMORY_ABOVE_16_MIB = 0x34;
const CHECKSUM = 0x2e;
const CHECKED = [0x10, 0x2d];

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * Writes what a PC's setup keeps in NVRAM, as in the AT: no floppy and no disk of its own, a coprocessor, the sizes of the memory
 * (below 1 MiB and above it in KiB, above 16 MiB in 64 KiB) and the checksum.
 */
export function firmwareSetup(ram: Uint8Array, memoryBytes: number): void {
  const word = (register: number, value: number) => {
    const limited = Math.max(0, Math.min(0xffff, Math.floor(value)));
    ram[register] = limited & 0xff;
    ram[register + 1] = limited >> 8;
  };
  ram[EQUIPMENT] = EQUIPMENT_FPU;
  word(BASE_MEMORY, 640);
  word(EXTENDED_MEMORY, (memoryBytes - MIB) / KIB);
  word(EXTENDED_MEMORY_TESTED, (memoryBytes - MIB) / KIB);
  word(MEMORY_ABOVE_16_MIB, (memoryBytes - 16 * MIB) / (64 * KIB));
  let sum = 0;
  for (let register = CHECKED[0]; register <= CHECKED[1]; register++) sum += ram[register];
  ram[CHECKSUM] = sum >> 8;
  ram[CHECKSUM + 1] = sum & 0xff;
}
