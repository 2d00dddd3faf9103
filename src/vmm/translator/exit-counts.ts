import { Way } from "./ways.js";

/** What `note` is told beside ways: the guest has returned to where a caller expected it. */
export const RETURNS = 6;

/** What one region did, counted by itself. */
export interface RegionCounts {
  entries: number;
  instructions: number;
  /** By way, and for the last: RETURNS. */
  readonly exits: Float64Array;
}

/** What regions that were made for profiling have told, by their request's number. */
export class ExitCounts {
  private readonly regions = new Map<number, RegionCounts>();

  /** Called by emitted code on every way out: a Way, or RETURNS. */
  readonly note = (id: number, way: number, instructions: number): void => {
    const counts = this.of(id);
    counts.entries++;
    counts.instructions += instructions;
    counts.exits[way]++;
  };

  of(id: number): RegionCounts {
    let counts = this.regions.get(id);
    if (!counts) {
      counts = { entries: 0, instructions: 0, exits: new Float64Array(Object.keys(Way).length + 1) };
      this.regions.set(id, counts);
    }
    return counts;
  }
}
