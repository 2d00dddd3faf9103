import type { Random } from "../../isa/random.js";
import * as arena from "../arena.js";
import { anyMode } from "./choice.js";
import { Draft, type Family } from "./draft.js";

const CR0_BITS = [0x2, 0x4, 0x8, 0x20];
const CR4_OSFXSR = 0x200;
const CR4_OSXMMEXCPT = 0x400;

function gates(random: Random, d: Draft): void {
  if (random.oneIn(2)) for (const bit of CR0_BITS) if (random.oneIn(3)) d.cr0 ^= bit;
  // Without NE an x87 exception is an interrupt of the board, which is not what is looked at here.
  d.cr0 |= 0x20;
  if (random.oneIn(4)) d.cr4 &= ~CR4_OSFXSR;
  if (random.oneIn(4)) d.cr4 &= ~CR4_OSXMMEXCPT;
}

/** #NM, #UD and #MF by CR0.EM, TS, MP and CR4.OSFXSR; images of the x87 state in their four layouts (SDM vol. 3, 2.5, 13.1; vol. 1, 8.1, 8.7, 10.5). */
export const floatingPoint: Family = {
  name: "floating-point",
  generate(random) {
    const d = new Draft("floating-point", random, random.oneIn(3) ? anyMode(random) : { ring: random.pick([0, 3]), bits: 32 });
    gates(random, d);
    const place = d.offset(arena.DATA + 0x40);
    d.put(arena.DATA + 0x40, 0x4048_f5c3, 0, 0x4009_1eb8);
    for (let i = 0; i < 3; i++) {
      switch (random.below(14)) {
        case 0:
          d.op("fldpi", 0xd9, 0xeb);
          break;
        case 1:
          d.op("fld1; fldz", 0xd9, 0xe8).op("", 0xd9, 0xee);
          break;
        case 2:
          d.at("fld dword @", [0xd9], 0, place);
          break;
        case 3:
          // Unmask and provoke: invalid operation, division by zero.
          d.put16(arena.DATA + 0x80, random.pick([0x37e, 0x37b, 0x37f])).at("fldcw @", [0xd9], 5, place + 0x40);
          d.op("fld1; fldz; fdivp", 0xd9, 0xe8).op("", 0xd9, 0xee).op("", 0xde, 0xf9);
          break;
        case 4:
          d.op("wait", 0x9b);
          break;
        case 5:
          d.op("fninit", 0xdb, 0xe3);
          break;
        case 6:
          d.op("fnclex", 0xdb, 0xe2);
          break;
        case 7:
          d.op("fnstsw ax", 0xdf, 0xe0);
          break;
        case 8:
          if (random.oneIn(2)) d.op("(other size)", 0x66);
          d.at("fnstenv @", [0xd9], 6, place + 0x80);
          break;
        case 9:
          if (random.oneIn(2)) d.op("(other size)", 0x66);
          d.at("fnsave @", [0xdd], 6, place + 0x80);
          break;
        case 10:
          d.op("emms", 0x0f, 0x77);
          break;
        case 11:
          d.op("movd mm3, eax", 0x0f, 0x6e, 0xd8);
          break;
        case 12:
          d.op("movd xmm3, eax", 0x66, 0x0f, 0x6e, 0xd8);
          break;
        default:
          d.at("fxsave @", [0x0f, 0xae], 0, place + 0x1c0);
      }
    }
    return d.done();
  },
};
