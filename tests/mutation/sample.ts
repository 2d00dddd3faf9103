import { Random } from "../isa/random.js";
import type { Mutation } from "./mutation.js";
import type { Site } from "./sites.js";

/** One of each file at least (in a small sample: of as many files as there are mutations), the rest in proportion to the files' places. The same for the same seed. */
export function sample(sites: ReadonlyMap<string, readonly Site[]>, count: number, seed: number): Mutation[] {
  const random = new Random(seed);
  const files = shuffled([...sites.values()], random).slice(0, count);
  const shares = sharesOf(
    files.map(({ length }) => length),
    count,
  );
  return files.flatMap((ofFile, i) =>
    shuffled(ofFile, random)
      .slice(0, shares[i])
      .map(({ mutations }) => random.pick(mutations)),
  );
}

/** How many of `count` each gets: at least 1, at most all that it has. */
function sharesOf(sizes: readonly number[], count: number): number[] {
  const shares = sizes.map(() => 1);
  for (let left = count - sizes.length; left > 0; left--) {
    // Whoever has most places for each that was taken.
    let best = -1;
    for (let i = 0; i < sizes.length; i++) {
      if (shares[i] < sizes[i] && (best < 0 || sizes[i] / shares[i] > sizes[best] / shares[best])) best = i;
    }
    if (best < 0) break;
    shares[best]++;
  }
  return shares;
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}
