import type { Explanation } from "./explanation.js";

/** Mutants that behave as the original does, as far as a guest can tell. */
export const equivalent: readonly Explanation[] = [];
