import { Random } from "../isa/random.js";
import { randomCode } from "./code.js";
import { fillTables } from "./descriptor-tables.js";
import { Image } from "./image.js";
import * as map from "./memory-map.js";
import { fillPageTables, type Paging } from "./page-tables.js";

/** A guest for a whole machine: it starts as a boot loader leaves the processor, and talks to the devices. */
export interface MachineCase {
  readonly title: string;
  readonly image: Image;
  readonly code: Uint8Array;
  /** Slices to run, of `instructions` each. */
  readonly slices: number;
  readonly instructions: number;
}

const image = new Image();
const IDT_POINTER = map.DATA + 0x900;
const CR0_PG_WP = 0x8001_0000;
const SHOWN = 96;

/** The PC's devices, and some ports where nothing is. */
const PORTS = [
  ...[0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1, 0x40, 0x41, 0x42, 0x43, 0x61, 0x60, 0x64, 0x70, 0x71, 0x80, 0x92, 0xf0, 0xcf9],
  ...Array.from({ length: 8 }, (_, i) => 0x3f8 + i),
  ...Array.from({ length: 8 }, (_, i) => 0x2f8 + i),
];

export function makeMachineCase(seed: number, number: number): MachineCase {
  const random = new Random(Math.imul(seed + 1, 0x85eb_ca6b) ^ Math.imul(number + 1, 0x9e37_79b1));
  image.revert();
  fillTables(random, image);
  const paging: Paging = random.pick(["off", "off", "4K", "PSE", "PAE"]);
  fillPageTables(random, image, paging);
  for (let vector = 0; vector < 256; vector++)
    // End of interrupt, at times; then back.
    image.fill(
      map.HANDLERS + 16 * vector,
      random.oneIn(3) ? [0xf4, 0xcf] : random.oneIn(2) ? [0x50, 0xb0, 0x20, 0xe6, 0x20, 0x58, 0xcf] : [0xcf],
    );
  image.put(IDT_POINTER, 0x7ff, 2);
  image.put(IDT_POINTER + 2, map.IDT, 4);
  const code = [...prologue(random, paging), ...body(random)];
  image.fill(map.CODE, code);
  return {
    title: `machine${paging === "off" ? "" : `, ${paging} pages`}`,
    image,
    code: image.bytes.subarray(map.CODE, map.CODE + SHOWN),
    slices: 1 + random.below(8),
    instructions: random.pick([50, 500, 2000]),
  };
}

/** IDTR, TR, and paging by MOV to CR4, CR3 and CR0, as a kernel does it. */
function prologue(random: Random, paging: Paging): number[] {
  const code = [0x0f, 0x01, 0x1d, ...little(IDT_POINTER)];
  code.push(0x66, 0xb8, map.Selector.tss32, 0, 0x0f, 0x00, 0xd8);
  const cr4 = { off: 0, "4K": 0, PSE: 0x10, PAE: 0x20 }[paging] | 0x600;
  code.push(0xb8, ...little(cr4), 0x0f, 0x22, 0xe0);
  code.push(0xb8, ...little(map.PAGE_TABLES), 0x0f, 0x22, 0xd8);
  if (paging !== "off") code.push(0x0f, 0x20, 0xc0, 0x0d, ...little(CR0_PG_WP), 0x0f, 0x22, 0xc0);
  // All interrupts let through, and the timer fast.
  if (random.oneIn(2)) code.push(0xb0, 0, 0xe6, 0x21, 0xb0, 0, 0xe6, 0xa1);
  if (random.oneIn(2)) code.push(0xb0, 0x34, 0xe6, 0x43, 0xb0, random.below(256), 0xe6, 0x40, 0xb0, 0, 0xe6, 0x40);
  if (random.oneIn(2)) code.push(0xfb);
  return code;
}

/** Port accesses and other code, with a jump back to its beginning. */
function body(random: Random): number[] {
  const code: number[] = [];
  for (let pieces = 2 + random.below(20); pieces > 0; pieces--)
    code.push(...(random.oneIn(4) ? randomCode(random, 6) : portAccess(random)));
  return [...code, 0xe9, ...little(-(code.length + 5))];
}

function portAccess(random: Random): number[] {
  const port = random.oneIn(12) ? random.below(0x1_0000) : random.pick(PORTS);
  const direction = random.pick([[0xec], [0xee], [0xee], [0xee], [0xed], [0xef], [0x66, 0xed], [0x66, 0xef], [0x6c], [0xf3, 0x6e]]);
  return [0xba, ...little(port), 0xb8, ...little(random.oneIn(2) ? random.below(256) : random.word()), ...direction];
}

const little = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
