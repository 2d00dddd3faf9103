import { parseAst } from "vitest/node";

/** A node of the syntax tree (ESTree, with TypeScript's nodes); fields are what the node's type says. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export function parse(text: string): Node {
  return parseAst(text, { lang: "ts" }) as unknown as Node;
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

/** A field that holds a node. */
export function child(node: Node, field: string): Node {
  const value = node[field];
  if (!isNode(value)) throw new Error(`${node.type} has no node in ${field}`);
  return value;
}

/** A field that holds a list; holes are left out. */
export function children(node: Node, field: string): readonly Node[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

export function isNamed(node: Node, names: ReadonlySet<string>): boolean {
  return node.type === "Identifier" && names.has(String(node.name));
}

/** Calls `visit` for each node, parents first; a node for which it gives false is not entered. */
export function walk(node: Node, visit: (node: Node, parent: Node | undefined) => boolean, parent?: Node): void {
  if (!visit(node, parent)) return;
  for (const value of Object.values(node)) {
    if (isNode(value)) walk(value, visit, node);
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) walk(item, visit, node);
  }
}
