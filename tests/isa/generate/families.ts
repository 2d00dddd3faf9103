import type { Case } from "../case.js";
import { type Form, rmOperand } from "../forms/form.js";
import { integerForms } from "../forms/integer.js";
import { vectorForms } from "../forms/vector.js";
import { x87Forms } from "../forms/x87.js";
import type { Random } from "../random.js";
import { CaseBuilder } from "./builder.js";
import { controlCase } from "./control.js";
import { farCase } from "./far.js";
import { addFloating } from "./floating.js";
import { randomFx } from "./fx.js";
import { addInteger } from "./operands.js";

/** A form in one operand size, with or without memory: what coverage counts. */
export interface Variant {
  readonly form: Form;
  readonly size: number;
  readonly memory: boolean;
}

/** Everything that can be asked for, by family. */
export const forms: Readonly<Record<string, readonly Form[]>> = { ...integerForms, ...x87Forms, ...vectorForms };

export function variantsOf(family: string): Variant[] {
  return forms[family].flatMap((form) => {
    const rm = rmOperand(form);
    const places =
      rm === undefined ? [form.traits.has("memory")] : "MQEW".includes(rm.kind) ? (rm.kind === "M" ? [true] : [false, true]) : [false];
    return form.sizes.flatMap((size) => places.map((memory) => ({ form, size, memory })));
  });
}

/** Families whose members are mixed in sequences. Segment loads, traps and branches would end most of them at once. */
const mixable = {
  mixed: ["alu", "alu", "shift", "shift", "bit", "move", "conditional", "conditional", "flags", "bcd", "muldiv", "stack", "string"],
  /** With AC: everything that is not aligned is #AC. */
  alignment: ["alu", "shift", "move", "conditional", "stack", "string", "bit"],
  "mixed-x87": ["x87", "x87", "x87", "move", "alu"],
  "mixed-vector": ["mmx", "sse2int", "ssefp", "convert", "move"],
} as const;

const AC = 0x40000;

/** Names for `--family`. */
export const familyNames: readonly string[] = [...Object.keys(forms), ...Object.keys(mixable)];

/** Makes cases of one family for ever; variants take turns, so that all are met equally often. */
export class CaseSource {
  readonly #variants: readonly Variant[];
  #turn = 0;

  constructor(
    readonly family: string,
    readonly random: Random,
    readonly lowPage: boolean,
  ) {
    this.#variants = family in mixable ? [] : variantsOf(family);
    // Not always the same ones in short runs.
    if (this.#variants.length > 0) this.#turn = random.below(this.#variants.length);
  }

  next(): Case {
    for (;;) {
      const made = this.family in mixable ? this.#sequence() : this.#single();
      if (made !== undefined) return made;
    }
  }

  #single(): Case | undefined {
    const variant = this.#variants[this.#turn++ % this.#variants.length];
    if (this.family === "control") return controlCase(this.random, this.lowPage, variant);
    if (this.family === "far") return farCase(this.random, this.lowPage, variant);
    const builder = new CaseBuilder(this.random, this.lowPage);
    // One in six goes on after its first instruction, where flags and registers are what that one left. Results that are only compared
    // within a tolerance must not be built upon.
    const isExact = this.family !== "transcendental" && this.family !== "approximate";
    const count = isExact && this.random.oneIn(6) ? 2 + this.random.below(3) : 1;
    for (let i = 0; i < count; i++) {
      const next = i === 0 ? variant : this.random.pick(this.#variants);
      if (!addVariant(builder, this.random, this.family, next, 15) && i === 0) return undefined;
    }
    return builder.finish(this.family);
  }

  #sequence(): Case | undefined {
    const builder = new CaseBuilder(this.random, this.lowPage);
    const families = mixable[this.family as keyof typeof mixable];
    if (this.family === "alignment") builder.eflags |= AC;
    if (this.family === "mixed-x87") builder.fx = randomFx(this.random, "double", true);
    if (this.family === "mixed-vector")
      builder.fx = randomFx(this.random, this.random.pick(["single", "double", "integer"] as const), false);
    const count = 2 + this.random.below(7);
    for (let i = 0; i < count; i++) {
      const family = this.random.pick(families);
      const form = this.random.pick(forms[family]);
      const memory = this.random.oneIn(3);
      addVariant(builder, this.random, family, { form, size: this.random.pick(form.sizes), memory }, 5);
    }
    return builder.instructions.length === 0 ? undefined : builder.finish(this.family);
  }
}

function addVariant(builder: CaseBuilder, random: Random, family: string, variant: Variant, faults: number): boolean {
  return family in x87Forms || family in vectorForms
    ? addFloating(builder, random, family, variant, faults)
    : addInteger(builder, random, variant, faults);
}
