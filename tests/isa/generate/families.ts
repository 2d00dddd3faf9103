import type { Form } from "../forms/form.js";
import { integerForms } from "../forms/integer.js";
import { vectorForms } from "../forms/vector.js";
import { x87Forms } from "../forms/x87.js";
import type { Random } from "../random.js";
import type { CaseBuilder, Wish } from "./builder.js";
import { addFloating } from "./floating.js";
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
    const { rm } = form;
    const places =
      rm === undefined ? [form.traits.has("memory")] : "MQEW".includes(rm.kind) ? (rm.kind === "M" ? [true] : [false, true]) : [false];
    return form.sizes.flatMap((size) => places.map((memory) => ({ form, size, memory })));
  });
}

/** Appends an instruction of the variant, with operands that suit it. */
export function addVariant(builder: CaseBuilder, random: Random, family: string, variant: Variant, wish: Wish): boolean {
  return family in x87Forms || family in vectorForms
    ? addFloating(builder, random, family, variant, wish)
    : addInteger(builder, random, variant, wish);
}
