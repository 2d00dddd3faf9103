import type { Random } from "../isa/random.js";
import type { Image } from "./image.js";
import * as map from "./memory-map.js";
import { Selector } from "./memory-map.js";
import { interestingWord } from "./values.js";

const CODE = 0x9a;
const DATA = 0x92;
const BIG = 0xc;
const level = (dpl: number) => dpl << 5;

function segment(image: Image, at: number, base: number, limit: number, access: number, flags: number): void {
  image.put(at, ((base << 16) | (limit & 0xffff)) >>> 0, 4);
  image.put(at + 4, ((base & 0xff00_0000) | (flags << 20) | (limit & 0xf_0000) | (access << 8) | ((base >>> 16) & 0xff)) >>> 0, 4);
}
function gate(image: Image, at: number, selector: number, offset: number, access: number, parameters = 0): void {
  image.put(at, ((selector << 16) | (offset & 0xffff)) >>> 0, 4);
  image.put(at + 4, ((offset & 0xffff_0000) | (access << 8) | parameters) >>> 0, 4);
}

/** GDT, LDT, IDT, real-mode vectors and two TSSs, mostly as a system would have them. Gives the GDT as segment registers may be loaded from it. */
export function fillTables(random: Random, image: Image): DataView {
  fillGdt(random, image);
  for (let i = 0; i < map.LDT_ENTRIES; i++) drawn(random, image, map.LDT + 8 * i);
  for (let vector = 0; vector < 256; vector++) {
    fillGate(random, image, vector);
    // CS 0: the handlers lie in the first 64 KiB.
    image.put(map.IVT + 4 * vector, map.HANDLERS + 16 * vector, 4);
  }
  fillTss(random, image);
  const gdt = image.bytes.slice(map.GDT, map.GDT + 8 * map.GDT_ENTRIES);
  for (let spoilt = random.oneIn(2) ? random.below(8) : 0; spoilt > 0; spoilt--) {
    const at = random.pick([map.GDT, map.IDT, map.LDT, map.TSS32, map.TSS16]) + random.below(0x200);
    image.put(at, random.word(), 1);
  }
  return new DataView(gdt.buffer);
}

function fillGdt(random: Random, image: Image): void {
  const put = (selector: number, base: number, limit: number, access: number, flags: number) =>
    segment(image, map.GDT + (selector & ~7), base, limit, access, flags);
  for (const [dpl, code, data] of [
    [0, Selector.code0, Selector.data0],
    [1, Selector.code1, Selector.data1],
    [2, Selector.code2, Selector.data2],
    [3, Selector.code3, Selector.data3],
  ]) {
    put(code, 0, 0xfffff, CODE | level(dpl), BIG);
    put(data, 0, 0xfffff, DATA | level(dpl), BIG);
  }
  put(Selector.code16, map.CODE, 0xffff, CODE, 0);
  put(Selector.data16, map.DATA, 0xffff, DATA, 0);
  put(Selector.code16User, map.CODE, 0xffff, CODE | level(3), 0);
  put(Selector.data16User, map.DATA, 0xffff, DATA | level(3), 0);
  put(Selector.conforming, 0, 0xfffff, 0x9e, BIG);
  put(Selector.expandDown, 0, random.below(0x40), 0x96, random.oneIn(2) ? BIG : 0);
  put(Selector.tss32, map.TSS32, random.oneIn(4) ? random.below(0x200) : 0x1ff, 0x89, 0);
  put(Selector.tss16, map.TSS16, 0x7f, 0x81, 0);
  put(Selector.tss32Busy, map.TSS32, 0x1ff, 0x8b, 0);
  put(Selector.ldt, map.LDT, 8 * map.LDT_ENTRIES - 1, 0x82, 0);
  gate(image, map.GDT + Selector.callGate, code(random), handler(random), 0xec, random.below(32));
  gate(image, map.GDT + Selector.callGate16, code(random), handler(random), 0xe4, random.below(32));
  gate(image, map.GDT + Selector.taskGate, random.pick([Selector.tss32, Selector.tss16]), 0, 0xe5);
  for (let i = Selector.drawn / 8; i < map.GDT_ENTRIES; i++) drawn(random, image, map.GDT + 8 * i);
}

