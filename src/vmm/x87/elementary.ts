/*
 * Elementary functions on binary fixed-point numbers: integers that count 2^-p. Errors are a few of the last place, so a caller asks for
 * as many places as it wants bits, plus GUARD. Only what argument reduction leaves: the ranges are said with each function.
 */

/** Places that rounding errors in here may spoil. */
export const GUARD = 16;

/** Constants to 320 places, which is as far as anybody asks. */
const PLACES = 320;
const PI = machinPi(PLACES);
const LN2 = 2n * atanhInverse(3n, PLACES);

/** pi and ln 2 to p places. */
export function pi(p: number): bigint {
  return PI >> BigInt(PLACES - p);
}
export function ln2(p: number): bigint {
  return LN2 >> BigInt(PLACES - p);
}

/** Sum of x^(2k+1) / (2k+1) over k, with alternating signs for atan, for x = 1/n. */
function inverseSeries(n: bigint, p: number, alternate: boolean): bigint {
  const guard = 32n;
  const square = n * n;
  let power = (1n << (BigInt(p) + guard)) / n;
  let sum = 0n;
  for (let k = 1n, sign = 1n; power > 0n; k += 2n, power /= square) {
    sum += (sign * power) / k;
    if (alternate) sign = -sign;
  }
  return sum >> guard;
}
function atanhInverse(n: bigint, p: number): bigint {
  return inverseSeries(n, p, false);
}
/** pi = 16 atan(1/5) - 4 atan(1/239), Machin's formula. */
function machinPi(p: number): bigint {
  return 16n * inverseSeries(5n, p, true) - 4n * inverseSeries(239n, p, true);
}

/** 1/n! to PLACES places: coefficients of the series below. */
const INVERSE_FACTORIALS: readonly bigint[] = (() => {
  const all = [1n << BigInt(PLACES)];
  for (let n = 1n; n <= 64n; n++) all.push(all[Number(n) - 1] / n);
  return all;
})();

/** x - x^3/3! + x^5/5! ...: sin x for |x| <= 1. */
export function sin(x: bigint, p: number): bigint {
  return (x * alternating(x, 1, p)) >> BigInt(p);
}
/** 1 - x^2/2! + x^4/4! ...: cos x for |x| <= 1. */
export function cos(x: bigint, p: number): bigint {
  return alternating(x, 0, p);
}
/** 1/first! - x^2/(first + 2)! + x^4/(first + 4)! ..., from the smallest term on (Horner). */
function alternating(x: bigint, first: number, p: number): bigint {
  const shift = BigInt(p);
  const cut = BigInt(PLACES - p);
  const square = (x * x) >> shift;
  // x^2 < 2^-smaller, so that term k is below 2^-(smaller * k) / (2k)!.
  const smaller = Math.max(0, p - square.toString(16).length * 4);
  let n = first;
  for (let k = 1; smaller * k + FACTORIAL_BITS[2 * k] < p && n < 62; k++) n += 2;
  let sum = INVERSE_FACTORIALS[n] >> cut;
  for (n -= 2; n >= first; n -= 2) sum = (INVERSE_FACTORIALS[n] >> cut) - ((sum * square) >> shift);
  return sum;
}
/** floor(log2(n!)). */
const FACTORIAL_BITS: readonly number[] = INVERSE_FACTORIALS.map((inverse) => PLACES - inverse.toString(2).length);

/** e^x - 1 for |x| <= 1. */
export function expm1(x: bigint, p: number): bigint {
  // (1 + u)^2 - 1 = 2u + u^2, eight times, from a small argument.
  const halvings = 8n;
  const shift = BigInt(p) + 2n * halvings;
  const small = x << halvings;
  let term = small;
  let sum = small;
  for (let k = 2n; term !== 0n && term !== -1n; k++) {
    term = ((term * small) >> shift) / k;
    sum += term;
  }
  for (let i = 0n; i < halvings; i++) sum = 2n * sum + ((sum * sum) >> shift);
  return sum >> (2n * halvings);
}

/** A table of f(i / 2^bits), each made when first asked for. */
class Table {
  readonly #values = new Map<number, bigint>();
  constructor(readonly f: (argument: bigint, p: number) => bigint) {}
  at(i: number, bits: number, p: number): bigint {
    let value = this.#values.get(i);
    if (value === undefined) {
      value = this.f(BigInt(i) << BigInt(PLACES - bits), PLACES);
      this.#values.set(i, value);
    }
    return value >> BigInt(PLACES - p);
  }
}

/** z + z^3/3 + z^5/5 ... or with alternating signs, for |z| <= 1/2. */
function oddSeries(z: bigint, p: number, alternate: boolean): bigint {
  const shift = BigInt(p);
  const square = (z * z) >> shift;
  let power = z;
  let sum = z;
  for (let k = 3n; power !== 0n && power !== -1n; k += 2n) {
    power = (power * square) >> shift;
    if (alternate) power = -power;
    sum += power / k;
  }
  return sum;
}

/** Arguments are brought within 2^-STEP_BITS / 2 of a number of the tables. */
const STEP_BITS = 5;
const logarithms = new Table((m, p) => 2n * oddSeries(((m - (1n << BigInt(p))) << BigInt(p)) / (m + (1n << BigInt(p))), p, false));
const arctangents = new Table((t, p) => {
  // atan t = 2 atan(t / (1 + sqrt(1 + t^2)))
  const one = 1n << BigInt(p);
  const root = squareRoot((one + ((t * t) >> BigInt(p))) << BigInt(p));
  return 2n * oddSeries((t << BigInt(p)) / (one + root), p, true);
});

function squareRoot(n: bigint): bigint {
  let x = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (x + n / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

/** ln(1 + x) for 1/2 < 1 + x < 2, with `p` places relative to 1. */
export function log1p(x: bigint, p: number): bigint {
  const one = 1n << BigInt(p);
  const nearest = Number((x + one + (one >> BigInt(STEP_BITS + 1))) >> BigInt(p - STEP_BITS));
  const base = BigInt(nearest) << BigInt(p - STEP_BITS);
  const m = one + x;
  const z = ((m - base) << BigInt(p)) / (m + base);
  const rest = 2n * oddSeries(z, p, false);
  return base === one ? rest : rest + logarithms.at(nearest, STEP_BITS, p);
}

/** atan(n / d) for 0 <= n <= d, d > 0. */
export function atan(n: bigint, d: bigint, p: number): bigint {
  const nearest = Number(((n << BigInt(STEP_BITS + 1)) / d + 1n) >> 1n);
  const scale = 1n << BigInt(STEP_BITS);
  // (t - c) / (1 + t c) with t = n/d, c = nearest/scale
  const c = BigInt(nearest);
  const z = ((n * scale - c * d) << BigInt(p)) / (d * scale + c * n);
  const rest = oddSeries(z, p, true);
  return nearest === 0 ? rest : rest + arctangents.at(nearest, STEP_BITS, p);
}
