import * as arena from "../arena.js";
import { anyDescriptor, anySelector, protectedMode, SLOTS } from "./choice.js";
import { Draft, dword, EAX, EBX, type Family, halfword, SREGS } from "./draft.js";

/** MOV, POP and LDS & Co. of any selector in any ring, and an access through what was loaded (SDM vol. 3, 5.2-5.7; vol. 2, MOV, POP, LDS). */
export const segmentLoad: Family = {
  name: "segment-load",
  generate(random) {
    const d = new Draft("segment-load", random, protectedMode(random));
    for (const slot of SLOTS) d.describe(slot, anyDescriptor(random));
    const selector = anySelector(random);
    const sreg = random.pick([0, 2, 3, 4, 5]);
    const name = SREGS[sreg];
    const offset = d.offset(arena.DATA + 0x40);
    switch (random.below(3)) {
      case 0:
        d.mov(EAX, selector).op(`mov ${name}, ax`, 0x8e, 0xc0 | (sreg << 3) | EAX);
        break;
      case 1: {
        if (d.bits === 32) d.push32(selector);
        else d.push16(selector);
        const opcode = { es: [0x07], ss: [0x17], ds: [0x1f], fs: [0x0f, 0xa1], gs: [0x0f, 0xa9] }[name as "es"];
        d.op(`pop ${name}`, ...opcode);
        break;
      }
      default: {
        const opcode = { es: [0xc4], ds: [0xc5], ss: [0x0f, 0xb2], fs: [0x0f, 0xb4], gs: [0x0f, 0xb5] }[name as "es"];
        const pointer = d.bits === 32 ? [...dword(0x1234), ...halfword(selector)] : [...halfword(0x1234), ...halfword(selector)];
        d.putBytes(arena.DATA + 0x40, ...pointer).at(`l${name} ebx, @`, opcode, EBX, offset);
      }
    }
    if (sreg !== 2) {
      // What is there shows in the base; how far one may go shows in a fault.
      const prefix = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65][sreg];
      // A write goes where nothing is, whatever the base.
      const write = random.oneIn(3);
      const where = write ? 0x7040 : random.oneIn(4) ? random.pick([0xffe, 0x7ffe, 0x8ffe, 0xfffc]) : random.below(16);
      d.at(write ? `mov ${name}:@, ebx` : `mov ebx, ${name}:@`, [prefix, write ? 0x89 : 0x8b], EBX, where);
    }
    return d.op(`mov eax, ${name}`, 0x8c, 0xc0 | (sreg << 3) | EAX).done();
  },
};
