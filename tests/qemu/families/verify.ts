import { anyDescriptor, anyMode, anySelector, protectedMode, SLOTS } from "./choice.js";
import { Draft, EAX, EBX, type Family } from "./draft.js";

/** LAR, LSL, VERR, VERW, ARPL on any selector (SDM vol. 3, 5.10; vol. 2). */
export const verify: Family = {
  name: "verify",
  generate(random) {
    const d = new Draft("verify", random, random.oneIn(10) ? anyMode(random) : protectedMode(random));
    for (const slot of SLOTS) d.describe(slot, anyDescriptor(random));
    d.eflags = random.oneIn(2) ? 2 : 0x8d7;
    for (let i = 0; i < 2; i++) {
      const selector = anySelector(random);
      d.mov(EAX, selector | (random.word() & 0xffff_0000));
      const text = `(${selector.toString(16)})`;
      switch (random.below(5)) {
        case 0:
          d.op(`lar ebx, eax ${text}`, 0x0f, 0x02, 0xc0 | (EBX << 3) | EAX);
          break;
        case 1:
          d.op(`lsl ebx, eax ${text}`, 0x0f, 0x03, 0xc0 | (EBX << 3) | EAX);
          break;
        case 2:
          d.op(`verr ax ${text}`, 0x0f, 0x00, 0xe0 | EAX);
          break;
        case 3:
          d.op(`verw ax ${text}`, 0x0f, 0x00, 0xe8 | EAX);
          break;
        default:
          d.mov(EBX, random.below(4)).op(`arpl ax, bx ${text}`, 0x63, 0xc0 | (EBX << 3) | EAX);
      }
    }
    return d.done();
  },
};
