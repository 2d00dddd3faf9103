/** What the guest program says about the rows that it has run (bench/guest/bench.c). */

export interface Row {
  group: string;
  name: string;
  /** By the monotonic clock of where it ran. */
  seconds: number;
  /** Equal pieces of work: the same number of them has the same checksum everywhere. */
  units: number;
  checksum: string;
}

export type RowLine = { kind: "row"; row: Row } | { kind: "failed"; group: string; name: string; status: string };

/** null where the line is another one. */
export function readRowLine(line: string): RowLine | null {
  const done = /^row (\S+) (\S+) (\d+\.\d+) (\d+) ([0-9a-f]{8})$/.exec(line);
  if (done) {
    const [, group, name, seconds, units, checksum] = done;
    return { kind: "row", row: { group, name, seconds: Number(seconds), units: Number(units), checksum } };
  }
  const failed = /^failed (\S+) (\S+) (\S+)$/.exec(line);
  return failed && { kind: "failed", group: failed[1], name: failed[2], status: failed[3] };
}
