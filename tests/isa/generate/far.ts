import type { Case } from "../case.js";
import { type Form, parseForms } from "../forms/form.js";
import { CROSSING_WINDOW, EDGE_WINDOW, USER_CS, USER_DS, WINDOW } from "../layout.js";
import type { Random } from "../random.js";
import { CaseBuilder } from "./builder.js";
import type { Variant } from "./families.js";

const SP = 4;
const NT = 0x4000;

const filler: readonly Form[] = parseForms("inc 40 Zv\ncmc F5\nnot F7 /2 Ev");

/** Code of ring 3, often; else data, the kernel's, null, a code segment asked for with RPL 0, an LDT that isn't there, beyond the table. 33h is 64-bit code. */
const SELECTORS = [USER_CS, USER_CS, USER_CS, USER_CS, USER_CS, USER_CS, USER_CS, USER_CS, USER_DS, 0x10, 0, 3, 0x20, 0x27, 0xfff3];

/**
 * A far transfer to the instruction behind the filler that follows it. With 16 bits of operand size the offset is cut, and the transfer
 * ends where nothing is.
 */
export function farCase(random: Random, lowPage: boolean, variant: Variant): Case | undefined {
  const builder = new CaseBuilder(random, lowPage);
  const { form, size, memory } = variant;
  // IRET with NT is a task return here and #GP in the host's long mode.
  builder.eflags &= ~NT;
  const selector = random.pick(SELECTORS);
  const fault = random.oneIn(8);
  const pointer = EDGE_WINDOW + random.below(16);
  const isReturn = form.opcode.length === 1 && [0xcb, 0xca, 0xcf].includes(form.opcode[0]);
  if (fault) builder.setRegister(SP, random.pick(isReturn ? [EDGE_WINDOW + WINDOW, 0x40] : [EDGE_WINDOW + WINDOW + 4, 5, 0x2468b006]));
  else builder.setRegister(SP, isReturn ? CROSSING_WINDOW + 4 * random.below(12) : EDGE_WINDOW + 32 + 4 * random.below(8));

  const prefix = random.oneIn(40) ? [0xf0] : undefined;
  const wish = { size, memory, faults: fault ? 50 : 0, immediate: random.below(64), selector, prefix };
  if (!builder.add(form, memory && !(fault && random.oneIn(2)) ? { ...wish, address: pointer } : wish)) return undefined;
  const length = builder.instructions[0].bytes.length;
  builder.add(random.pick(filler), { memory: false });
  const skipped = builder.length;
  builder.add(random.pick(filler), { memory: false });
  const target = random.oneIn(16) ? random.word() : builder.eip + (random.oneIn(2) ? skipped : length);

  const bytes = (value: number, count: number) => Array.from({ length: count }, (_, i) => (value >>> (8 * i)) & 0xff);
  const farPointer = [...bytes(target, size), ...bytes(selector, 2)];
  if (memory) builder.poke(pointer, farPointer);
  else if (isReturn) {
    const flags = (random.word() & ~0x100 & ~NT) >>> 0;
    builder.poke(builder.register(SP), [...bytes(target, size), ...bytes(selector | 0, size), ...bytes(flags, size)]);
  } else {
    const direct = builder.instructions[0];
    builder.instructions[0] = { ...direct, bytes: [...direct.bytes.slice(0, -farPointer.length), ...farPointer] };
  }
  return builder.finish("far");
}
