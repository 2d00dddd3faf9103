/** What a mutation changes about an instruction; reports count by it. */
export type Kind = "constant" | "width" | "sign" | "operator" | "flag rule" | "access" | "condition" | "opcode table";

/** One small change of a source file. */
export interface Mutation {
  readonly kind: Kind;
  /** From the project's root. */
  readonly file: string;
  /** Offsets into the file's text: what lies between is replaced. */
  readonly start: number;
  readonly end: number;
  readonly before: string;
  readonly after: string;
}

export function mutated(text: string, { start, end, after }: Mutation): string {
  return text.slice(0, start) + after + text.slice(end);
}

/** From 1. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** The line's source, by which an explanation finds its mutation again when lines have moved. */
export function sourceLine(text: string, offset: number): string {
  return text.split("\n")[lineOf(text, offset) - 1].trim();
}

/** "a -> b", as reports and explanations name the change. */
export function change({ before, after }: Mutation): string {
  return `${before} -> ${after}`;
}
