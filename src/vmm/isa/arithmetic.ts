import { EAX, EBX, ECX, EDX } from "../cpu/general-registers.js";
import { define } from "./definition.js";
import { ZF } from "./flags.js";

define("add", (x, size, dst, src) => {
  const d = x.modify(dst, size);
  const b = x.read(src, size);
  const r = x.trunc(x.add(d.v, b), size);
  x.flags("add", size, { a: d.v, b, r });
  d.store(r);
});

define("adc", (x, size, dst, src) => {
  const d = x.modify(dst, size);
  const b = x.read(src, size);
  const r = x.trunc(x.add(x.add(d.v, b), x.carry()), size);
  x.flags("adc", size, { a: d.v, b, r });
  d.store(r);
});

define("sub", (x, size, dst, src) => {
  const d = x.modify(dst, size);
  const b = x.read(src, size);
  const r = x.trunc(x.sub(d.v, b), size);
  x.flags("sub", size, { a: d.v, b, r });
  d.store(r);
});

define("sbb", (x, size, dst, src) => {
  const d = x.modify(dst, size);
  const b = x.read(src, size);
  const r = x.trunc(x.sub(x.sub(d.v, b), x.carry()), size);
  x.flags("sbb", size, { a: d.v, b, r });
  d.store(r);
});

define("cmp", (x, size, left, right) => {
  const a = x.read(left, size);
  const b = x.read(right, size);
  x.flags("sub", size, { a, b, r: x.trunc(x.sub(a, b), size) });
});

define("and", (x, size, dst, src) => {
  const d = x.modify(dst, size);
  const r = x.and(d.v, x.read(src, size));
  x.flags("logic", size, { r });
  d.store(r);
});

define("or", (x, size, dst, src) => {
  const d = x.modify(dst, size);
  const r = x.or(d.v, x.read(src, size));
  x.flags("logic", size, { r });
  d.store(r);
});

define("xor", (x, size, dst, src) => {
  const d = x.modify(dst, size);
  const r = x.xor(d.v, x.read(src, size));
  x.flags("logic", size, { r });
  d.store(r);
});

define("test", (x, size, left, right) => {
  const a = x.read(left, size);
  x.flags("logic", size, { r: x.and(a, x.read(right, size)) });
});

define("inc", (x, size, dst) => {
  const d = x.modify(dst, size);
  const r = x.trunc(x.add(d.v, 1), size);
  x.flagsKeepCarry("add", size, { a: d.v, b: 1, r });
  d.store(r);
});

define("dec", (x, size, dst) => {
  const d = x.modify(dst, size);
  const r = x.trunc(x.sub(d.v, 1), size);
  x.flagsKeepCarry("sub", size, { a: d.v, b: 1, r });
  d.store(r);
});

define("neg", (x, size, dst) => {
  const d = x.modify(dst, size);
  const r = x.trunc(x.sub(0, d.v), size);
  x.flags("sub", size, { a: 0, b: d.v, r });
  d.store(r);
});

define("not", (x, size, dst) => {
  const d = x.modify(dst, size);
  d.store(x.trunc(x.not(d.v), size));
});

define("xadd", (x, size, dst, src) => {
  const d = x.modify(dst, size);
  const b = x.read(src, size);
  const r = x.trunc(x.add(d.v, b), size);
  x.flags("add", size, { a: d.v, b, r });
  // The register first: XADD r, r with both the same leaves the sum (SDM: DEST is written last).
  x.write(src, size, d.v);
  d.store(r);
});

/** CMPXCHG8B: the destination is written in any case, so it must be writable in any case. Of the flags, ZF alone changes. */
define("cmpxchg8b", (x) => {
  const host = x.translateOperand(8, "modify");
  const old = x.loadHostWide(host);
  const [low, high] = [x.low(old), x.high(old)];
  const [eax, edx] = [x.reg(EAX), x.reg(EDX)];
  const equal = x.and(x.eq(low, eax), x.eq(high, edx));
  x.storeWide(host, x.join(x.select(equal, x.reg(ECX), high), x.select(equal, x.reg(EBX), low)));
  x.setReg(EAX, 4, x.select(equal, eax, low));
  x.setReg(EDX, 4, x.select(equal, edx, high));
  x.setArithmeticFlags(x.or(x.and(x.arithmeticFlags(), ~ZF), x.shl(equal, 6)));
});

define("cmpxchg", (x, size, dst, src) => {
  const d = x.modify(dst, size);
  const b = x.read(src, size);
  const a = x.reg(EAX, size);
  x.flags("sub", size, { a, b: d.v, r: x.trunc(x.sub(a, d.v), size) });
  const equal = x.eq(a, d.v);
  // The accumulator first: it may be the destination. The destination is written either way, as the manual says.
  x.setReg(EAX, size, x.select(equal, a, d.v));
  d.store(x.select(equal, b, d.v));
});
