import type { Case, Instruction } from "../case.js";
import { type Form, parseForms } from "../forms/form.js";
import { EDGE_WINDOW, WINDOW } from "../layout.js";
import type { Random } from "../random.js";
import { CaseBuilder, type Wish } from "./builder.js";
import type { Variant } from "./families.js";

const CX = 1;
const SP = 4;

const fillers: readonly Form[] = parseForms(`
  inc 40 Zv
  cmc F5
  lea 8D /r Gv,M0
  not F6 /2 Eb
  setb 0F 92 /0 Eb
`);

/** A branch between fillers; its target is the start of an instruction behind it, or the end, or now and then somewhere wrong. */
export function controlCase(random: Random, lowPage: boolean, variant: Variant): Case | undefined {
  const builder = new CaseBuilder(random, lowPage);
  const { form, size, memory } = variant;
  const isReturn = form.mnemonic === "ret";
  const isIndirect = form.modrm !== undefined;
  if (form.mnemonic.startsWith("loop") || form.mnemonic === "jcxz")
    builder.setRegister(CX, random.pick([0, 1, 1, 2, 0x10000, 0x10001, 0xffffffff]));
  const fault = random.below(100) < 12;
  if (isReturn || form.mnemonic === "call") {
    if (fault) builder.setRegister(SP, random.pick([EDGE_WINDOW + WINDOW - 1, 3, 0x2468d000, 0x2468b002]));
    else builder.setRegister(SP, EDGE_WINDOW + 4 * random.below(WINDOW / 4 - 2) + (isReturn ? 0 : 4));
  }

  const before = random.below(3);
  for (let i = 0; i < before; i++) builder.add(random.pick(fillers), { memory: false });
  const branchIndex = builder.instructions.length;
  const wish: Wish = {
    size: form.sizes.includes(size) ? size : undefined,
    memory,
    faults: fault ? 60 : 0,
    prefix: branchPrefix(random, form),
  };
  const rm = random.pick([0, 2, 3, 6, 7]);
  const pointer = EDGE_WINDOW + 4 * random.below(8);
  if (!builder.add(form, isIndirect ? { ...wish, rm, address: memory && !fault ? pointer : undefined } : wish)) return undefined;
  const after = 1 + random.below(4);
  for (let i = 0; i < after; i++) builder.add(random.pick(fillers), { memory: false });

  // Where things ended up.
  const starts: number[] = [];
  let at = 0;
  for (const { bytes } of builder.instructions) {
    starts.push(at);
    at += bytes.length;
  }
  starts.push(at);
  const target = starts[branchIndex + 1 + random.below(starts.length - branchIndex - 1)];
  const linear = random.oneIn(24) ? random.word() : builder.eip + target;
  if (isReturn) builder.poke(builder.register(SP), little(linear));
  else if (isIndirect) {
    if (memory) builder.poke(pointer, little(linear));
    else if (builder.isFree(rm)) builder.setRegister(rm, linear);
    else return undefined;
  } else {
    const branch = builder.instructions[branchIndex];
    patch(builder.instructions, branchIndex, patched(branch, target - starts[branchIndex + 1]));
  }
  return builder.finish("control");
}

/** Hints on conditional branches, 16-bit addresses for those that count in CX; LOCK is #UD. */
function branchPrefix(random: Random, form: Form): readonly number[] | undefined {
  if (random.oneIn(40)) return [0xf0];
  if (form.mnemonic.startsWith("loop") || form.mnemonic === "jcxz") return random.oneIn(4) ? [0x67] : undefined;
  if (form.mnemonic.startsWith("j") && form.mnemonic !== "jmp" && random.oneIn(16)) return [random.pick([0x2e, 0x3e])];
  return undefined;
}

/** The displacement is the branch's last bytes. */
function patched(branch: Instruction, displacement: number): Instruction {
  const operand = branch.form.operands.find((o) => o.kind === "J");
  const width = operand?.width === "b" ? 1 : branch.size === 2 ? 2 : 4;
  const bytes = [...branch.bytes.slice(0, -width), ...little(displacement).slice(0, width)];
  return { ...branch, bytes };
}

function patch(instructions: Instruction[], index: number, instruction: Instruction): void {
  instructions[index] = instruction;
}

function little(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}
