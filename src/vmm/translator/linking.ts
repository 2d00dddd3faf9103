import type { KeptRegions } from "./kept-regions.js";
import type { Installed, LiveRegions } from "./live-regions.js";
import type { Answer, TranslatorPort } from "./port.js";

/** Regions that a module has for it to be a large one; and that it has at most, as compiling one is work of a second. */
const LARGE = 48;
const LARGEST = 192;

/** Exchanges without anything to translate, one after the other, from which on there is time. */
const QUIET = 20;

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
    for (const [, { moduleSize, number }] of this.regions) if (moduleSize < this.fewest) loose.add(number);
    // What is in place counts now; the rest, when it is had again.
    for (const { chunkSize, number } of this.kept) if (chunkSize < this.fewest) loose.add(number);
    if (loose.size < this.fewest) return;
    const numbers = [...loose].slice(0, LARGEST);
    this.underWay = new Set(numbers);
    this.port.send({ kind: "link", numbers });
  }

  /** @param place told of each region in place, by its index in the table; and of how many regions the module has */
  linked({ numbers }: Answer<"linked">, place: (index: number, region: Installed, position: number) => void): void {
    const asked = this.underWay;
    this.underWay = undefined;
    const positions = new Map(numbers.map((number, position) => [number, position]));
    for (const [index, region] of this.regions) {
      const position = positions.get(region.number);
      // What the translator doesn't know any more stays where it is.
      if (position !== undefined || asked?.has(region.number)) region.moduleSize = Math.max(numbers.length, this.fewest);
      if (position === undefined) continue;
      place(index, region, position);
    }
  }

  clear(): void {
    this.quiet = 0;
  }
}
