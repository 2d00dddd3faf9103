/** Where an axis ends, so that its marks are round figures. */

/** The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below `value`. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return (rounds.find((round) => round * power >= value * 0.999) ?? 10) * power;
}
const rounds = [1, 2, 2.5, 5];

/** The same in bytes: powers of two. */
export function roundUpBytes(value: number): number {
  return value <= 1 ? 1 : 2 ** Math.ceil(Math.log2(value * 0.999));
}
