import type { Case } from "../case.js";
import type { Random } from "../random.js";
import { CaseBuilder, type Wish } from "./builder.js";
import { controlCase } from "./control.js";
import { addVariant, forms, type Variant, variantsOf } from "./families.js";
import { farCase } from "./far.js";
import { recipes } from "./sequences.js";

/** Names for `--family`. */
export const familyNames: readonly string[] = [...Object.keys(forms), ...Object.keys(recipes)];

const WISH: Wish = { faults: 15 };
const LOCK = [0xf0];

/** Now and then, whatever the form: LOCK is #UD with most. AMD's take it as a part of the opcode when control registers are moved. */
function isLocked(random: Random, { form }: Variant): boolean {
  return random.oneIn(40) && !form.title.startsWith("mov 0F 2");
}

/** Makes cases of one family for ever; the variants of its forms take turns, so that all are met equally often, beginning with the `first`. */
export class CaseSource {
  readonly #variants: readonly Variant[];
  #turn: number;

  constructor(
    readonly family: string,
    readonly random: Random,
    readonly lowPage: boolean,
    first = 0,
  ) {
    this.#variants = family in recipes ? [] : variantsOf(family);
    this.#turn = first;
  }

  next(): Case {
    for (;;) {
      const made = this.family in recipes ? recipes[this.family](this.random, this.lowPage) : this.#ofForm();
      if (made !== undefined) return made;
    }
  }

  #ofForm(): Case | undefined {
    const { random, family } = this;
    const variant = this.#variants[this.#turn++ % this.#variants.length];
    if (family === "control") return controlCase(random, this.lowPage, variant);
    if (family === "far") return farCase(random, this.lowPage, variant);
    const builder = new CaseBuilder(random, this.lowPage);
    // One in six goes on after its first instruction, where flags and registers are what that one left. Results that are only compared
    // within a tolerance must not be built upon.
    const isExact = family !== "transcendental" && family !== "approximate";
    const count = isExact && random.oneIn(6) ? 2 + random.below(3) : 1;
    for (let i = 0; i < count; i++) {
      const next = i === 0 ? variant : random.pick(this.#variants);
      const wish = isLocked(random, next) ? { ...WISH, prefix: LOCK } : WISH;
      if (!addVariant(builder, random, family, next, wish) && i === 0) return undefined;
    }
    return builder.finish(family);
  }
}
