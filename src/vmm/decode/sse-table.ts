/**
 * Two-byte opcodes 0F xx that a mandatory prefix selects: rows are [none, 66, F3, F2]. Syntax: entry.ts.
 */
export const SSE: Readonly<Record<number, readonly [string, string, string, string]>> = {
  174: ["@15", "", "", ""],
};

export const SSE_GROUPS: Readonly<Record<string, readonly string[]>> = {
  "15": ["fxsave M -", "fxrstor M -", "", "", "", "", "", ""],
};
