import { pristine } from "./arena.js";
import { type Case, encode, type Outcome, STUCK } from "./case.js";
import { ARENA, CASES, PRISTINE, RAM_SIZE, RESULTS, SAVE_SIZE, save, word } from "./layout.js";
import { type Piece, program, words } from "./monitor/program.js";

const fixed: readonly Piece[] = [...program(), { address: ARENA, bytes: pristine() }, { address: PRISTINE, bytes: pristine() }];

/** Bytes that the result of an ordinary case has at most; a batch of as many cases as have room. */
const RESULT_SIZE = 4096;
export const BATCH = Math.floor((RAM_SIZE - RESULTS) / RESULT_SIZE);

/** What physical memory holds before the program runs these cases. */
export function image(cases: readonly Case[]): Piece[] {
  const records = cases.map(encode);
  const size = records.reduce((sum, { length }) => sum + length, 0);
  if (CASES + size > RESULTS || cases.length > BATCH) throw new Error("more cases than there is room for");
  const all = new Uint8Array(size);
  let at = 0;
  for (const record of records) {
    all.set(record, at);
    at += record.length;
  }
  return [...fixed, { address: CASES, bytes: all }, { address: word.left, bytes: words([cases.length, 0, CASES, RESULTS, 0]) }];
}

/** The results that the program has left in memory; fewer than cases, if it didn't come to its end. */
export function results(memory: Uint8Array): Outcome[] {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  const outcomes: Outcome[] = [];
  let at = RESULTS;
  for (let left = view.getUint32(word.done, true); left > 0; left--) {
    const saved = new Uint32Array(SAVE_SIZE / 4);
    for (let i = 0; i < saved.length; i++) saved[i] = view.getUint32(at + 4 * i, true);
    const count = view.getUint32(at + SAVE_SIZE, true);
    at += SAVE_SIZE + 4;
    const changed = new Map<number, number>();
    for (let i = 0; i < count; i++, at += 8) changed.set(view.getUint32(at, true), view.getUint32(at + 4, true));
    outcomes.push({ vector: saved[save.vector >> 2], vector16: saved[save.vector16 >> 2], saved, memory: changed });
  }
  return outcomes;
}

/** Runs any number of cases by `run`, which may come back early: the case that has no result then is stuck. */
export function inBatches(cases: readonly Case[], run: (batch: readonly Case[]) => Outcome[]): Outcome[] {
  const outcomes: Outcome[] = [];
  while (outcomes.length < cases.length) {
    const batch = cases.slice(outcomes.length, outcomes.length + BATCH);
    const done = run(batch);
    outcomes.push(...done);
    if (done.length < batch.length) outcomes.push({ vector: STUCK, vector16: 0, saved: new Uint32Array(SAVE_SIZE / 4), memory: new Map() });
  }
  return outcomes;
}
