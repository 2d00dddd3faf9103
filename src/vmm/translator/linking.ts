import type { KeptRegions } from "./kept-regions.js";
import type { Installed, LiveRegions } from "./live-regions.js";
import type { Answer, TranslatorPort } from "./port.js";

/** Regions that a module has for it to be a large one; and that it has at most, as the translator does nothing else for the half second that one takes. */
const LARGE = 32;
const LARGEST = 96;
export function isLarge(regions: number): boolean {
  return regions >= LARGE;
}

/** Exchanges without anything to translate, one after the other, from which on there is time. */
const QUIET = 50;

/**
 * Puts regions, which are made a few at a time as they get hot, into large modules together when there is time: link.ts says what for. The code stays the
 * same, so one function takes the place of another in the table, and nothing else changes.
 */
export class Linking {
  private quiet = 0;
  /** Asked for. */
  private underWay: ReadonlySet<number> | undefined;

  constructor(
    private readonly regions: LiveRegions,
    private readonly kept: KeptRegions,
    private readonly port: TranslatorPort,
    private readonly fewest = LARGE,
  ) {}

  get waits(): boolean {
    return this.underWay !== undefined;
  }

  /** Once for each exchange. @param busy there is something to translate */
  turn(busy: boolean): void {
    this.quiet = busy ? 0 : this.quiet + 1;
    if (this.quiet < QUIET || this.underWay) return;
    // If there are too few now, that is looked at again after as long.
    this.quiet = 0;
    const loose = new Set<number>();
    for (const [, { settled, number }] of this.regions) if (!settled) loose.add(number);
    // What is in place counts now; the rest, when it is had again.
    for (const { chunkSize, number } of this.kept) if (!isLarge(chunkSize)) loose.add(number);
    if (loose.size < this.fewest) return;
    const numbers = [...loose].slice(0, LARGEST);
    this.underWay = new Set(numbers);
    this.port.send({ kind: "link", numbers });
  }

  /** @param place told of each region in place, by its index in the table */
  linked({ numbers, chunk }: Answer<"linked">, place: (index: number, region: Installed, position: number) => void): void {
    const asked = this.underWay ?? new Set();
    this.underWay = undefined;
    const positions = new Map(numbers.map((number, position) => [number, position]));
    for (const [index, region] of this.regions) {
      const position = positions.get(region.number);
      // What the translator doesn't know any more stays where it is.
      if (position !== undefined || asked.has(region.number)) region.settled = true;
      if (position !== undefined) place(index, region, position);
    }
    for (const number of asked) {
      const position = positions.get(number);
      if (position === undefined) this.kept.remove(number);
      else this.kept.move(number, { chunk, position, chunkSize: Math.max(LARGE, numbers.length) });
    }
  }

  clear(): void {
    this.quiet = 0;
  }
}
