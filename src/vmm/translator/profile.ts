import { RETURNS, type RegionCounts } from "./exit-counts.js";
import { Way } from "./ways.js";

/** What one translated region did: a line of `run --profile`. */
export interface RegionProfile {
  /** Guest-physical address of its head. */
  readonly head: number;
  readonly mode: "direct execution" | "binary translation";
  /** Guest instructions that it is made of, and bytes of WebAssembly that came of them. */
  readonly size: number;
  readonly bytes: number;
  /** Instructions retired in it. */
  readonly retired: number;
  readonly entries: number;
  readonly exits: {
    readonly jump: number;
    /** To a region that had called it. */
    readonly return: number;
    readonly budget: number;
    readonly event: number;
    readonly interpreter: number;
  };
}

/** What a region is, with what it counted. */
export function profileOf(counts: RegionCounts, region: Pick<RegionProfile, "head" | "mode" | "size" | "bytes">): RegionProfile {
  const { entries, instructions, exits } = counts;
  return {
    ...region,
    retired: instructions,
    entries,
    exits: {
      jump: exits[Way.outside] + exits[Way.indirect],
      return: exits[RETURNS],
      budget: exits[Way.budget],
      event: exits[Way.events],
      interpreter: exits[Way.interpreter] + exits[Way.entry],
    },
  };
}

/** Few enough for the text to fit the cross page. */
const HOTTEST = 40;

/** The hottest regions, as a table. @param retired instructions that the machine has retired in all */
export function profileText(regions: readonly RegionProfile[], retired: number): string {
  if (regions.length === 0) return "no translated regions\n";
  const hottest = [...regions].sort((a, b) => b.retired - a.retired).slice(0, HOTTEST);
  const lines = hottest.map(({ head, mode, size, bytes, retired: own, entries, exits }) => {
    const share = retired === 0 ? 0 : (100 * own) / retired;
    const left = Object.entries(exits).filter(([, count]) => count > 0);
    return [
      `${share.toFixed(2).padStart(6)} %`,
      (head >>> 0).toString(16).padStart(8, "0"),
      mode.padEnd(18),
      `${size} instructions, ${bytes} bytes`.padEnd(30),
      `${entries} entries`.padEnd(18),
      left.map(([cause, count]) => `${cause} ${count}`).join(", "),
    ]
      .join("  ")
      .trimEnd();
  });
  return [`${regions.length} translated regions; the hottest:`, ...lines, ""].join("\n");
}
