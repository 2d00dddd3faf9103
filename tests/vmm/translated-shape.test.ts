/** The shape of control flow, as structured code needs it. */
import { describe, expect, it } from "vitest";
import { analyse } from "../../src/vmm/translator/flow.js";

type Graph = Record<string, readonly string[]>;
const shapeOf = (graph: Graph, ...entries: string[]) => analyse(["a", ...entries], (node) => graph[node] ?? []);

describe("a flow graph", () => {
  it("of straight code has neither loops nor merges", () => {
    const { order, nodes, dispatched } = shapeOf({ a: ["b"], b: ["c"], c: [] });
    expect(order).toEqual(["a", "b", "c"]);
    expect(nodes.some(({ isLoop, isMerge }) => isLoop || isMerge)).toBe(false);
    expect(dispatched).toEqual([]);
  });

  it("merges behind a branch, at the node that dominates the merge", () => {
    const { numbers, nodes } = shapeOf({ a: ["b", "c"], b: ["d"], c: ["d"], d: [] });
    expect(nodes[0].merges).toEqual([numbers.get("d")]);
    expect(nodes[numbers.get("d") as number].isMerge).toBe(true);
  });

  it("has a loop where an edge leads back to a node that dominates it", () => {
    const { numbers, nodes, dispatched } = shapeOf({ a: ["b"], b: ["c"], c: ["b", "d"], d: [] });
    expect(nodes.map(({ isLoop }) => isLoop)).toEqual([false, true, false, false]);
    expect(numbers.get("b")).toBe(1);
    expect(dispatched).toEqual([]);
  });

  it("has a dispatcher where a loop has two ways in, which leads to one of them and to the entry", () => {
    const { order, numbers, nodes, dispatched } = shapeOf({ a: ["b", "c"], b: ["c"], c: ["b", "d"], d: [] });
    expect(order[0]).toBeUndefined();
    expect(dispatched[0]).toBe("a");
    expect(dispatched).toHaveLength(2);
    const backward = nodes.flatMap(({ byDispatcher }) => [...byDispatcher]);
    expect(backward).toEqual([numbers.get(dispatched[1])]);
  });

  it("has a dispatcher where there are several entries, which leads to them in their order", () => {
    const { order, nodes, dispatched } = shapeOf({ a: ["b"], b: ["c"], c: ["a", "d"], d: [] }, "d", "c");
    expect(order[0]).toBeUndefined();
    expect(dispatched).toEqual(["a", "d", "c"]);
    expect(nodes[0].successors).toHaveLength(3);
  });

  it("reaches every node that the entry reaches, and no other", () => {
    const { order } = shapeOf({ a: ["b"], b: ["a", "c"], c: ["c"], lonely: ["a"] });
    expect(new Set(order)).toEqual(new Set(["a", "b", "c"]));
  });
});
