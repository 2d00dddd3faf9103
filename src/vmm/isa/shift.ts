import { ECX } from "../cpu/general-registers.js";
import { define } from "./definition.js";
import type { Value } from "./emitter.js";
import type { Operand, Stage } from "./stage.js";

/*
 * Counts are taken modulo 32, whatever the operand size. A count of 0 changes neither flags nor the destination, but a memory operand
 * is translated for writing all the same (and may fault). OF is defined for a count of 1 only; here every count follows the count-1
 * formula, applied to the last step. AF is cleared by shifts and kept by rotates.
 */

/** Count operand of a shift: an immediate, or CL when the form has none. */
function countOf(x: Stage, count: Operand | undefined): Value {
  return x.and(count ? x.read(count, 1) : x.reg(ECX, 1), 31);
}

/** Bit `n` of `v`, as 0 or 1; n may be computed. */
function bit(x: Stage, v: Value, n: Value): Value {
  return x.and(x.shrU(v, n), 1);
}

type ShiftBody = (x: Stage, size: number, v: Value, count: Value) => { r: Value; cf: Value; of: Value };

function defineShift(name: string, body: ShiftBody): void {
  define(name, (x, size, dst, count) => {
    const d = x.modify(dst, size);
    const n = countOf(x, count);
    x.when(n, () => {
      const { r, cf, of } = body(x, size, d.v, n);
      x.flagsResult(size, r, cf, of);
      d.store(r);
    });
  });
}

defineShift("shl", (x, size, v, n) => {
  const top = size * 8 - 1;
  // The last bit out, and the result, are read from a value shifted by count-1, so that no count reaches 32.
  const almost = x.shl(v, x.sub(n, 1));
  const cf = bit(x, almost, top);
  const r = x.trunc(x.shl(almost, 1), size);
  return { r, cf, of: x.xor(cf, bit(x, r, top)) };
});

defineShift("shr", (x, size, v, n) => {
  const almost = x.shrU(v, x.sub(n, 1));
  const r = x.shrU(almost, 1);
  // OF is the top bit of the value before the last step.
  return { r, cf: x.and(almost, 1), of: bit(x, almost, size * 8 - 1) };
});

defineShift("sar", (x, size, v, n) => {
  const almost = x.shrS(x.sext(v, size), x.sub(n, 1));
  return { r: x.trunc(x.shrS(almost, 1), size), cf: x.and(almost, 1), of: 0 };
});

define("rol", (x, size, dst, count) => {
  const d = x.modify(dst, size);
  const n = countOf(x, count);
  x.when(n, () => {
    const r = rotate(x, size, d.v, n);
    const cf = x.and(r, 1);
    x.setCarryOverflow(cf, x.xor(cf, bit(x, r, size * 8 - 1)));
    d.store(r);
  });
});

define("ror", (x, size, dst, count) => {
  const d = x.modify(dst, size);
  const n = countOf(x, count);
  x.when(n, () => {
    const r = rotate(x, size, d.v, x.sub(0, n));
    const cf = bit(x, r, size * 8 - 1);
    x.setCarryOverflow(cf, x.xor(cf, bit(x, r, size * 8 - 2)));
    d.store(r);
  });
});

/** Rotates left by `n` modulo the operand's bits. */
function rotate(x: Stage, size: number, v: Value, n: Value): Value {
  if (size === 4) return x.rotl(v, n);
  const bits = size * 8;
  const by = x.and(n, bits - 1);
  // Doubled, so that one shift brings every bit round.
  const twice = x.or(v, x.shl(v, bits));
  return x.trunc(x.shrU(twice, x.and(x.sub(bits, by), size === 1 ? 7 : 15)), size);
}

/** RCL and RCR rotate through CF: `size * 8 + 1` bits, in 64-bit arithmetic. */
function defineRotateThroughCarry(name: string, left: boolean): void {
  define(name, (x, size, dst, count) => {
    const d = x.modify(dst, size);
    const bits = size * 8;
    const masked = countOf(x, count);
    x.when(masked, () => {
      const n = size === 4 ? masked : x.remU(masked, bits + 1);
      // A rotation by a multiple of 9 or 17 leaves CF, but OF follows the result all the same.
      const ring = x.orWide(x.shlWide(x.wideU(x.carry()), BigInt(bits)), x.wideU(d.v));
      const by = x.wideU(left ? n : x.sub(bits + 1, n));
      const back = x.wideU(left ? x.sub(bits + 1, n) : n);
      const turned = x.orWide(x.shlWide(ring, by), x.shrUWide(ring, back));
      const r = x.trunc(x.low(turned), size);
      const cf = x.and(x.low(x.shrUWide(turned, BigInt(bits))), 1);
      const of = left ? x.xor(cf, bit(x, r, bits - 1)) : x.xor(bit(x, r, bits - 1), bit(x, r, bits - 2));
      x.setCarryOverflow(cf, of);
      d.store(r);
    });
  });
}
defineRotateThroughCarry("rcl", true);
defineRotateThroughCarry("rcr", false);

/** SHLD, SHRD: for 16 bits a count above 16 is undefined; here it goes on shifting in the destination's own bits, as processors do. */
function defineDoubleShift(name: string, body: (x: Stage, size: number, d: Value, s: Value, n: Value) => { r: Value; cf: Value }): void {
  define(name, (x, size, dst, src, count) => {
    const d = x.modify(dst, size);
    const s = x.read(src, size);
    const n = countOf(x, count);
    x.when(n, () => {
      const { r, cf } = body(x, size, d.v, s, n);
      const top = size * 8 - 1;
      x.flagsResult(size, r, cf, x.xor(bit(x, d.v, top), bit(x, r, top)));
      d.store(r);
    });
  });
}

defineDoubleShift("shld", (x, size, d, s, n) => {
  const back = x.sub(32, n);
  if (size === 4) return { r: x.or(x.shl(d, n), x.shrU(s, back)), cf: bit(x, d, back) };
  const triple = x.orWide(x.shlWide(x.wideU(x.or(x.shl(d, 16), s)), 16n), x.wideU(d));
  const turned = x.shrUWide(triple, x.wideU(back));
  return { r: x.trunc(x.low(turned), 2), cf: x.and(x.low(x.shrUWide(turned, 16n)), 1) };
});

defineDoubleShift("shrd", (x, size, d, s, n) => {
  const almost = x.sub(n, 1);
  if (size === 4) return { r: x.or(x.shrU(d, n), x.shl(s, x.sub(32, n))), cf: bit(x, d, almost) };
  const triple = x.orWide(x.wideU(x.or(x.shl(s, 16), d)), x.shlWide(x.wideU(d), 32n));
  return { r: x.trunc(x.low(x.shrUWide(triple, x.wideU(n))), 2), cf: x.and(x.low(x.shrUWide(triple, x.wideU(almost))), 1) };
});
