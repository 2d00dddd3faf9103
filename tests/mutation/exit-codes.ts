/** How the process of instruction-judge.ts ends, besides 0. */
export const DIFFERS = 3;
/** This host can't be asked. */
export const NO_HOST = 4;
