import type { Random } from "../isa/random.js";
import * as map from "./memory-map.js";

const EDGES = [
  0, 1, 2, 4, 0x7f, 0x80, 0xff, 0xfff, 0x1000, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x1_0000, 0xf_ffff, 0x10_0000, 0x7fff_ffff, 0x8000_0000,
  0xffff_fffe,
];
const PLACES = [
  map.GDT,
  map.IDT,
  map.TSS32,
  map.LDT,
  map.HANDLERS,
  map.PAGE_TABLES,
  map.CODE,
  map.STACKS,
  map.DATA,
  map.DEVICE,
  map.HIGH_DEVICE,
];

/** 32 bits that are likely to matter: edges, pointers into what a case has, the ends of pages, of RAM and of the address space; else uniform. */
export function interestingWord(random: Random): number {
  switch (random.below(8)) {
    case 0:
      return random.pick(EDGES);
    case 1:
      return random.below(256);
    case 2:
      return random.pick(PLACES) + random.below(0x200);
    case 3:
      return map.DATA + random.below(map.DATA_END - map.DATA);
    case 4:
      return random.pick([map.CODE, map.DATA, map.RAM_BYTES, map.HOLE.start, map.HOLE.end, 0x1_0000]) - random.below(20);
    case 5:
      return (0x1_0000_0000 - 1 - random.below(20)) >>> 0;
    case 6:
      return random.oneIn(2) ? (1 << random.below(32)) >>> 0 : ~(1 << random.below(32)) >>> 0;
    default:
      return random.word();
  }
}

/** EFLAGS that the processor could be in, VM apart. */
export function randomEflags(random: Random): number {
  let flags = 2 | (random.word() & 0xcd5);
  if (random.oneIn(2)) flags |= 0x200;
  if (random.oneIn(10)) flags |= 0x100; // TF
  if (random.oneIn(10)) flags |= 0x4000; // NT
  if (random.oneIn(16)) flags |= 0x1_0000; // RF
  if (random.oneIn(16)) flags |= 0x4_0000; // AC
  if (random.oneIn(16)) flags |= random.word() & 0x38_0000; // ID, VIP, VIF
  return flags | (random.below(4) << 12);
}
