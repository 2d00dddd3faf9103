import * as arena from "../arena.js";
import { PROGRAM_CS } from "../layout.js";
import { anyCode, anyDescriptor, anyGate, anyMode, anySelector, landing, protectedMode, SLOTS } from "./choice.js";
import { AC, Draft, EAX, type Family, IF, iopl, NT, RF } from "./draft.js";

const GATES = [
  arena.Access.interrupt16,
  arena.Access.interrupt32,
  arena.Access.interrupt32,
  arena.Access.trap16,
  arena.Access.trap32,
  arena.Access.trap32,
  arena.Access.taskGate,
  arena.Access.callGate32,
];

/** A gate to ring 0's stub of that vector, of this type. */
const toStub = (vector: number, access: number): arena.Dwords => arena.gate(PROGRAM_CS, arena.stubOf(vector), access);

/** Descriptors, a gate for the vector and flags. What other gates than INT3's own lead to is full of INT3. */
function prepare(d: Draft, vector: number): void {
  const { random } = d;
  for (const slot of SLOTS) d.describe(slot, random.oneIn(2) ? anyCode(random) : anyDescriptor(random));
  const access = random.pick(GATES);
  d.gate(vector, vector === 3 || random.oneIn(3) ? toStub(vector, access | arena.level(random.below(4))) : anyGate(random, access));
  d.eflags = 2 | iopl(random.below(4)) | (random.word() & (IF | RF | AC)) | (random.oneIn(8) ? NT : 0);
  if (random.oneIn(8)) d.idtr = [8 * vector + random.pick([7, 6, -1]), arena.IDT];
  // Inner stacks.
  if (random.oneIn(6)) d.put(arena.TSS + 4 + 8 * random.below(3), arena.STACKS[0], anySelector(random));
}

/** INT n, INT3 and INTO through gates of all types, from every level and from virtual-8086 mode (SDM vol. 3, 6.12; 20.2-20.3). */
export const softwareInterrupt: Family = {
  name: "interrupt",
  generate(random) {
    const d = new Draft("interrupt", random, random.oneIn(4) ? anyMode(random) : protectedMode(random));
    const vector = random.pick([3, 4, 0x20, 0x21, 0x80, 0xff, 13]);
    if (d.mode === "real") {
      if (random.oneIn(4)) d.idtr = [4 * vector + random.pick([3, 2, -1]), 0];
      d.eflags = 2 | (random.word() & (IF | NT));
    } else prepare(d, vector);
    if (vector === 4 && random.oneIn(2)) {
      d.eflags |= 0x800;
      d.op("into", 0xce);
    } else if (vector === 3) d.op("int3", 0xcc);
    else d.op(`int ${vector.toString(16)}`, 0xcd, vector);
    return d.done();
  },
};

/** Exceptions with and without error codes through gates of all types (SDM vol. 3, 6.12-6.13). */
export const exception: Family = {
  name: "exception",
  generate(random) {
    const d = new Draft("exception", random, random.oneIn(4) ? "virtual8086" : protectedMode(random));
    const vector = random.pick([0, 5, 6, 11, 12, 13]);
    prepare(d, vector);
    switch (vector) {
      case 0:
        d.op("aam 0", 0xd4, 0);
        break;
      case 5:
        d.put(arena.DATA + 0x40, 0, 0).at("bound ebx, @", [0x62], 3, d.offset(arena.DATA + 0x40));
        break;
      case 6:
        d.op("ud2", 0x0f, 0x0b);
        break;
      case 13:
        if (random.oneIn(2)) d.op("hlt", 0xf4).op("mov cr0, eax", 0x0f, 0x22, 0xc0);
        else d.mov(EAX, 0x7ff8).op("mov ds, ax", 0x8e, 0xd8);
        break;
      default: {
        // An absent data segment is #NP, an absent stack segment #SS.
        const absent = arena.descriptor(0, 0xfffff, (arena.Access.data | arena.level(d.ring)) & 0x7f, arena.BIG);
        const selector = (arena.FREE + 0x10) | d.ring;
        d.describe(selector, absent).mov(EAX, selector);
        if (vector === 11) d.op("mov es, ax", 0x8e, 0xc0);
        else d.op("mov ss, ax", 0x8e, 0xd0);
      }
    }
    return d.done();
  },
};

/** Exceptions while one is delivered: serial handling, double faults, shutdown (SDM vol. 3, 6.15, table 6-5). */
export const doubleFault: Family = {
  name: "double-fault",
  generate(random) {
    const first = random.pick([0, 6, 13, 14, 0x30]);
    const bits32 = { ring: random.below(4), bits: 32 } as const;
    const d = new Draft("double-fault", random, first === 14 ? bits32 : random.oneIn(5) ? "virtual8086" : protectedMode(random));
    const broken = (vector: number) => {
      const gate = random.below(5);
      if (gate === 0) d.gate(vector, toStub(vector, arena.Access.interrupt32 & 0x7f));
      else if (gate === 1) d.gate(vector, arena.gate(0, 0, arena.Access.interrupt32));
      else if (gate === 2) d.gate(vector, arena.gate(arena.data32(0), 0, arena.Access.trap32));
      else if (gate === 3) d.gate(vector, arena.gate(SLOTS[0], landing(0), arena.Access.interrupt32));
      else d.gate(vector, arena.gate(arena.LDT_SELECTOR, 0, arena.Access.taskGate));
    };
    // Without an inner stack, what runs at level 3 would only meet one INT3 after the other.
    const brokenStack = random.oneIn(4);
    const target = brokenStack || random.oneIn(2) ? arena.Access.code & 0x7f : arena.Access.code | arena.level(3);
    d.describe(SLOTS[0], arena.descriptor(0, 0xfffff, target, arena.BIG));
    broken(first);
    if (first === 0x30) d.gate(first, arena.gate(SLOTS[0], landing(0), arena.Access.interrupt32 | arena.level(3)));
    for (const vector of [10, 11, 12, 13]) if (random.oneIn(3)) broken(vector);
    if (random.oneIn(5)) broken(8);
    if (random.oneIn(4)) d.gate(8, arena.gate(arena.TSS_B_SELECTOR, 0, arena.Access.taskGate));
    if (brokenStack) d.put(arena.TSS + 4, arena.STACKS[0], random.pick([0, arena.data32(3), arena.code32(0), SLOTS[1], 0x7ff8]));
    if (first === 0) d.op("aam 0", 0xd4, 0);
    else if (first === 6) d.op("ud2", 0x0f, 0x0b);
    else if (first === 13) d.mov(EAX, 0x7ff8).op("mov ds, ax", 0x8e, 0xd8);
    else if (first === 14) {
      d.paging("32").op("mov eax, [400000]", 0xa1, 0, 0, 0x40, 0);
      if (random.oneIn(2)) d.idtr = [0x7ff, random.pick([0x40_0000, arena.IDT])];
    } else d.op("int 30", 0xcd, first);
    return d.done();
  },
};
