import type { Case } from "../case.js";
import { type Form, parseForms } from "../forms/form.js";
import type { Random } from "../random.js";
import { pushLittle } from "./addressing.js";
import { CaseBuilder, type Wish } from "./builder.js";
import { addVariant, forms } from "./families.js";
import { type Flavour, randomFx } from "./fx.js";

const AC = 0x40000;
const CX = 1;
const SP = 4;

/** Makes one case, or gives up. */
export type Recipe = (random: Random, lowPage: boolean) => Case | undefined;

const integer = ["alu", "alu", "shift", "shift", "bit", "move", "conditional", "conditional", "flags", "bcd", "muldiv", "stack", "string"];
/** Neither branches nor pointers that move by themselves. */
const repeatable = ["alu", "alu", "shift", "bit", "move", "conditional", "flags", "bcd"];

/** What has operands in memory. */
const checked = [
  ...["alu", "shift", "move", "conditional", "stack", "string", "bit", "segment"],
  ...["x87", "mmx", "sse2int", "ssefp", "convert"],
];
/** Whether these are checked is not specified (SDM vol. 3, 6.15, interrupt 17; vol. 2, FXSAVE), nor how MASKMOVDQU is. */
const leftToTheProcessor: ReadonlySet<string> = new Set(["movups", "movupd", "movdqu", "fxsave", "fxrstor", "maskmovdqu"]);

/** Families that are made of others'. Segment loads, traps and branches would end most sequences at once, so they are not among them. */
export const recipes: Readonly<Record<string, Recipe>> = {
  mixed: (random, lowPage) => mixed("mixed", new CaseBuilder(random, lowPage), random, integer),
  "mixed-x87": (random, lowPage) =>
    mixed("mixed-x87", withFx(random, lowPage, "double", true), random, ["x87", "x87", "x87", "move", "alu"]),
  "mixed-vector": (random, lowPage) => {
    const flavour = random.pick(["single", "double", "integer"] as const);
    return mixed("mixed-vector", withFx(random, lowPage, flavour, false), random, ["mmx", "sse2int", "ssefp", "convert", "move"]);
  },
  /** With AC: everything that is not aligned is #AC. */
  alignment: (random, lowPage) => {
    const flavour = random.pick(["single", "double", "integer"] as const);
    const builder = withFx(random, lowPage, flavour, random.oneIn(2));
    builder.eflags |= AC;
    return mixed("alignment", builder, random, checked, leftToTheProcessor);
  },
  prefix,
  loop,
  "self-modifying": selfModifying,
};

function withFx(random: Random, lowPage: boolean, flavour: Flavour, isX87: boolean): CaseBuilder {
  const builder = new CaseBuilder(random, lowPage);
  builder.fx = randomFx(random, flavour, isX87);
  return builder;
}

function addAny(builder: CaseBuilder, random: Random, families: readonly string[], wish: Wish, without?: ReadonlySet<string>): boolean {
  const family = random.pick(families);
  const form = random.pick(forms[family]);
  if (without?.has(form.mnemonic)) return false;
  return addVariant(builder, random, family, { form, size: random.pick(form.sizes), memory: random.oneIn(3) }, wish);
}

/** Two to eight instructions, most of which don't fault. */
function mixed(
  name: string,
  builder: CaseBuilder,
  random: Random,
  families: readonly string[],
  without?: ReadonlySet<string>,
): Case | undefined {
  const count = 2 + random.below(7);
  for (let i = 0; i < count; i++) addAny(builder, random, families, { faults: 5 }, without);
  return builder.instructions.length === 0 ? undefined : builder.finish(name);
}

/** Of segments, REPNE, REP and LOCK. */
const meaningless = [0x26, 0x2e, 0x36, 0x3e, 0xf2, 0xf3, 0xf2, 0xf3, 0xf0, 0x64];

