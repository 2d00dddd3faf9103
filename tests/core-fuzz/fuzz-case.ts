import type { Cpu } from "../../src/vmm/cpu/cpu.js";
import { TOP } from "../isa/layout.js";
import { Random } from "../isa/random.js";
import { randomCode } from "./code.js";
import { fillTables } from "./descriptor-tables.js";
import { Image } from "./image.js";
import * as map from "./memory-map.js";
import { describeMode, type Mode, randomMode } from "./mode.js";
import { fillPageTables } from "./page-tables.js";
import { enterMode } from "./registers.js";

/** Everything that a case starts from. All of it follows from a seed and a number. */
export interface FuzzCase {
  readonly mode: Mode;
  readonly title: string;
  readonly image: Image;
  readonly eip: number;
  /** The first bytes at EIP, to be shown. */
  readonly code: Uint8Array;
  /** Instructions that it may execute. */
  readonly budget: number;
  /** What ports, devices and the time-stamp counter answer follows from it. */
  readonly answers: number;
  /** Puts a processor that has been reset into the state that the case starts in. */
  enter(cpu: Cpu): void;
}

const BUDGETS = [60, 200, 200, 600, 2000];
const SHOWN = 64;
/** What the longest code takes: it may begin at the end of CODE and go on in STACKS. */
const CODE_ROOM = 512;
const image = new Image();

const numbered = (seed: number, number: number, salt: number): Random =>
  new Random((Math.imul(seed + 1, 0x9e37_79b1) ^ Math.imul(number + 1, 0x85eb_ca6b) ^ salt) | 0);

/** The case's memory lies in one image that all share: a case is valid until the next is made. */
export function makeCase(seed: number, number: number): FuzzCase {
  const random = numbered(seed, number, 0);
  image.revert();
  const mode = randomMode(random);
  const gdt = fillTables(random, image);
  fillPageTables(random, image, mode.paging, mode.noExecute);
  fillHandlers(random);
  fillData(random);
  const { at, eip } = entry(random, mode);
  image.fill(at, randomCode(random, 16 + random.below(200)).slice(0, CODE_ROOM));
  return {
    mode,
    title: describeMode(mode),
    image,
    eip,
    code: image.bytes.subarray(at, at + SHOWN),
    budget: random.pick(BUDGETS),
    answers: random.word(),
    enter(cpu) {
      enterMode(numbered(seed, number, 0x5555), cpu, gdt, mode);
      cpu.eip = eip;
    },
  };
}

/** Where code begins, in memory and by EIP: anywhere in the first pages, often so that it runs over the end of one, or of its segment at 64 KiB or 4 GiB. */
function entry(random: Random, mode: Mode): { at: number; eip: number } {
  const is32 = mode.processor === "protected" && mode.code32;
  if (is32 && mode.paging !== "off" && random.oneIn(10)) {
    // The page tables map the top of the address space to the first page of DATA.
    const offset = map.PAGE - 1 - random.below(40);
    return { at: map.DATA + offset, eip: TOP + offset };
  }
  const offsets = [
    random.below(0x400),
    random.below(0x400),
    random.below(0x400),
    map.PAGE - 1 - random.below(40),
    0xffff - random.below(30),
  ];
  const offset = random.pick(offsets);
  // Code segments of real, virtual-8086 and 16-bit protected mode begin at CODE.
  return { at: map.CODE + offset, eip: is32 ? map.CODE + offset : offset };
}

/** Handlers that return, halt, or go on with what is there. Error codes stay on the stack in half of them. */
function fillHandlers(random: Random): void {
  for (let vector = 0; vector < 256; vector++) {
    const hasErrorCode = vector === 8 || (vector >= 10 && vector <= 14) || vector === 17;
    // ADD dword [ESP], 2 steps over what faulted, more or less: then IRET.
    const body = random.pick([
      [0xcf],
      [0x83, 0x04, 0x24, 0x02, 0xcf],
      [0x83, 0x04, 0x24, 0x03, 0xcf],
      [0x83, 0x04, 0x24, 0x01, 0xcf],
      [0xf4, 0xcf],
      [0x50, 0x58, 0xcf],
      randomCode(random, 8).slice(0, 12),
    ]);
    const drop = hasErrorCode && !random.oneIn(8) ? [0x83, 0xc4, 0x04] : [];
    image.fill(map.HANDLERS + 16 * vector, [...drop, ...body].slice(0, 16));
  }
}

function fillData(random: Random): void {
  for (let at = map.DATA; at < map.DATA + 0x800; at += 4) image.put(at, random.word(), 4);
  // Far pointers and stacks to return by.
  for (let at = map.STACKS + 0x5f80; at < map.STACKS + 0x6080; at += 4)
    image.put(at, random.pick([map.CODE + random.below(0x100), map.HANDLERS, 0x08, 0x3b, 0x202, random.word()]), 4);
}
