import { Vector } from "../cpu/exceptions.js";
import { EAX, EDX } from "../cpu/general-registers.js";
import { Op } from "../wasm/opcodes.js";
import { define } from "./definition.js";
import type { Value, Wide } from "./emitter.js";
import type { Stage } from "./stage.js";

/** AX is the double-width accumulator of byte operations, EDX:EAX (DX:AX) of the others. */
function writeDouble(x: Stage, size: number, product: Value | Wide): void {
  if (size === 4) {
    const wide = product as Wide;
    x.setReg(EAX, 4, x.low(wide));
    x.setReg(EDX, 4, x.high(wide));
  } else if (size === 2) {
    const v = product as Value;
    x.setReg(EAX, 2, v);
    x.setReg(EDX, 2, x.shrU(v, 16));
  } else {
    x.setReg(EAX, 2, product as Value);
  }
}

// CF and OF say that the upper half matters; the other flags are undefined and stay (isa.md, section 8).

define("mul", (x, size, src) => {
  const b = x.read(src, size);
  const a = x.reg(EAX, size);
  if (size === 4) {
    const product = x.mulWide(x.wideU(a), x.wideU(b));
    writeDouble(x, 4, product);
    const big = x.ne(x.high(product), 0);
    x.setCarryOverflow(big, big);
  } else {
    const product = x.mul(a, b);
    writeDouble(x, size, product);
    const big = x.ne(x.shrU(product, size * 8), 0);
    x.setCarryOverflow(big, big);
  }
});

define("imul", (x, size, src) => {
  const b = x.sext(x.read(src, size), size);
  const a = x.sext(x.reg(EAX, size), size);
  const big = signedProduct(x, size, a, b, (product) => writeDouble(x, size, product));
  x.setCarryOverflow(big, big);
});

/** Multiplies sign-extended factors, hands out the double-width product and gives 1 if it does not fit in `size` bytes. */
function signedProduct(x: Stage, size: number, a: Value, b: Value, use: (product: Value | Wide) => void): Value {
  if (size === 4) {
    const product = x.mulWide(x.wideS(a), x.wideS(b));
    use(product);
    return x.compareWide(Op.i64_ne, product, x.wideS(x.low(product)));
  }
  const product = x.mul(a, b);
  use(product);
  return x.ne(product, x.sext(product, size));
}

define("imul2", (x, size, dst, src) => {
  const a = x.sext(x.read(dst, size), size);
  const b = x.sext(x.read(src, size), size);
  const big = signedProduct(x, size, a, b, (product) => x.write(dst, size, size === 4 ? x.low(product as Wide) : (product as Value)));
  x.setCarryOverflow(big, big);
});

define("imul3", (x, size, dst, src, factor) => {
  const a = x.sext(x.read(src, size), size);
  const b = x.sext(x.read(factor, size), size);
  const big = signedProduct(x, size, a, b, (product) => x.write(dst, size, size === 4 ? x.low(product as Wide) : (product as Value)));
  x.setCarryOverflow(big, big);
});

// DIV and IDIV leave all flags as they are.

define("div", (x, size, src) => {
  const divisor = x.read(src, size);
  x.raiseIf(x.eqz(divisor), Vector.DE);
  if (size === 4) {
    // A quotient fits exactly if the high half is below the divisor.
    const high = x.reg(EDX, 4);
    x.raiseIf(x.eqz(x.ltU(high, divisor)), Vector.DE);
    const low = x.reg(EAX, 4);
    const quotient = x.low(x.divUWide(x.join(high, low), x.wideU(divisor)));
    storeDivision(x, low, quotient, divisor);
    return;
  }
  const dividend = size === 2 ? x.or(x.shl(x.reg(EDX, 2), 16), x.reg(EAX, 2)) : x.reg(EAX, 2);
  const quotient = x.divU(dividend, divisor);
  x.raiseIf(x.shrU(quotient, size * 8), Vector.DE);
  storeQuotient(x, size, quotient, x.remU(dividend, divisor));
});

define("idiv", (x, size, src) => {
  const divisor = x.sext(x.read(src, size), size);
  x.raiseIf(x.eqz(divisor), Vector.DE);
  if (size === 4) {
    const dividendLow = x.reg(EAX, 4);
    const dividend = x.join(x.reg(EDX, 4), dividendLow);
    // The one case in which the 64-bit division itself would trap.
    const extreme = x.and(x.compareWide(Op.i64_eq, dividend, -(1n << 63n)), x.eq(divisor, -1));
    x.raiseIf(extreme, Vector.DE);
    const quotient = x.divSWide(dividend, x.wideS(divisor));
    const low = x.low(quotient);
    x.raiseIf(x.compareWide(Op.i64_ne, quotient, x.wideS(low)), Vector.DE);
    storeDivision(x, dividendLow, low, divisor);
    return;
  }
  const dividend = size === 2 ? x.or(x.shl(x.reg(EDX, 2), 16), x.reg(EAX, 2)) : x.sext(x.reg(EAX, 2), 2);
  if (size === 2) x.raiseIf(x.and(x.eq(dividend, -0x80000000), x.eq(divisor, -1)), Vector.DE);
  const quotient = x.divS(dividend, divisor);
  x.raiseIf(x.ne(quotient, x.sext(quotient, size)), Vector.DE);
  storeQuotient(x, size, quotient, x.remS(dividend, divisor));
});

/** Quotient to EAX, remainder to EDX: a second division would take far longer than to multiply back. */
function storeDivision(x: Stage, low: Value, quotient: Value, divisor: Value): void {
  x.setReg(EDX, 4, x.sub(low, x.mul(quotient, divisor)));
  x.setReg(EAX, 4, quotient);
}

/** 16-bit: quotient to AX, remainder to DX; 8-bit: to AL and AH. */
function storeQuotient(x: Stage, size: number, quotient: Value, remainder: Value): void {
  if (size === 2) {
    x.setReg(EAX, 2, quotient);
    x.setReg(EDX, 2, remainder);
  } else {
    x.setReg(EAX, 2, x.or(x.and(quotient, 0xff), x.shl(x.and(remainder, 0xff), 8)));
  }
}