/** Prefixes that mean nothing to the instruction, or make it invalid (LOCK), in any number and order. */
function prefix(random: Random, lowPage: boolean): Case | undefined {
  const builder = new CaseBuilder(random, lowPage);
  const count = random.oneIn(12) ? 8 + random.below(8) : 1 + random.below(3);
  const family = random.pick(["alu", "shift", "move", "conditional", "flags", "muldiv", "bcd", "x87"]);
  const form = random.pick(forms[family]);
  const sized = form.sizes.length > 1;
  const prefixes = Array.from({ length: count }, () => random.pick(sized ? meaningless : [...meaningless, 0x66]));
  // REP makes another instruction of these: TZCNT and the like, RDSSP, PAUSE.
  const [first, second] = form.opcode;
  if ((first === 0x0f && second >= 0x18 && second <= 0x1f) || (form.opcode.length === 1 && first === 0x90) || form.mandatory !== 0)
    return undefined;
  const variant = { form, size: random.pick(form.sizes), memory: random.oneIn(2) };
  if (!addVariant(builder, random, family, variant, { prefix: prefixes, faults: 10 })) return undefined;
  // Beyond 15 bytes it is #GP, and undefined it is #UD: one class of priority (SDM vol. 3, 6.9).
  if (form.mnemonic === "undefined" && builder.length > 15) return undefined;
  return builder.finish("prefix");
}

const [subtract, branch] = parseForms("sub 83 /5 Ed,Ib\njne 75 Jb");

/** A few instructions, several times over, so that what engines keep of decoded code is used again. */
function loop(random: Random, lowPage: boolean): Case | undefined {
  const builder = new CaseBuilder(random, lowPage);
  const counter = random.pick([3, 5, 6, 7]);
  builder.setRegister(counter, 2 + random.below(30));
  // CL stays, because undefined bits and results of shifts depend on it.
  const keep = (register: number) => register === counter || register === SP || register === CX || builder.isPointer(register);
  const count = 1 + random.below(5);
  for (let i = 0; i < count; i++) addAny(builder, random, repeatable, { faults: 1, keep });
  if (builder.instructions.length === 0) return undefined;
  // SUB defines all flags, so nothing undefined gets round.
  if (!builder.add(subtract, { rm: counter, memory: false, immediate: 1, size: 0 })) return undefined;
  if (builder.length + 2 > 127 || !builder.add(branch, { immediate: -(builder.length + 2) & 0xff })) return undefined;
  return builder.finish("loop");
}

const [incDec, storeByte, exclusiveOr] = parseForms("inc 40 Zv\nmov C6 /0 Eb,Ib\nxor 80 /6 Eb,Ib");

/** INC and DEC of one byte each, in a loop that makes others of them: before or behind the store, and as soon as the next instruction. */
function selfModifying(random: Random, lowPage: boolean): Case | undefined {
  const builder = new CaseBuilder(random, lowPage);
  const counter = CX;
  builder.setRegister(counter, 1 + random.below(6));
  const keep = (register: number) => register === counter;
  const fill = () => {
    while (!builder.add(incDec, { keep, size: 4 }));
  };
  const before = random.below(4);
  for (let i = 0; i < before; i++) fill();
  const store: Form = random.oneIn(2) ? storeByte : exclusiveOr;
  // C6 05 disp32 imm8: seven bytes, without a register in the address.
  const after = 1 + random.below(8);
  const target = random.below(before + after);
  const address = builder.eip + (target < before ? target : target + 7);
  const opcode = store === storeByte ? 0x40 + random.pick([0, 2, 3, 6, 7]) + 8 * random.below(2) : 8;
  const bytes: number[] = [store.opcode[0], ((store.modrm as number) << 3) | 5];
  pushLittle(bytes, address, 4);
  bytes.push(opcode);
  builder.append(store, bytes);
  for (let i = 0; i < after; i++) fill();
  if (!builder.add(subtract, { rm: counter, memory: false, immediate: 1, size: 0 })) return undefined;
  if (!builder.add(branch, { immediate: -(builder.length + 2) & 0xff })) return undefined;
  return builder.finish("self-modifying");
}
