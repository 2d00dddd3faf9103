import type { Variant } from "./generate/families.js";

interface Reason {
  readonly of: "retiring" | "faulting";
  readonly applies: (variant: Variant) => boolean;
  readonly reason: string;
}

const mnemonic = (pattern: RegExp) => (variant: Variant) => pattern.test(variant.form.mnemonic);

/** Why a variant can't have as many cases of a kind as coverage asks for. The first that applies is printed. */
const reasons: readonly Reason[] = [{ of: "retiring", applies: mnemonic(/^(undefined|ud[012])$/), reason: "always #UD" }];

export function reasonFor(variant: Variant, of: Reason["of"]): string | undefined {
  return reasons.find((entry) => entry.of === of && entry.applies(variant))?.reason;
}
