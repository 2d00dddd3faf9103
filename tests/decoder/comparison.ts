import { type Description, show } from "./description.js";
import { knownDifferences } from "./differences.js";
import { describeOurs, isPrefixFree } from "./ours.js";
import { type Reference, ReferenceDecoder } from "./reference.js";

/** Room for the longest instruction. */
export const STRING_LENGTH = 16;

export interface Tally {
  compared: number;
  /** Instructions that both decoders take for valid, and for invalid. */
  valid: number;
  invalid: number;
  /** By reason and kind: how many differences were meant. */
  readonly known: Map<string, Map<string, number>>;
  readonly failures: string[];
  failed: number;
}

export const newTally = (): Tally => ({ compared: 0, valid: 0, invalid: 0, known: new Map(), failures: [], failed: 0 });

const FAILURES_KEPT = 20;

/** Our operand may leave the size of memory open. */
function sameOperand(ours: string, theirs: string): boolean {
  return ours === theirs || (ours.startsWith("mem0 ") && ours.slice(4) === theirs.slice(theirs.indexOf(" ")));
}

/** Whether the two say the same. */
export function agree(ours: Description, theirs: Reference): boolean {
  if (!ours.valid || !theirs.valid) return ours.valid === theirs.valid;
  return (
    ours.length === theirs.length &&
    ours.mnemonics.includes(theirs.mnemonics[0]) &&
    ours.repeat === theirs.repeat &&
    ours.operands.length === theirs.operands.length &&
    ours.operands.every((text, i) => sameOperand(text, theirs.operands[i]))
  );
}

/** Compares what the decoders make of each of the byte strings that lie one after another in `bytes`. Tests plant another decoder as ours. */
export function compare(bytes: Uint8Array, code32: boolean, tally: Tally, ourDecoder = describeOurs): void {
  const reference = new ReferenceDecoder(bytes, code32);
  for (let start = 0; start < bytes.length; start += STRING_LENGTH) {
    tally.compared++;
    const ours = ourDecoder(bytes, start, code32);
    const theirs = reference.describe(start);
    if (agree(ours, theirs)) {
      if (!ours.valid) tally.invalid++;
      else if (isPrefixFree(bytes, start, ours.length, code32)) tally.valid++;
      else fail(tally, bytes, start, code32, `${show(ours)}, but not when it comes byte by byte`);
    } else if (!countKnown(tally, ours, theirs))
      fail(tally, bytes, start, code32, `ours: ${show(ours)}; iced: ${show(theirs)} ${theirs.features}`);
  }
  reference.free();
}

function countKnown(tally: Tally, ours: Description, theirs: Reference): boolean {
  for (const { reason, covers } of knownDifferences) {
    const kind = covers(ours, theirs);
    if (kind === undefined) continue;
    const kinds = tally.known.get(reason) ?? new Map<string, number>();
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    tally.known.set(reason, kinds);
    return true;
  }
  return false;
}

function fail(tally: Tally, bytes: Uint8Array, start: number, code32: boolean, what: string): void {
  tally.failed++;
  if (tally.failures.length === FAILURES_KEPT) return;
  const hex = Buffer.from(bytes.subarray(start, start + STRING_LENGTH)).toString("hex");
  tally.failures.push(`${code32 ? 32 : 16}-bit ${hex}: ${what}`);
}
