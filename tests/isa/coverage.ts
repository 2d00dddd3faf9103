import type { Case, Result } from "./case.js";
import { type Variant, variantsOf } from "./generate/families.js";

interface Count {
  retired: number;
  faulted: number;
}

const key = (title: string, size: number, memory: boolean) => `${title}|${size}|${memory ? "m" : "r"}`;

/** How often each form, in each operand size, with a register or with memory, retired and faulted on the host. */
export class Coverage {
  readonly #counts = new Map<string, Count>();

  add(c: Case, result: Result): void {
    // Where branches are, what ran behind them isn't known: only the first one counts.
    const isControl = c.family === "control" || c.family === "far";
    let at = c.eip;
    for (const { form, size, memory, bytes } of c.instructions) {
      const faultedHere = result.ending === "fault" && result.eip === at;
      const count = this.#count(key(form.title, size, memory));
      if (faultedHere) {
        count.faulted++;
        return;
      }
      count.retired++;
      at += bytes.length;
      if (
        isControl &&
        (form.mnemonic.startsWith("j") || form.mnemonic.startsWith("loop") || form.mnemonic === "call" || form.mnemonic === "ret")
      )
        return;
    }
  }

  /** One line for each variant of the families, and at the end those below what was asked for, with the reason where it is known. */
  *report(families: readonly string[], retiring: number, faulting: number): Generator<string> {
    const short: string[] = [];
    for (const family of families) {
      yield `\n${family}`;
      for (const variant of variantsOf(family)) {
        const { retired, faulted } = this.#count(key(variant.form.title, variant.size, variant.memory));
        const name = `${variant.form.title} ${variant.size === 0 ? "" : `${8 * variant.size} `}${variant.memory ? "mem" : "reg"}`;
        yield `  ${name.padEnd(40)} ${String(retired).padStart(9)} retired ${String(faulted).padStart(9)} faulted`;
        if (retired < retiring) short.push(`  ${name}: ${retired} retired; ${whyFewRetire(variant) ?? "too few cases"}`);
        if (faulted < faulting) short.push(`  ${name}: ${faulted} faulted; ${whyFewFault(variant) ?? "too few cases"}`);
      }
    }
    yield `\nBelow ${retiring} retiring or ${faulting} faulting cases:`;
    yield* short;
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

function whyFewRetire({ form }: Variant): string | undefined {
  if (form.mnemonic === "undefined" || /^ud[012]$/.test(form.mnemonic)) return "always #UD";
  if (/^(hlt|cli|sti|in|out|clts|invd|wbinvd|wrmsr|rdmsr|lgdt|lidt|lmsw|invlpg|ltr|lldt)$/.test(form.mnemonic))
    return "privileged: always #GP at CPL 3";
  if (form.title.startsWith("mov 0F 2")) return "privileged: always #GP at CPL 3";
  if (/^int|^into/.test(form.mnemonic)) return "a trap or #GP: its frame is the result";
  return undefined;
}

function whyFewFault({ form, memory }: Variant): string | undefined {
  if (!memory) return "no memory operand: can't fault, or only by implied operands and unmasked exceptions";
  if (form.mnemonic === "lea") return "addresses memory but doesn't touch it";
  if (form.mnemonic === "nop" || form.mnemonic === "prefetch") return "a hint: never faults";
  return undefined;
}
