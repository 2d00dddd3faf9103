import * as arena from "../arena.js";
import { PROGRAM_CS } from "../layout.js";
import { anyMode, protectedMode } from "./choice.js";
import { Draft, EAX, EBX, type Family, RF, TF } from "./draft.js";

const CR4_DE = 8;

/** MOV to and from DR0-DR7, GD, DE (SDM vol. 3, 17.2). */
export const debugRegisters: Family = {
  name: "debug-registers",
  generate(random) {
    const d = new Draft("debug-registers", random, random.oneIn(3) ? anyMode(random) : { ring: 0, bits: random.oneIn(4) ? 16 : 32 });
    if (random.oneIn(2)) d.cr4 |= CR4_DE;
    // Breakpoints that nothing meets.
    d.debug.fill(0xf0f0_f000, 0, 4);
    // General detect, where the next thing is an access: on a way that does not lead through #DB the program would trip over it.
    const detect = d.entry === "protected" && d.ring === 0 && random.oneIn(4);
    if (detect) d.debug[5] |= 0x2000;
    for (let i = 0; i < 2; i++) {
      const n = detect && i === 0 ? random.pick([0, 3, 6, 7]) : random.below(8);
      if (random.oneIn(2)) d.op(`mov ebx, dr${n}`, 0x0f, 0x21, 0xc0 | (n << 3) | EBX);
      else {
        const value = n < 4 ? random.word() | 0xf000_0000 : n === 7 || n === 5 ? random.word() & ~0x2000 : random.word();
        d.mov(EAX, value).op(`mov dr${n}, eax`, 0x0f, 0x23, 0xc0 | (n << 3) | EAX);
      }
    }
    return d.done();
  },
};

/** Single step, instruction and data breakpoints, INT1, RF, the shadow of MOV SS (SDM vol. 3, 17.3; 6.8.3). */
export const debugExceptions: Family = {
  name: "debug-exceptions",
  generate(random) {
    const d = new Draft("debug-exceptions", random, random.oneIn(4) ? anyMode(random) : protectedMode(random));
    if (random.oneIn(2)) d.eflags |= TF;
    if (random.oneIn(4)) d.eflags |= RF;
    const data = arena.DATA + 0x40;
    if (random.oneIn(2)) {
      // QEMU never comes out of an instruction breakpoint in a segment whose base is not 0.
      const kind = d.base === 0 && typeof d.mode !== "string" ? random.pick([0, 0, 1, 3]) : random.pick([1, 3]);
      const length = kind === 0 ? 0 : random.pick([0, 1, 3]);
      const address = kind === 0 ? arena.CODE + random.below(4) : data + random.below(5);
      const n = random.below(4);
      d.debug[n] = address;
      d.debug[5] = 0x400 | (1 << (2 * n + random.below(2))) | (kind << (16 + 4 * n)) | (length << (18 + 4 * n));
    }
    if (random.oneIn(4) && d.entry !== "real")
      d.gate(1, arena.gate(PROGRAM_CS, arena.stubOf(1), arena.Access.trap32 | arena.level(random.below(4))));
    const stack = d.ss;
    for (let i = 0; i < 2; i++) {
      switch (random.below(8)) {
        case 0:
          d.op("nop", 0x90);
          break;
        case 1:
          d.at("mov eax, @", [0x8b], EAX, d.offset(data));
          break;
        case 2:
          d.at("mov @, eax", [0x89], EAX, d.offset(data));
          break;
        case 3:
          d.mov(EAX, stack).op("mov ss, ax", 0x8e, 0xd0);
          break;
        case 4:
          d.op("int1", 0xf1);
          break;
        case 5:
          d.op("pushf", 0x9c).op("popf", 0x9d);
          break;
        case 6:
          d.op("ud2", 0x0f, 0x0b);
          break;
        default:
          d.op("int 20", 0xcd, 0x20);
      }
    }
    return d.done();
  },
};
