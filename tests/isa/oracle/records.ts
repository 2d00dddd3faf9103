/** What passes between the tests and the oracle: cases of fixed size on its standard input, results of varying size on its standard output. */

/** First eight bytes of the output: magic, then whether the LOW page could be mapped. */
export const MAGIC = 0x31415349;
export const GREETING_SIZE = 8;

export const CASE_SIZE = 1024;
export const caseAt = { codeLength: 0, eip: 4, eflags: 8, gpr: 16, code: 64, crossing: 192, edge: 256, fx: 512 } as const;

/** Byte offsets in a result; `writes` pairs of doublewords follow at 640, and zeros up to a multiple of 16. */
export const resultAt = {
  ending: 0,
  signal: 4,
  vector: 8,
  errorCode: 12,
  cr2: 16,
  eip: 20,
  eflags: 24,
  gpr: 28,
  segments: 60,
  writes: 72,
  fx: 128,
  pairs: 640,
} as const;

/** Values of `ending`, in the order of the oracle's numbers. */
export const endings = ["done", "fault", "endless", "syscall"] as const;
