import * as arena from "../arena.js";
import { ARENA } from "../layout.js";
import { anyMode, landing } from "./choice.js";
import { Draft, EAX, type Family, halfword, IF, iopl, NT } from "./draft.js";

/** POPF, PUSHF, CLI, STI, IRET in real and virtual-8086 mode, and what IOPL and CPL let through (SDM vol. 2; vol. 3, 20.2). */
export const flags: Family = {
  name: "flags",
  generate(random) {
    const d = new Draft("flags", random, anyMode(random));
    d.eflags = 2 | iopl(random.below(4)) | (random.word() & (IF | 0x24_0cd5)) | (random.oneIn(4) ? NT : 0);
    for (let i = 0; i < 3; i++) {
      // TF is another family's.
      const image = random.word() & ~0x100;
      switch (random.below(7)) {
        case 0:
          d.op32(`push ${image.toString(16)}`, 0x68, ...[image & 0xff, (image >>> 8) & 0xff, (image >>> 16) & 0xff, image >>> 24]);
          d.op32("popfd", 0x9d);
          break;
        case 1:
          d.op16(`push ${(image & 0xffff).toString(16)}`, 0x68, ...halfword(image)).op16("popf", 0x9d);
          break;
        case 2:
          d.op32("pushfd", 0x9c).op32("pop eax", 0x58 | EAX);
          break;
        case 3:
          d.op16("pushf", 0x9c).op16("pop bx", 0x5b);
          break;
        case 4:
          d.op("cli", 0xfa);
          break;
        case 5:
          d.op("sti", 0xfb);
          break;
        default:
          d.mov(EAX, random.word()).op("sahf", 0x9e);
      }
    }
    return d.done();
  },
};

/** What is sensitive, and what isn't, in virtual-8086 mode by IOPL (SDM vol. 3, 20.2). */
export const virtual8086: Family = {
  name: "virtual-8086",
  generate(random) {
    const d = new Draft("virtual-8086", random, "virtual8086");
    d.eflags = 2 | iopl(random.oneIn(2) ? 3 : random.below(3)) | (random.word() & (IF | 0x8d5)) | (random.oneIn(4) ? NT : 0);
    if (random.oneIn(4)) d.paging("32");
    for (let i = 0; i < 2; i++) eightySixInstruction(d);
    return d.done();
  },
};

/** Interrupts, far transfers, segment loads and protected-mode instructions in real mode (SDM vol. 3, 20.1). */
export const realMode: Family = {
  name: "real",
  generate(random) {
    const d = new Draft("real", random, "real");
    d.eflags = 2 | (random.word() & (IF | 0x7cd5));
    if (random.oneIn(6)) d.idtr = [random.below(0x100), 0];
    for (let i = 0; i < 2; i++) eightySixInstruction(d);
    return d.done();
  },
};

function eightySixInstruction(d: Draft): void {
  const { random } = d;
  const target = landing(ARENA);
  switch (random.below(14)) {
    case 0:
      d.op(`int 21`, 0xcd, 0x21);
      break;
    case 1:
      d.op("int3", 0xcc);
      break;
    case 2:
      d.eflags |= 0x800;
      d.op("into", 0xce);
      break;
    case 3: {
      const wide = random.oneIn(3);
      const image = (random.word() & ~0x100) >>> 0;
      if (wide) d.push32(target, arena.SEGMENT, image).op32("iretd", 0xcf);
      else d.push16(target, arena.SEGMENT, image & 0xffff).op16("iret", 0xcf);
      break;
    }
    case 4:
      d.op(`jmp ${arena.SEGMENT.toString(16)}:${target.toString(16)}`, 0xea, ...halfword(target), ...halfword(arena.SEGMENT));
      break;
    case 5:
      d.op32("call far", 0x9a, ...[target & 0xff, target >> 8, 0, random.oneIn(4) ? 1 : 0], ...halfword(arena.SEGMENT));
      break;
    case 6:
      d.push16(target, arena.SEGMENT).op("retf", 0xcb);
      break;
    case 7: {
      const sreg = random.pick([0, 3, 4, 5]);
      const selector = random.pick([0x1700, 0x1000, 0xffff, 3]);
      d.mov(EAX, selector).op(`mov sreg ${sreg}, ax`, 0x8e, 0xc0 | (sreg << 3));
      break;
    }
    case 8:
      d.op("lar ax, bx", 0x0f, 0x02, 0xc3);
      break;
    case 9:
      d.op(random.oneIn(2) ? "sldt/str/verr ax" : "lldt/ltr ax", 0x0f, 0x00, random.pick([0xc0, 0xc8, 0xd0, 0xd8, 0xe0]));
      break;
    case 10:
      d.op("arpl ax, bx", 0x63, 0xd8);
      break;
    case 11:
      d.op("aam 0", 0xd4, 0);
      break;
    case 12:
      d.op("(lock) nop", 0xf0, 0x90);
      break;
    default:
      d.op("hlt", 0xf4);
  }
}
