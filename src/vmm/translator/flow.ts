/*
 * The shape of a region's control flow, for structured code: reverse postorder, dominators, loops ("Beyond Relooper", Ramsey 2022).
 * Structured code can't jump into the middle of a loop. Where the guest's does (computed jumps among each other, loops with several ways in), those
 * targets are reached by a loop around everything with a table of them: the dispatcher, which is then the graph's entry. It also stands there where
 * there are several entries.
 */

/** A node of the flow graph, by its number in reverse postorder (the entry is 0). */
export interface FlowNode {
  readonly successors: readonly number[];
  /** Those of them that are reached by way of the dispatcher. */
  readonly byDispatcher: ReadonlySet<number>;
  /** Nodes that it dominates at once and that have several ways in, last in order first. */
  readonly merges: readonly number[];
  /** Somebody jumps back to it. */
  readonly isLoop: boolean;
  /** Several forward edges lead here, or both of one branch. */
  readonly isMerge: boolean;
}

export interface Flow<Key> {
  /** In reverse postorder; the dispatcher, if there is one, is node 0 and has no key. */
  readonly order: readonly (Key | undefined)[];
  readonly numbers: ReadonlyMap<Key | undefined, number>;
  readonly nodes: readonly FlowNode[];
  /** What the dispatcher leads to: the entries first, in their order. Empty: there is none. */
  readonly dispatched: readonly Key[];
}

/** Analyses the graph that is reached from `entries`: one at least. */
export function analyse<Key>(entries: readonly Key[], successorsOf: (node: Key) => readonly Key[]): Flow<Key> {
  const dispatched = new Set<Key>(entries.length > 1 ? entries : []);
  for (;;) {
    const flow = structured(entries, successorsOf, dispatched);
    if (flow) return flow;
  }
}

const NONE: ReadonlySet<number> = new Set();

/** Each of them once. Most nodes have one or two successors, which need no set. */
function once<Key>(keys: readonly Key[]): readonly Key[] {
  return keys.length < 2 || (keys.length === 2 && keys[0] !== keys[1]) ? keys : [...new Set(keys)];
}

/** A branch to where it goes on anyway: each way is code of its own, and a row of such branches would double at each. */
function isTwice<Key>([a, b, ...more]: readonly Key[]): boolean {
  return b !== undefined && a === b && more.length === 0;
}

/** Null where an edge leads backward to a node that doesn't dominate where it comes from; the node is one of `dispatched` then. */
function structured<Key>(entries: readonly Key[], successorsOf: (node: Key) => readonly Key[], dispatched: Set<Key>): Flow<Key> | null {
  const targets = dispatched.size === 0 ? [] : [...new Set([...entries, ...dispatched])];
  const next = (key: Key | undefined) => (key === undefined ? targets : successorsOf(key));
  const order = reversePostorder<Key | undefined>(targets.length > 0 ? undefined : entries[0], next);
  const numbers = new Map(order.map((key, i) => [key, i]));
  const edges = order.map((key) => once(next(key)).map((to) => numbers.get(to) ?? 0));
  const dominators = immediateDominators(edges);
  const dominates = (a: number, b: number) => {
    let node = b;
    while (node > a) node = dominators[node];
    return node === a;
  };
  const forwardWays = order.map(() => 0);
  const loops = new Set<number>();
  const byDispatcher = new Map<number, Set<number>>();
  let known = true;
  for (const [from, to] of edges.entries())
    for (const target of to) {
      const key = order[target] as Key;
      if (target > from) forwardWays[target] += isTwice(next(order[from])) ? 2 : 1;
      else if (dominates(target, from)) loops.add(target);
      else if (dispatched.has(key)) byDispatcher.set(from, (byDispatcher.get(from) ?? new Set()).add(target));
      else {
        dispatched.add(key);
        known = false;
      }
    }
  if (!known) return null;
  const merges: number[][] = order.map(() => []);
  for (let node = order.length - 1; node > 0; node--) if (forwardWays[node] > 1) merges[dominators[node]].push(node);
  const nodes = order.map((_, i) => ({
    successors: edges[i],
    byDispatcher: byDispatcher.get(i) ?? NONE,
    merges: merges[i],
    isLoop: loops.has(i),
    isMerge: forwardWays[i] > 1,
  }));
  return { order, numbers, nodes, dispatched: targets };
}

function reversePostorder<Key>(entry: Key, successorsOf: (node: Key) => readonly Key[]): Key[] {
  const seen = new Set<Key>([entry]);
  const order: Key[] = [];
  const stack: { key: Key; rest: Key[] }[] = [{ key: entry, rest: [...successorsOf(entry)].reverse() }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const next = top.rest.pop();
    if (next === undefined) {
      order.push(top.key);
      stack.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      stack.push({ key: next, rest: [...successorsOf(next)].reverse() });
    }
  }
  return order.reverse();
}

/** Cooper, Harvey and Kennedy's iteration; nodes are numbers in reverse postorder. */
function immediateDominators(edges: readonly (readonly number[])[]): Int32Array {
  const predecessors: number[][] = edges.map(() => []);
  for (const [from, targets] of edges.entries()) for (const target of targets) predecessors[target].push(from);
  const dominators = new Int32Array(edges.length).fill(-1);
  dominators[0] = 0;
  const common = (x: number, y: number) => {
    let [a, b] = [x, y];
    while (a !== b) {
      while (a > b) a = dominators[a];
      while (b > a) b = dominators[b];
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let node = 1; node < edges.length; node++) {
      let found = -1;
      for (const from of predecessors[node]) if (dominators[from] >= 0) found = found < 0 ? from : common(from, found);
      if (found !== dominators[node]) {
        dominators[node] = found;
        changed = true;
      }
    }
  }
  return dominators;
}
