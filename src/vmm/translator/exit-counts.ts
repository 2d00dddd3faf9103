/** Numbers by which a region made for profiling tells how it was left; the first four as in region-emitter.ts. */
export const Left = { relative: 0, absolute: 1, head: 2, events: 3, returned: 4, refused: 5 } as const;
const NAMES = ["at an instruction", "indirect", "at its head", "for events", "returned", "refused"];

interface Counts {
  entries: number;
  instructions: number;
  /** By how it was left and where to (an offset from the head's page; 0 where that says nothing). */
  readonly exits: Map<string, number>;
}

/** What regions that were made for profiling have told, by their request's number. */
export class ExitCounts {
  private readonly regions = new Map<number, Counts>();

  /** Called by emitted code on every way out. */
  readonly note = (id: number, how: number, target: number, retired: number): void => {
    const counts = this.regions.get(id) ?? { entries: 0, instructions: 0, exits: new Map<string, number>() };
    this.regions.set(id, counts);
    counts.entries++;
    counts.instructions += retired;
    const key = how === Left.relative || how === Left.events ? `${NAMES[how]} +${(target | 0).toString(16)}` : NAMES[how];
    counts.exits.set(key, (counts.exits.get(key) ?? 0) + 1);
  };

  get(id: number): Counts | undefined {
    return this.regions.get(id);
  }
}