const code = (random: Random) =>
  random.pick([Selector.code0, Selector.code0, Selector.code1, Selector.code3, Selector.conforming, Selector.code16]);
const handler = (random: Random) => map.HANDLERS + 16 * random.below(256);

/** A descriptor or gate that may be anything, but is often nearly right. */
function drawn(random: Random, image: Image, at: number): void {
  if (random.oneIn(8)) {
    image.put(at, random.word(), 4);
    image.put(at + 4, random.word(), 4);
    return;
  }
  const access = (random.oneIn(8) ? 0 : 0x80) | level(random.below(4)) | random.below(32);
  const isGate = (access & 0x10) === 0 && (access & 4) !== 0;
  if (isGate) gate(image, at, random.oneIn(4) ? random.below(0x200) : code(random), handler(random), access, random.below(32));
  else
    segment(
      image,
      at,
      random.oneIn(2) ? 0 : interestingWord(random),
      random.oneIn(2) ? 0xfffff : random.below(0x100000),
      access,
      random.below(16),
    );
}

function fillGate(random: Random, image: Image, vector: number): void {
  const at = map.IDT + 8 * vector;
  if (random.oneIn(30)) drawn(random, image, at);
  else if (random.oneIn(40)) gate(image, at, random.pick([Selector.tss32, Selector.tss16, Selector.taskGate]), 0, 0x85);
  else {
    const type = random.oneIn(12) ? random.pick([0x86, 0x87]) : random.pick([0x8e, 0x8f]);
    const selector = random.oneIn(6) ? code(random) : Selector.code0;
    gate(image, at, selector, map.HANDLERS + 16 * vector, type | level(random.oneIn(2) ? 3 : 0));
  }
}

function fillTss(random: Random, image: Image): void {
  for (const dpl of [0, 1, 2]) {
    image.put(map.TSS32 + 4 + 8 * dpl, map.STACKS + 0x1000 * (dpl + 1) + (random.oneIn(8) ? random.below(8) : 0), 4);
    image.put(map.TSS32 + 8 + 8 * dpl, [Selector.data0, Selector.data1, Selector.data2][dpl], 2);
    image.put(map.TSS16 + 2 + 4 * dpl, 0x8000 + 0x1000 * dpl, 2);
    image.put(map.TSS16 + 4 + 4 * dpl, [Selector.data0, Selector.data1, Selector.data2][dpl], 2);
  }
  // Images to switch to: 32-bit flat at level 0, or 16-bit.
  image.put(map.TSS32 + 0x1c, map.PAGE_TABLES, 4);
  image.put(map.TSS32 + 0x20, map.HANDLERS + random.below(0x1000), 4);
  image.put(map.TSS32 + 0x24, random.oneIn(4) ? random.word() & 0x3f_7fd7 : 2, 4);
  image.put(map.TSS32 + 0x38, map.STACKS + 0x8000, 4);
  const selectors = [Selector.data0, Selector.code0, Selector.data0, Selector.data0, 0, 0];
  for (let n = 0; n < 6; n++) image.put(map.TSS32 + 0x48 + 4 * n, selectors[n], 2);
  image.put(map.TSS32 + 0x60, random.pick([0, Selector.ldt]), 2);
  image.put(map.TSS32 + 0x64, random.oneIn(8) ? 1 : 0, 2);
  image.put(map.TSS32 + 0x66, random.oneIn(4) ? random.below(0x200) : 0x68, 2);
  image.put(map.TSS16 + 0x0e, 0x100, 2);
  image.put(map.TSS16 + 0x10, 2, 2);
  image.put(map.TSS16 + 0x1a, 0x8000, 2);
  for (let n = 0; n < 4; n++)
    image.put(map.TSS16 + 0x22 + 2 * n, [Selector.data16, Selector.code16, Selector.data16, Selector.data16][n], 2);
}
