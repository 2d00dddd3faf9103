/** Results that the architecture gives a bound for, not a value. */
import { fxAt } from "./generate/fx.js";

/** Each side may be one unit in the last place from the exact value. */
const ULPS = 2n;

/** Whether two 80-bit values at `at` differ by no more than the transcendental instructions may. NaNs, infinities and zeros must be equal. */
export function closeExtended(expected: DataView, actual: DataView, at: number): boolean {
  const exponents = [expected.getUint16(at + 8, true), actual.getUint16(at + 8, true)];
  const mantissas = [expected.getBigUint64(at, true), actual.getBigUint64(at, true)];
  if (exponents[0] === exponents[1] && mantissas[0] === mantissas[1]) return true;
  if (exponents.some((exponent) => (exponent & 0x7fff) === 0x7fff)) return false;
  if ((exponents[0] & 0x8000) !== (exponents[1] & 0x8000)) return false;
  // Neighbours in order, whatever their exponents.
  const order = [0, 1].map((i) => (BigInt(exponents[i] & 0x7fff) << 63n) | (mantissas[i] & 0x7fffffffffffffffn));
  const distance = order[0] > order[1] ? order[0] - order[1] : order[1] - order[0];
  return distance <= ULPS;
}

/** Whether a register of two FXSAVE images holds the least normal number on one side, and a denormal on the other. */
export function aroundLeastNormal(expected: DataView, actual: DataView): boolean {
  for (let at = fxAt.st; at < fxAt.st + 128; at += 16) {
    const exponents = [expected, actual].map((image) => image.getUint16(at + 8, true) & 0x7fff);
    if (exponents[0] + exponents[1] === 1 && closeExtended(expected, actual, at)) return true;
  }
  return false;
}

/** RCP and RSQRT: 1.5 * 2^-12 relative error on each side. */
const RELATIVE = 3 / 4096;

export function closeSingles(expected: DataView, actual: DataView, at: number): boolean {
  for (let i = 0; i < 16; i += 4) {
    if (expected.getUint32(at + i, true) === actual.getUint32(at + i, true)) continue;
    const e = expected.getFloat32(at + i, true);
    const a = actual.getFloat32(at + i, true);
    if (!(Math.abs(e - a) <= RELATIVE * Math.abs(e))) return false;
  }
  return true;
}
