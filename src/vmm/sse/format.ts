/**
 * The two floating point formats of SSE, as 64-bit integers hold their bits (a single is zero-extended).
 * Numbers are sign, biased exponent, fraction; `infinity` separates them from NaNs, and `minNormal` from denormals, by magnitude.
 */
export interface Format {
  readonly name: string;
  /** Bytes. */
  readonly width: 4 | 8;
  readonly fraction: number;
  readonly bias: number;
  /** The biased exponent of infinities and NaNs. */
  readonly exponents: number;
  readonly sign: bigint;
  readonly infinity: bigint;
  readonly quiet: bigint;
  readonly minNormal: bigint;
  /** What masked invalid operations give: a negative quiet NaN. */
  readonly indefinite: bigint;
}

function format(name: string, width: 4 | 8, fraction: number): Format {
  const exponents = 2 ** (8 * width - 1 - fraction) - 1;
  const sign = 1n << BigInt(8 * width - 1);
  const infinity = BigInt(exponents) << BigInt(fraction);
  const quiet = 1n << BigInt(fraction - 1);
  const minNormal = 1n << BigInt(fraction);
  return { name, width, fraction, bias: exponents >> 1, exponents, sign, infinity, quiet, minNormal, indefinite: sign | infinity | quiet };
}

export const SINGLE = format("Single", 4, 23);
export const DOUBLE = format("Double", 8, 52);
export const FORMATS: readonly Format[] = [SINGLE, DOUBLE];
