import { change, type Mutation, sourceLine } from "./mutation.js";

/**
 * Why nothing can tell a mutant from the original. Found again by file and source, not by line number: when the line is changed, the
 * explanation is gone with it, and a test says so.
 */
export interface Explanation {
  readonly file: string;
  /** The source line, without indentation. */
  readonly source: string;
  /** "before -> after" of the mutations that it explains; where left out, all of the line. */
  readonly changes?: readonly string[];
  readonly reason: string;
}

export function explains({ file, source, changes }: Explanation, mutation: Mutation, text: string): boolean {
  return file === mutation.file && source === sourceLine(text, mutation.start) && (changes?.includes(change(mutation)) ?? true);
}
