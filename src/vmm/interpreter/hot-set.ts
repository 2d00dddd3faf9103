/** Handlers dispatched inside the hot function, hottest first: see the head of core-module.ts for how this set is chosen. */
export const HOT: readonly string[] = [];
