import type { Block } from "./blocks.js";
import type { Flow } from "./flow.js";

/**
 * The pages (by distance) that a region has been in by the end of each block (by key), whatever way it got there: on the way into each, the guest's
 * mapping was compared. Nothing in a region changes mappings, nor does a call that comes back to it, so once is enough.
 */
export function pagesSeen({ order, nodes }: Flow<number>, blocks: ReadonlyMap<number, Block>): Map<number, ReadonlySet<number>> {
  const own = order.map((key) => (key === undefined ? [] : (blocks.get(key)?.pages ?? [])));
  const predecessors: number[][] = order.map(() => []);
  for (const [from, { successors }] of nodes.entries()) for (const to of successors) predecessors[to].push(from);
  // Page 0 is the one that it is entered in.
  const seen: (Set<number> | undefined)[] = order.map((_, node) => (node === 0 ? new Set([0, ...own[0]]) : undefined));
  for (let changed = true; changed; ) {
    changed = false;
    for (let node = 1; node < order.length; node++) {
      const before = predecessors[node].flatMap((from) => seen[from] ?? []);
      const [first, ...others] = before;
      const now = new Set([...first].filter((page) => others.every((other) => other.has(page))).concat(own[node]));
      changed ||= now.size !== seen[node]?.size;
      seen[node] = now;
    }
  }
  return new Map(order.flatMap((key, node) => (key === undefined ? [] : [[key, seen[node] ?? new Set()]])));
}
