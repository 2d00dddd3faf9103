import type { Case, IsaEngine, Result } from "./case.js";
import { type Difference, differences, incomparable, unjudged } from "./compare.js";
import { fxAt } from "./generate/fx.js";
import { CROSSING_WINDOW, EDGE_WINDOW, WINDOW } from "./layout.js";

export interface Mismatch {
  readonly case: Case;
  readonly expected: Result;
  readonly actual: Result;
  readonly differences: readonly Difference[];
}

/** The mismatch of one case, if there is one. */
export function judge(c: Case, host: IsaEngine, engine: IsaEngine): Mismatch | undefined {
  const [expected] = host.run([c]);
  const [actual] = engine.run([c]);
  if ((unjudged(c, expected) ?? incomparable(c, expected, actual)) !== undefined) return undefined;
  const found = differences(c, expected, actual);
  return found.length === 0 ? undefined : { case: c, expected, actual, differences: found };
}

/**
 * A smaller case that still differs: the host runs the instructions before the first one that matters, and its state there becomes the
 * initial state of what remains.
 */
export function minimize(mismatch: Mismatch, host: IsaEngine, engine: IsaEngine): Mismatch {
  let best = mismatch;
  // Drop from the end.
  for (let count = 1; count < best.case.instructions.length; count++) {
    const shorter = judge(slice(best.case, 0, count), host, engine);
    if (shorter !== undefined) {
      best = shorter;
      break;
    }
  }
  // Drop from the start.
  while (best.case.instructions.length > 1) {
    const first = slice(best.case, 0, 1);
    const [after] = host.run([first]);
    if (after.ending !== "done") break;
    const rest = judge(continued(best.case, after), host, engine);
    if (rest === undefined) break;
    best = rest;
  }
  return best;
}

function slice(c: Case, from: number, to: number): Case {
  const instructions = c.instructions.slice(from, to);
  return { ...c, instructions, code: Uint8Array.from(instructions.flatMap(({ bytes }) => bytes)) };
}

/** What follows the first instruction of `c`, in the state that it left. Memory outside the windows is left as it was. */
function continued(c: Case, after: Result): Case {
  const crossing = Uint8Array.from(c.crossing);
  const edge = Uint8Array.from(c.edge);
  for (let i = 0; i < after.writes.length; i += 2) {
    for (const [window, base] of [
      [crossing, CROSSING_WINDOW],
      [edge, EDGE_WINDOW],
    ] as const) {
      const at = after.writes[i] - base;
      if (at >= 0 && at + 4 <= WINDOW) new DataView(window.buffer).setUint32(at, after.writes[i + 1], true);
    }
  }
  const fx = Uint8Array.from(after.fx);
  fx.fill(0, fxAt.xmm + 128);
  return { ...slice(c, 1, c.instructions.length), eip: after.eip, eflags: after.eflags & ~0x10000, gpr: after.gpr, fx, crossing, edge };
}
