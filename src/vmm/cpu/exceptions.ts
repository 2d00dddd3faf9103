/** Exception vectors (Intel SDM vol. 3, table 6-1). */
export const Vector = {
  DE: 0,
  DB: 1,
  NMI: 2,
  BP: 3,
  OF: 4,
  BR: 5,
  UD: 6,
  NM: 7,
  DF: 8,
  TS: 10,
  NP: 11,
  SS: 12,
  GP: 13,
  PF: 14,
  MF: 16,
  AC: 17,
  MC: 18,
  XM: 19,
} as const;

/**
 * In place of a vector: nothing is wrong, but the instruction is to be run alone, so that something can come right behind it (a data
 * breakpoint that it meets).
 */
export const RUN_ALONE = 0x100;

/** Error code argument of an exception that pushes none. */
export const NO_ERROR_CODE = -1;
