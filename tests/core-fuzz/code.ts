import { type Node, oneByte, twoByte } from "../../src/vmm/decode/opcode-map.js";
import { CaseSource, familyNames } from "../isa/generate/source.js";
import { Random } from "../isa/random.js";
import * as map from "./memory-map.js";
import { systemCode } from "./system-code.js";
import { interestingWord } from "./values.js";

const CORPUS_PER_FAMILY = 50;

const PREFIXES = [0x66, 0x67, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];

/** First bytes of everything that the decoder knows: [bytes before ModRM, whether there is a ModRM]. */
const openings: readonly (readonly [bytes: readonly number[], modrm: boolean])[] = [
  ...oneByte.flatMap((node, opcode) => opening([opcode], node)),
  ...twoByte.flatMap((row, mandatory) =>
    row.flatMap((node, opcode) => opening([...[[], [0x66], [0xf3], [0xf2]][mandatory], 0x0f, opcode], node)),
  ),
  ...Array.from({ length: 8 }, (_, i): [readonly number[], boolean] => [[0xd8 + i], true]),
];
function opening(bytes: readonly number[], node: Node): [readonly number[], boolean][] {
  if (!node) return [];
  return [[bytes, !("name" in node) || node.hasModRM]];
}

/** Code of the instruction harness's cases: the same in every run. */
const corpus: readonly Uint8Array[] = familyNames.flatMap((family, i) => {
  const source = new CaseSource(family, new Random(i), true);
  return Array.from({ length: CORPUS_PER_FAMILY }, () => source.next().code);
});

/** Fills a stretch of code of about `length` bytes in one of several manners. */
export function randomCode(random: Random, length: number): number[] {
  const bytes: number[] = [];
  const manner = random.below(8);
  while (bytes.length < length) {
    if (manner === 0) bytes.push(random.below(256));
    else if (manner === 1) bytes.push(...systemCode(random));
    else if (manner === 2) bytes.push(...fromCorpus(random));
    else bytes.push(...random.pick([shaped, shaped, shaped, systemCode, fromCorpus, store])(random));
  }
  // Mutations: a few bits and bytes, or a stretch repeated.
  for (let count = random.oneIn(3) ? random.below(6) : 0; count > 0; count--) {
    const at = random.below(bytes.length);
    if (random.oneIn(2)) bytes[at] = random.below(256);
    else bytes[at] ^= 1 << random.below(8);
  }
  return bytes;
}

/** An opcode of the tables with prefixes, ModRM and whatever follows. */
function shaped(random: Random): number[] {
  const [opcode, hasModRM] = random.pick(openings);
  const bytes: number[] = [];
  for (let count = random.oneIn(3) ? 1 + random.below(3) : 0; count > 0; count--) bytes.push(random.pick(PREFIXES));
  bytes.push(...opcode);
  if (hasModRM) {
    const modrm = random.below(256);
    bytes.push(modrm);
    // An absolute address that is likely to be there.
    if ((modrm & 0xc7) === 5) return [...bytes, ...little(interestingWord(random)), random.below(256)];
  }
  for (let count = random.below(5); count > 0; count--) bytes.push(random.below(256));
  return bytes;
}

function fromCorpus(random: Random): number[] {
  return [...random.pick(corpus)];
}

/** A store of a byte near the code that runs. */
function store(random: Random): number[] {
  return [0xc6, 0x05, ...little(map.CODE + random.below(0x200) + (random.oneIn(4) ? 0xf80 : 0)), random.below(256)];
}

const little = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
