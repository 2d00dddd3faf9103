import * as arena from "../arena.js";
import { ARENA } from "../layout.js";
import { anyCode, anyDescriptor, anyGate, anySelector, codeTarget, landing, protectedMode, SLOTS } from "./choice.js";
import { Draft, dword, type Family, halfword, iopl, VIF, VIP, VM } from "./draft.js";

const CALL_GATES = [arena.Access.callGate16, arena.Access.callGate32];

function tables(d: Draft): void {
  const { random } = d;
  d.describe(SLOTS[0], random.oneIn(2) ? anyCode(random) : anyDescriptor(random));
  d.describe(SLOTS[1], anyGate(random, random.pick(CALL_GATES)));
  d.describe(SLOTS[2], anyGate(random, random.pick(CALL_GATES)));
  d.describe(SLOTS[3], anyCode(random));
  // Parameters for gates to copy.
  d.push32(0x0101_0101, 0x0202_0202, 0x0303_0303, 0x0404_0404, 0x0505_0505, 0x0606_0606, 0x0707_0707, 0x0808_0808);
}

/** JMP and CALL to code segments and through call gates (SDM vol. 3, 5.8; vol. 2, JMP, CALL). */
export const farTransfer: Family = {
  name: "far-transfer",
  generate(random) {
    const d = new Draft("far-transfer", random, protectedMode(random));
    tables(d);
    const [selector, offset] = random.oneIn(2)
      ? [random.pick(SLOTS) | random.below(4), landing(random.pick([0, ARENA]))]
      : codeTarget(random);
    const call = random.oneIn(2);
    const text = `${call ? "call" : "jmp"} ${selector.toString(16)}:${offset.toString(16)}`;
    const pointer32 = [...dword(offset), ...halfword(selector)];
    const pointer16 = [...halfword(offset), ...halfword(selector)];
    const wide = random.oneIn(4) ? d.bits !== 32 : d.bits === 32;
    const pointer = wide ? pointer32 : pointer16;
    if (random.oneIn(2)) {
      const bytes = [call ? 0x9a : 0xea, ...pointer];
      if (wide) d.op32(text, ...bytes);
      else d.op16(text, ...bytes);
    } else {
      d.putBytes(arena.DATA + 0x40, ...pointer);
      const opcode = wide === (d.bits === 32) ? [0xff] : [0x66, 0xff];
      d.at(`${text} by @`, opcode, call ? 3 : 5, d.offset(arena.DATA + 0x40));
    }
    return d.done();
  },
};

/** RETF to the same and outer levels, with and without parameters to drop (SDM vol. 2, RET). */
export const farReturn: Family = {
  name: "far-return",
  generate(random) {
    const d = new Draft("far-return", random, protectedMode(random));
    for (const slot of SLOTS) d.describe(slot, random.oneIn(2) ? anyCode(random) : anyDescriptor(random));
    const drop = random.pick([0, 0, 4, 8, 0x10]);
    const [cs, eip] = codeTarget(random);
    const level = Math.max(cs & 3, d.ring);
    const ss = random.oneIn(3) ? anySelector(random) : random.oneIn(2) ? arena.data32(level) : arena.data16(level);
    const stack = random.pick([arena.STACKS[level], arena.STACKS[level] - ARENA]);
    const wide = random.oneIn(4) ? d.bits !== 32 : d.bits === 32;
    const push = (...values: number[]) => (wide ? d.push32(...values) : d.push16(...values));
    push(stack, ss);
    d.esp -= drop;
    push(eip, cs);
    // DS and its kin lose what the outer level may not have.
    d.segments = [0, 1, 2, 3].map(() => (random.oneIn(2) ? d.ss : arena.data32(random.below(4) < 2 ? d.ring : 3)));
    const bytes = drop === 0 ? [0xcb] : [0xca, ...halfword(drop)];
    const text = `retf ${drop}`;
    return (wide ? d.op32(text, ...bytes) : d.op16(text, ...bytes)).done();
  },
};

/** IRET within a level, to outer levels and to virtual-8086 mode, with any flags (SDM vol. 2, IRET). */
export const interruptReturn: Family = {
  name: "iret",
  generate(random) {
    const d = new Draft("iret", random, protectedMode(random));
    for (const slot of SLOTS) d.describe(slot, random.oneIn(2) ? anyCode(random) : anyDescriptor(random));
    d.eflags = iopl(random.below(4)) | (random.oneIn(2) ? 0x202 : 2);
    const wide = random.oneIn(4) ? d.bits !== 32 : d.bits === 32;
    const push = (...values: number[]) => (wide ? d.push32(...values) : d.push16(...values));
    // Any flags but TF, which families of debugging look at, and NT.
    const flags = (random.word() & 0x003f_3ed5) | 2;
    if (random.oneIn(4)) {
      // QEMU would keep VIF and VIP for all cases that follow.
      const image = (flags & ~(VIF | VIP)) | VM;
      const segment = () => random.pick([arena.SEGMENT, arena.SEGMENT, 0x1700, 0]);
      push(arena.STACKS[3] - ARENA, arena.SEGMENT, segment(), segment(), segment(), segment());
      push(arena.CODE - ARENA + (random.oneIn(8) ? 0x1_0000 : 0x800), arena.SEGMENT, image);
    } else {
      const [cs, eip] = codeTarget(random);
      const level = Math.max(cs & 3, d.ring);
      const ss = random.oneIn(3) ? anySelector(random) : random.oneIn(2) ? arena.data32(level) : arena.data16(level);
      push(random.pick([arena.STACKS[level], arena.STACKS[level] - ARENA]), ss);
      push(eip, cs, flags & ~VM);
    }
    d.segments = [0, 1, 2, 3].map(() => (random.oneIn(2) ? d.ss : arena.data32(random.below(4) < 2 ? d.ring : 3)));
    return (wide ? d.op32("iretd", 0xcf) : d.op16("iret", 0xcf)).done();
  },
};
