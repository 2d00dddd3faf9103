/** Worldswitch in TypeScript: what a program that is none of ours needs. */
export const version = "0.1.0";
