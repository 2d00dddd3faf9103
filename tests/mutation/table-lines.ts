import type { Kind } from "./mutation.js";

/** Operands of the decoder's tables (src/vmm/decode/entry.ts), each with one that it could be mistaken for. */
const OPERANDS: Readonly<Record<string, string>> = {
  E: "M",
  Eb: "Ew",
  Ew: "Eb",
  M: "E",
  R: "E",
  Rx: "R",
  G: "S",
  Z: "A",
  A: "Z",
  O: "M",
  S: "G",
  V: "G",
  W: "U",
  U: "W",
  P: "V",
  Q: "N",
  N: "Q",
  F: "A",
  I: "Ib",
  Ib: "Iu",
  Iu: "Ib",
  Iw: "I",
  J: "Jb",
  Jb: "J",
};
const SIZES: Readonly<Record<string, string>> = { b: "w", w: "v", d: "q", q: "x", x: "q", v: "d" };
const FLAGS: Readonly<Record<string, string>> = { L: "", R: "C", C: "R" };

interface Change {
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
  readonly after: string;
}

/**
 * Changes of one string of an opcode table: a whole line ("add E,G v L") or a part that lines are put together from ("E,Iu", " L").
 * The name is left alone: that definitions are what their names say is shown by changing definitions.
 */
export function tableLineChanges(line: string): readonly Change[] {
  const changes: Change[] = [];
  const words = [...line.matchAll(/\S+/g)];
  for (const [i, { 0: word, index }] of words.entries()) {
    const end = index + word.length;
    const isSize = word in SIZES && words.length > 1;
    if (isSize) changes.push({ kind: "width", start: index, end, after: SIZES[word] });
    const isFlag = word in FLAGS && (i === 3 || (i === 2 && words.length === 3 && !isSize) || line === " L");
    if (isFlag) changes.push({ kind: "opcode table", start: index, end, after: FLAGS[word] });
    else if (!isSize && word.split(",").every((operand) => operand in OPERANDS || operand === "1"))
      changes.push(...operandChanges(word, index));
  }
  return changes;
}

function operandChanges(word: string, at: number): Change[] {
  const operands = word.split(",");
  const change = (changed: readonly string[]): Change => ({
    kind: "opcode table",
    start: at,
    end: at + word.length,
    after: changed.join(","),
  });
  const changes = operands.flatMap((operand, i) => (operand in OPERANDS ? [change(operands.with(i, OPERANDS[operand]))] : []));
  if (operands.length === 2) changes.push(change([operands[1], operands[0]]));
  return changes;
}
