/** What a run of the fuzzer has done. */
export interface Tally {
  cases: number;
  instructions: number;
  /** Cases that were also compared with their execution step by step, and those that couldn't be. */
  compared: number;
  incomparable: number;
  readonly modes: Map<string, number>;
  readonly endings: Map<string, number>;
  /** By vector, in processors without a machine around them. */
  readonly exceptions: Map<number, number>;
}

export const newTally = (): Tally => ({
  cases: 0,
  instructions: 0,
  compared: 0,
  incomparable: 0,
  modes: new Map(),
  endings: new Map(),
  exceptions: new Map(),
});

export function count<K>(counts: Map<K, number>, key: K, times = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + times);
}

/** The tally as lines of text, and how many of all handlers were dispatched. */
export function tallyReport(tally: Tally, reached: number, handlers: number): string[] {
  const list = <K>(counts: Map<K, number>, name: (key: K) => string) =>
    [...counts].sort((a, b) => b[1] - a[1]).map(([key, times]) => `  ${name(key)}: ${times}`);
  return [
    `${tally.cases} cases, ${tally.instructions} instructions retired; ${tally.compared} compared by blocks and by steps, ${tally.incomparable} not (they wrote to their page tables)`,
    `${reached} of ${handlers} handlers reached`,
    "by mode:",
    ...list(tally.modes, String),
    "by ending:",
    ...list(tally.endings, String),
    "exceptions raised, by vector:",
    ...list(tally.exceptions, String),
  ];
}
