/** What the generated cases of tests/isa execute: their instructions, decoded. */

import { forms, variantsOf } from "../../tests/isa/generate/families.js";
import { CaseSource, familyNames } from "../../tests/isa/generate/source.js";
import { Random } from "../../tests/isa/random.js";
import { type Opcode, opcodeOf } from "./opcodes.js";

export interface Judged {
  /** Families of `npm run test:isa`. */
  readonly families: Set<string>;
  /** Names that the forms go by, under which tables of differences list them. */
  readonly mnemonics: Set<string>;
}

/** Variants of forms take turns; their prefixes are drawn, so each has several. */
const TURNS = 12;

/** By opcode. */
export function judgedByHost(): ReadonlyMap<Opcode, Judged> {
  const judged = new Map<Opcode, Judged>();
  for (const family of familyNames.filter((name) => name in forms)) {
    const source = new CaseSource(family, new Random(1), true);
    for (let left = TURNS * variantsOf(family).length; left > 0; left--) {
      for (const { form, bytes } of source.next().instructions) {
        const opcode = opcodeOf(bytes);
        if (opcode === undefined) continue;
        const entry = judged.get(opcode) ?? { families: new Set(), mnemonics: new Set() };
        entry.families.add(family);
        entry.mnemonics.add(form.mnemonic);
        judged.set(opcode, entry);
      }
    }
  }
  return judged;
}
