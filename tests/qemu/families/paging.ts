import type { Random } from "../../isa/random.js";
import * as arena from "../arena.js";
import { PAGE } from "../layout.js";
import { Draft, dword, EAX, type Family } from "./draft.js";

const { P, W, U, A, D, PS, G } = arena.Pte;
const CR0_WP = 0x1_0000;
const CR4_PSE = 0x10;
const CR4_PGE = 0x80;

/** Bits of an entry: mostly present, with rights, used or not. */
function rights(random: Random, without = 0): number {
  const bits = (random.oneIn(10) ? 0 : P) | (random.word() & (W | U | A | D | G | 0x18 | 0xe00));
  return bits & ~without;
}

/** Rights by U/S, R/W and WP at both levels, accessed and dirty bits, large pages, reserved bits, PAE (SDM vol. 3, 4.3-4.8). */
export const paging: Family = {
  name: "paging",
  generate(random) {
    const pae = random.oneIn(2);
    const d = new Draft("paging", random, { ring: random.pick([0, 1, 3, 3]), bits: 32 });
    d.paging(pae ? "pae" : "32");
    if (random.oneIn(2)) d.cr0 = (d.cr0 | CR0_WP) >>> 0;
    if (random.oneIn(2)) d.cr4 |= CR4_PSE;
    if (random.oneIn(2)) d.cr4 |= CR4_PGE;
    const window = pae ? arena.PAE_WINDOW : arena.WINDOW;
    const size = pae ? 8 : 4;
    const table = pae ? arena.PAE_WINDOW_TABLE : arena.WINDOW_TABLE;
    const entry = (address: number, value: number, high = 0) => (pae ? d.put(address, value, high) : d.put(address, value));
    const reservedSometimes = () => (random.oneIn(8) ? random.pick([0x10, 0x8000_0000, 0x100]) : 0);
    for (let page = 0; page < 2; page++)
      entry(table + page * size, (arena.DATA + page * PAGE) | rights(random, PS), pae ? reservedSometimes() : 0);
    const directory = (pae ? arena.PAE_DIRECTORY : arena.PAGE_DIRECTORY) + size;
    if (random.oneIn(4)) {
      // A large page, which shows the first megabytes; or PS without meaning.
      const reserved = random.oneIn(3) ? (pae ? random.pick([0x1000, 0x2000, 0x1_0000]) : random.pick([0x1000, 0x20_0000])) : 0;
      entry(directory, PS | rights(random) | reserved, pae ? reservedSometimes() : 0);
      if (!pae && !(d.cr4 & CR4_PSE)) entry(directory, (table | PS | rights(random)) >>> 0);
      access(d, window + arena.DATA + 0x40, window + arena.DATA + 0x40);
      return d.done();
    }
    entry(directory, table | rights(random, PS), pae ? reservedSometimes() : 0);
    access(d, window + random.pick([0x40, 0x40, PAGE + 0x40, PAGE - 2]), window + 0x40);
    return d.done();
  },
};

/** An access of some kind at a linear address, or a jump to where there is code. */
function access(d: Draft, linear: number, code: number): void {
  const { random } = d;
  const address = dword(linear);
  const text = linear.toString(16);
  switch (random.below(6)) {
    case 0:
    case 1:
      d.op(`mov eax, [${text}]`, 0xa1, ...address);
      break;
    case 2:
      d.op(`mov [${text}], eax`, 0xa3, ...address);
      break;
    case 3:
      d.op(`add [${text}], eax`, 0x01, 0x05, ...address);
      break;
    case 4:
      // The first page of data is full of INT3.
      d.mov(EAX, code).op("jmp eax", 0xff, 0xe0);
      break;
    default:
      d.op(`cmpxchg [${text}], ebx`, 0x0f, 0xb1, 0x1d, ...address);
  }
}
