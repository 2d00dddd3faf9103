import type { Variant } from "./generate/families.js";

interface Reason {
  readonly of: "retiring" | "faulting";
  readonly applies: (variant: Variant) => boolean;
  readonly reason: string;
}

const mnemonic = (pattern: RegExp) => (variant: Variant) => pattern.test(variant.form.mnemonic);
const title = (pattern: RegExp) => (variant: Variant) => pattern.test(variant.form.title);

const PRIVILEGED = /^(hlt|cli|sti|clts|invd|wbinvd|rdmsr|wrmsr|sysexit|lgdt|lidt|lmsw|invlpg|lldt|ltr)$/;

/** Why a variant can't have as many cases of a kind as coverage asks for. LOCK makes #UD of the ones that nothing else makes fault. */
const reasons: readonly Reason[] = [
  { of: "retiring", applies: mnemonic(/^(undefined|ud[012])$/), reason: "always #UD" },
  { of: "retiring", applies: mnemonic(PRIVILEGED), reason: "privileged: always #GP in ring 3" },
  { of: "retiring", applies: mnemonic(/^(in|out|ins|outs)$/), reason: "IOPL 0 and no I/O permissions: always #GP" },
  { of: "retiring", applies: title(/^mov 0F 2[0-3]/), reason: "control and debug registers: always #GP in ring 3" },
];

/** The first that applies. */
export function reasonFor(variant: Variant, of: Reason["of"]): string | undefined {
  return reasons.find((entry) => entry.of === of && entry.applies(variant))?.reason;
}
