import { type Node, oneByte, twoByte } from "../../src/vmm/decode/opcode-map.js";
import { CaseSource, familyNames } from "../isa/generate/source.js";
import { Random } from "../isa/random.js";
import * as map from "./memory-map.js";
import { GDT_ENTRIES, Selector } from "./memory-map.js";
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

/** What systems are made of, which random opcodes seldom get right: "%" is a random byte, "$" a selector. */
const SYSTEM: readonly string[] = [
  "0f 20 %",
  "0f 22 c0",
  "0f 22 d8",
  "0f 22 e0",
  "0f 22 %",
  "0f 23 %",
  "0f 21 %",
  "0f 06",
  "0f 01 f0",
  "0f 01 15 00 30 00 00",
  "0f 01 1d 00 30 00 00",
  "0f 00 d0",
  "0f 00 d8",
  "0f 00 c8",
  "0f 01 38",
  "0f 01 3b",
  "0f 02 c1",
  "0f 03 c1",
  "0f 00 e1",
  "0f 00 e9",
  "63 c8",
  "8e c0",
  "8e d0",
  "8e d8",
  "8e e0",
  "8e e8",
  "b8 $ 00 00 8e c0",
  "b8 $ 00 00 8e d8",
  "b8 $ 00 00 8e d0",
  "b8 $ 00 00 8e e8",
  "cf",
  "66 cf",
  "ca % 00",
  "cb",
  "66 cb",
  "cd %",
  "cc",
  "ce",
  "f1",
  "9a % 50 00 00 $ 00",
  "ea % 00 01 00 $ 00",
  "ea % 50 00 00 $ 00",
  "9a % 50 $ 00",
  "ea % 00 $ 00",
  "fa",
  "fb",
  "f4",
  "9c",
  "9d",
  "66 9c",
  "66 9d",
  "6a % 9d",
  "68 % % 00 00 9d",
  "0f 34",
  "0f 35",
  "0f 30",
  "0f 32",
  "0f 31",
  "0f a2",
  "0f 08",
  "0f 09",
  "e4 %",
  "e5 %",
  "e6 %",
  "e7 %",
  "ec",
  "ed",
  "ee",
  "ef",
  "6c",
  "6d",
  "6e",
  "6f",
  "f3 6c",
  "f3 6d",
  "f3 6e",
  "0f ae 00",
  "0f ae 08",
  "0f ae 10",
  "0f ae 18",
  "b9 74 01 00 00 0f 30",
  "b9 % 01 00 00 0f 32",
  "b8 % % % % 0f 22 e0",
  "b8 % 00 00 80 0f 22 c0",
  "b8 % 00 01 e0 0f 22 c0",
  "0f 20 c0 34 01 0f 22 c0",
  "c8 % 00 %",
  "c9",
  "60",
  "61",
  "62 %",
  "c4 %",
  "c5 %",
  "0f b2 %",
  "8f %",
  "ff %",
  "d9 30",
  "d9 20",
  "dd 30",
  "dd 20",
  "0f c7 %",
  "0f 77",
  "9b",
  "db e3",
  "e2 %",
  "e3 %",
  "eb %",
  "eb fe",
  "75 %",
  "74 %",
  "e8 % % 00 00",
  "c3",
  "c2 % 00",
  "ff 20",
  "ff 28",
  "ff 18",
];
const system = SYSTEM.map((line) => line.split(" "));

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
    else if (manner === 1) bytes.push(...systemInstruction(random));
    else if (manner === 2) bytes.push(...fromCorpus(random));
    else bytes.push(...random.pick([shaped, shaped, shaped, systemInstruction, fromCorpus, store])(random));
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

function systemInstruction(random: Random): number[] {
  const selector = random.oneIn(3) ? 8 * random.below(GDT_ENTRIES) + random.below(8) : random.pick(Object.values(Selector));
  return random.pick(system).map((part) => (part === "%" ? random.below(256) : part === "$" ? selector & 0xff : Number.parseInt(part, 16)));
}

function fromCorpus(random: Random): number[] {
  return [...random.pick(corpus)];
}

/** A store of a byte near the code that runs. */
function store(random: Random): number[] {
  return [0xc6, 0x05, ...little(map.CODE + random.below(0x200) + (random.oneIn(4) ? 0xf80 : 0)), random.below(256)];
}

const little = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
