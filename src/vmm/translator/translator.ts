import { type Linkage, link, type RegionObject } from "./link.js";
import { LARGEST_REGION, type TranslationRequest } from "./port.js";
import type { RegionSource } from "./region.js";
import { type TranslatedRegion, type Translation, translateRegion } from "./region-translation.js";

/** Objects of regions that have not been linked into a larger module, at most; the oldest are the first that can't be any more. */
const MOST_OBJECTS = 4096;

/** Of its instructions, what a region that is too large keeps at each try; and how few it may have to be cut still. */
const CUT = 3 / 4;
const SHORTEST = 32;

/** What came of some requests: regions by position, null where there was nothing to translate; and those that there are, in one module. */
export interface Batch extends Linkage {
  readonly regions: readonly (TranslatedRegion | null)[];
  readonly numbers: readonly number[];
  readonly objects: readonly RegionObject[];
}

/** Turns requests into modules, and keeps what is needed to put regions into other modules later. */
export class Translator {
  private readonly objects = new Map<number, RegionObject>();

  constructor(private readonly memory: Uint8Array) {}

  /** Reads guest code from the machine's memory while the guest runs: who installs the regions checks that it hasn't changed. */
  translate(requests: readonly TranslationRequest[]): Batch {
    const made = requests.map((request) => this.made(sourceOf(request)));
    const numbers = requests.flatMap(({ id }, i) => (made[i] ? [id] : []));
    const objects = made.flatMap((one) => (one ? [one.object] : []));
    return { ...link(objects), regions: made.map((one) => one?.region ?? null), numbers, objects };
  }

  /** Without what it would take in, or of fewer instructions, if it gets too large. */
  private made(source: RegionSource): Translation | null {
    const made = translateRegion(this.memory, source);
    if (!made || made.region.size <= LARGEST_REGION || source.longest < SHORTEST) return made;
    if (source.callees.size > 0 || source.returns.length > 0) return this.made({ ...source, callees: new Set(), returns: [], cut: true });
    return this.made({ ...source, longest: Math.floor(CUT * Math.min(source.longest, made.region.instructions)), cut: true });
  }

  /** What was made may be put into another module later, unless somebody else knows how. */
  remember({ numbers, objects }: Pick<Batch, "numbers" | "objects">): void {
    for (const [i, number] of numbers.entries()) this.objects.set(number, objects[i]);
    for (const oldest of this.objects.keys()) {
      if (this.objects.size <= MOST_OBJECTS) break;
      this.objects.delete(oldest);
    }
  }

  /** Those regions that are still known. @param others where to look for what was not made here */
  relink(numbers: readonly number[], others: (number: number) => RegionObject | undefined = () => undefined): Omit<Batch, "regions"> {
    const found = numbers.flatMap((number) => {
      const object = this.objects.get(number) ?? others(number);
      this.objects.delete(number);
      return object ? [{ number, object }] : [];
    });
    const objects = found.map(({ object }) => object);
    return { ...link(objects), numbers: found.map(({ number }) => number), objects };
  }

  forget(number: number): void {
    this.objects.delete(number);
  }
}

function sourceOf(request: TranslationRequest): RegionSource {
  const { id, pages, entries, linearPage, heads, callees, returns, exactCalls, inexact, slow, user, direct, strict, profile, longest } =
    request;
  return {
    id,
    pages: new Map(pages.map((page) => [page.delta, page])),
    entries,
    linearPage,
    heads: new Set(heads),
    callees: new Set(callees),
    returns,
    longest,
    cut: false,
    code32: true,
    mode: { user, direct, strict, exactCalls, inexact, profile, slow: new Set(slow) },
  };
}
