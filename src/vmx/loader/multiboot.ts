/**
 * Boots a kernel by the Multiboot Specification 0.6.96: its segments go where it asks, then come its sections of symbols and the modules, at page
 * boundaries; GDT, stack and the information structure go as high below 640 KiB as the kernel leaves room, or behind it all.
 */
import type { Sections, Segment } from "../../images/elf32.js";
import { ImageError } from "../../images/image-error.js";
import { readMultiboot } from "../../images/multiboot.js";
import type { BootState } from "../../vmm/cpu/boot-state.js";
import { e820Map } from "./e820.js";
import { GDT_BYTES, putFlatSegments } from "./flat-segments.js";
import { EBDA, HIGH_MEMORY, putBiosData } from "./low-memory.js";
import { type MultibootFacts, multibootInfo } from "./multiboot-info.js";

export interface MultibootFiles {
  /** Unpacked. */
  kernel: Uint8Array;
  /** Without zeros, like those of modules. */
  cmdline: string;
  modules: readonly { data: Uint8Array; cmdline: string }[];
}

const BOOTLOADER_MAGIC = 0x2badb002;
const PAGE = 4096;
/** Kernels have to bring a stack of their own; those that forget get a page. Below the other tables, where it can't run into them. */
const STACK_BYTES = PAGE;
/** The vectors and data of a BIOS, which some kernels look at. */
const BIOS_DATA_END = PAGE;

/**
 * Writes everything into guest memory, of which nothing is taken to be zero, and says where to start. Nothing is written where it fails.
 * @param memory guest RAM from physical address 0
 * @throws ImageError `image_rejected`: no kernel that could be started, or too little memory
 */
export function loadMultiboot(memory: Uint8Array, { kernel, cmdline, modules }: MultibootFiles): BootState {
  const { segments: all, entry, sections: table } = readMultiboot(kernel);
  const segments = all.filter((segment) => !segment.dispensable || inRam(segment, memory.length));
  for (const text of [cmdline, ...modules.map((module) => module.cmdline)])
    if (text.includes("\0")) reject("a command line has a zero in it");
  for (const segment of segments) if (!inRam(segment, memory.length)) rejectPlace(segment, memory.length);

  const last = segments[segments.length - 1];
  const above = new Placement(Math.max(HIGH_MEMORY, last.address + last.bytes));
  const sections = table && affordable(table, memory.length) ? table : null;
  const addresses = new Map(sections?.unloaded.map(({ index, data }) => [index, above.put(data)]));
  const facts: MultibootFacts = {
    memoryBytes: memory.length,
    memoryMap: e820Map(memory.length),
    cmdline,
    modules: modules.map(({ data, cmdline }) => {
      const start = above.put(data);
      return { start, end: start + data.length, cmdline };
    }),
    sections: sections && { table: sections, addresses },
  };
  const tablesBytes = STACK_BYTES + GDT_BYTES + multibootInfo(facts, 0).length;
  const tables = roomBelow(EBDA, tablesBytes, segments) ?? above.reserve(tablesBytes);
  if (above.end > memory.length) {
    const mib = (bytes: number) => Math.ceil(bytes / 2 ** 20);
    reject(`the machine has ${mib(memory.length)} MiB, kernel and modules need at least ${mib(above.end)} MiB`);
  }

  // First, since the kernel may lie there.
  putBiosData(memory);
  for (const { address, data, bytes } of segments) {
    memory.set(data, address);
    memory.fill(0, address + data.length, address + bytes);
  }
  for (const { address, data } of above.placed) memory.set(data, address);
  const gdt = tables + STACK_BYTES;
  const info = gdt + GDT_BYTES;
  memory.set(multibootInfo(facts, info), info);
  return { ...putFlatSegments(memory, gdt), eip: entry, registers: { eax: BOOTLOADER_MAGIC, ebx: info, esp: gdt } };
}

/** Symbols and debugging are a convenience: a quarter of memory is enough for them. */
function affordable({ unloaded }: Sections, memoryBytes: number): boolean {
  return unloaded.reduce((bytes, { data }) => bytes + data.length, 0) <= memoryBytes / 4;
}

/** Whether all of a segment goes into RAM. */
function inRam({ address, bytes }: Segment, memoryBytes: number): boolean {
  const end = address + bytes;
  return end <= EBDA || (address >= HIGH_MEMORY && end <= memoryBytes);
}

function rejectPlace({ address, bytes }: Segment, memoryBytes: number): never {
  const range = (start: number, end: number) => `0x${start.toString(16)} to 0x${(end - 1).toString(16)}`;
  reject(`the kernel loads at ${range(address, address + bytes)}, and RAM is at ${range(0, EBDA)} and ${range(HIGH_MEMORY, memoryBytes)}`);
}

/** The highest place, at a page boundary, for so many bytes below `limit` and apart from the segments (ascending); null: there is none. */
function roomBelow(limit: number, bytes: number, segments: readonly Segment[]): number | null {
  let place = Math.floor((limit - bytes) / PAGE) * PAGE;
  for (const segment of [...segments].reverse()) {
    if (place + bytes <= segment.address) continue;
    if (place >= segment.address + segment.bytes) break;
    place = Math.floor((segment.address - bytes) / PAGE) * PAGE;
  }
  return place >= BIOS_DATA_END ? place : null;
}

/** One thing behind the other, each at a page boundary. */
class Placement {
  readonly placed: { address: number; data: Uint8Array }[] = [];

  constructor(public end: number) {}

  put(data: Uint8Array): number {
    const address = this.reserve(data.length);
    this.placed.push({ address, data });
    return address;
  }

  reserve(bytes: number): number {
    const address = Math.ceil(this.end / PAGE) * PAGE;
    this.end = address + bytes;
    return address;
  }
}

function reject(reason: string): never {
  throw new ImageError("image_rejected", `Cannot boot: ${reason}.`);
}
