/** What the manuals leave open of an instruction, in words: from the tables by which the harness masks it. */
import { undefinedFlags } from "../../tests/isa/undefined-flags.js";
import { unspecified } from "../../tests/isa/unspecified.js";

const FLAGS = { CF: 0x001, PF: 0x004, AF: 0x010, ZF: 0x040, SF: 0x080, OF: 0x800 };

/** What an engine's undefined bits are (`OurRule`). */
const OURS = { unchanged: "kept", cleared: "0", result: "of the result", source: "of the source", steps: "as step by step" } as const;

/** By the mnemonics that the forms go by. */
export function differencesOf(mnemonics: ReadonlySet<string>): string[] {
  const of = (names: readonly string[]) => names.some((name) => mnemonics.has(name));
  const flags = undefinedFlags
    .filter((entry) => of(entry.mnemonics))
    .map(({ flags, ours, when }) => {
      const names = Object.entries(FLAGS).flatMap(([name, bit]) => (flags & bit ? [name] : []));
      return `${names.join(" ")} undefined${when === undefined ? "" : " for some counts"}: ${OURS[ours]}`;
    });
  const others = unspecified.filter((entry) => of(entry.mnemonics)).map(({ aspect, reason }) => `${aspect}: ${reason}`);
  return [...flags, ...others];
}
