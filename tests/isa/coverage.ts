import type { Case, Result } from "./case.js";
import { reasonFor } from "./coverage-reasons.js";
import type { Form } from "./forms/form.js";
import { type Variant, variantsOf } from "./generate/families.js";

/** What each variant should have in a full run. */
export const RETIRING = 1000;
export const FAULTING = 100;

interface Count {
  retired: number;
  faulted: number;
}

/** A variant's name and counts, as they pass between processes. */
export type CoverageRow = readonly [name: string, retired: number, faulted: number];

function variantName({ title }: Form, size: number, memory: boolean): string {
  return `${title} ${size === 0 ? "" : `${8 * size} `}${memory ? "mem" : "reg"}`;
}

/** Names are made once per variant: there are millions of cases. */
const names = new Map<Form, string[]>();

function nameOf(form: Form, size: number, memory: boolean): string {
  let ofForm = names.get(form);
  if (ofForm === undefined) {
    ofForm = [];
    names.set(form, ofForm);
  }
  const index = 2 * size + (memory ? 1 : 0);
  ofForm[index] ??= variantName(form, size, memory);
  return ofForm[index];
}

/** Behind these it isn't known what ran. */
const isBranch = ({ mnemonic }: Form) => /^(j|loop|call|ret|iret)/.test(mnemonic);

/** How often each form, in each operand size, with a register or with memory, retired and faulted on the host. */
export class Coverage {
  readonly #counts = new Map<string, Count>();

  add(c: Case, result: Result): void {
    const branches = c.family === "control" || c.family === "far";
    let at = c.eip;
    for (const { form, size, memory, bytes } of c.instructions) {
      const count = this.#count(nameOf(form, size, memory));
      if (result.ending === "fault" && result.eip === at) {
        count.faulted++;
        return;
      }
      count.retired++;
      at += bytes.length;
      if (branches && isBranch(form)) return;
    }
  }

  addRows(rows: readonly CoverageRow[]): void {
    for (const [name, retired, faulted] of rows) {
      const count = this.#count(name);
      count.retired += retired;
      count.faulted += faulted;
    }
  }

  rows(): CoverageRow[] {
    return [...this.#counts].map(([name, { retired, faulted }]) => [name, retired, faulted] as const);
  }

  /** A line for each variant, with the reason where it can't be had. */
  *table(families: readonly string[]): Generator<string> {
    for (const family of families) {
      yield `\n${family}`;
      for (const variant of variantsOf(family)) {
        const { retired, faulted } = this.#of(variant);
        const reasons = [
          retired < RETIRING ? reasonFor(variant, "retiring") : undefined,
          faulted < FAULTING ? reasonFor(variant, "faulting") : undefined,
        ];
        const why = reasons.filter((reason) => reason !== undefined).join("; ");
        yield `  ${name(variant).padEnd(36)} ${String(retired).padStart(9)} retired ${String(faulted).padStart(9)} faulted  ${why}`.trimEnd();
      }
    }
  }

  /** What is still missing and has no reason to be; then one line that sums up. */
  *summary(families: readonly string[]): Generator<string> {
    const variants = families.flatMap(variantsOf);
    let excused = 0;
    let short = 0;
    for (const variant of variants) {
      const { retired, faulted } = this.#of(variant);
      const fewRetired = retired < RETIRING;
      const fewFaulted = faulted < FAULTING;
      const isExcused =
        (!fewRetired || reasonFor(variant, "retiring") !== undefined) && (!fewFaulted || reasonFor(variant, "faulting") !== undefined);
      if (!isExcused) {
        short++;
        yield `  too few: ${name(variant)}: ${retired} retired, ${faulted} faulted`;
      } else if (fewRetired || fewFaulted) excused++;
    }
    const thousands = (n: number) => n.toLocaleString("en-US");
    const aim = `at least ${thousands(RETIRING)} retiring and ${FAULTING} faulting cases, or a reason (${thousands(excused)})`;
    yield short === 0
      ? `all ${thousands(variants.length)} variants covered: ${aim}`
      : `${thousands(short)} of ${thousands(variants.length)} variants short of ${aim}`;
  }

  #of({ form, size, memory }: Variant): Count {
    return this.#count(nameOf(form, size, memory));
  }

  #count(name: string): Count {
    let count = this.#counts.get(name);
    if (count === undefined) {
      count = { retired: 0, faulted: 0 };
      this.#counts.set(name, count);
    }
    return count;
  }
}

function name({ form, size, memory }: Variant): string {
  return nameOf(form, size, memory);
}
