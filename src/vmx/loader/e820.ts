/** The memory map that firmware would give by int 15h, AX = E820h (ACPI specification, "System Address Map Interfaces"). */
import { EBDA, HIGH_MEMORY, LOW_MEMORY_END, ROM } from "./low-memory.js";

export interface E820Entry {
  /** Physical address and length in bytes. */
  start: number;
  bytes: number;
  type: "usable" | "reserved";
}

/** The map of this board: RAM from 0 up to `memoryBytes`, with the hole of a PC from 640 KiB to 1 MiB. What isn't listed is not memory. */
export function e820Map(memoryBytes: number): E820Entry[] {
  return [
    { start: 0, bytes: EBDA, type: "usable" },
    { start: EBDA, bytes: LOW_MEMORY_END - EBDA, type: "reserved" },
    { start: ROM, bytes: HIGH_MEMORY - ROM, type: "reserved" },
    { start: HIGH_MEMORY, bytes: memoryBytes - HIGH_MEMORY, type: "usable" },
  ];
}
