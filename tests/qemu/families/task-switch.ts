import * as arena from "../arena.js";
import { anySelector, protectedMode, SLOTS } from "./choice.js";
import { Draft, dword, type Family, halfword, iopl, NT } from "./draft.js";

/** Task switches by JMP, CALL, INT and IRET, to 32-bit and 16-bit tasks whose state may be wrong (SDM vol. 3, 7.3, 7.4). */
export const taskSwitch: Family = {
  name: "task-switch",
  generate(random) {
    const d = new Draft("task-switch", random, protectedMode(random));
    d.eflags = 2 | iopl(random.below(4));
    const small = random.oneIn(3);
    const tss = small ? arena.TSS_16 : arena.TSS_B;
    const selector = small ? arena.TSS_16_SELECTOR : arena.TSS_B_SELECTOR;
    const how = random.pick(["jmp", "call", "gate", "int", "iret"] as const);
    const ring = random.below(4);
    const field = (offset32: number, offset16: number, value: number) =>
      small ? d.put16(tss + offset16, value) : d.put(tss + offset32, value);

    // The new task at another level, with all that belongs there.
    if (random.oneIn(2)) {
      const [code, data] = small ? [arena.code16(ring), arena.data16(ring)] : [arena.code32(ring), arena.data32(ring)];
      field(0x4c, 0x24, code);
      field(0x50, 0x26, data);
      field(0x48, 0x22, data);
      field(0x54, 0x28, data);
    }
    // Something wrong, sometimes.
    for (const slot of SLOTS)
      if (random.oneIn(2))
        d.describe(slot, arena.descriptor(0, 0xfffff, 0x90 | arena.level(random.below(4)) | random.below(16), arena.BIG));
    if (random.oneIn(3)) {
      const [offset32, offset16] = random.pick([
        [0x48, 0x22],
        [0x4c, 0x24],
        [0x50, 0x26],
        [0x54, 0x28],
        [0x60, 0x2a],
      ] as const);
      field(offset32, offset16, anySelector(random));
    }
    if (random.oneIn(4)) field(0x24, 0x10, 2 | (random.word() & 0x3cd5));
    if (random.oneIn(8) && !small) d.put(tss + 0x64, (arena.IO_MAP << 16) | 1); // T: debug trap
    if (random.oneIn(6)) {
      const access = random.pick([small ? 0x83 : 0x8b, 0x09, small ? 0x81 : 0x89]);
      const limit = random.pick([small ? 0x2a : 0x66, small ? 0x2b : 0x67, 0xfff]);
      d.describe(selector, arena.descriptor(tss, limit, access));
    }
    // A task that is 16-bit when it leaves.
    if (random.oneIn(5)) d.tr = small ? arena.TSS_B_SELECTOR : arena.TSS_16_SELECTOR;

    const dpl = arena.level(random.pick([3, 3, d.ring, 0]));
    const far = (opcode: number, text: string, to: number) =>
      d.bits === 32 ? d.op(text, opcode, ...dword(0), ...halfword(to)) : d.op(text, opcode, ...halfword(0), ...halfword(to));
    switch (how) {
      case "jmp":
      case "call":
        if (d.ring > 0 && !random.oneIn(8))
          d.describe(selector, arena.descriptor(tss, small ? 0x2b : arena.TSS_LIMIT, (small ? 0x81 : 0x89) | arena.level(3)));
        far(how === "jmp" ? 0xea : 0x9a, `${how} tss ${selector.toString(16)}`, selector | random.below(4));
        break;
      case "gate":
        d.describe(SLOTS[0], arena.gate(selector, 0, arena.Access.taskGate | dpl));
        far(random.oneIn(2) ? 0xea : 0x9a, "jmp or call task gate", SLOTS[0]);
        break;
      case "int":
        d.gate(0x20, arena.gate(selector, 0, arena.Access.taskGate | dpl)).op("int 20", 0xcd, 0x20);
        break;
      default:
        // Back to a task that is busy.
        d.eflags |= NT;
        d.put16(d.tr === arena.TSS_SELECTOR ? arena.TSS : d.tr === arena.TSS_B_SELECTOR ? arena.TSS_B : arena.TSS_16, selector);
        if (!random.oneIn(6)) d.describe(selector, arena.descriptor(tss, small ? 0x2b : arena.TSS_LIMIT, small ? 0x83 : 0x8b));
        d.op("iret (nested)", 0xcf);
    }
    return d.done();
  },
};
