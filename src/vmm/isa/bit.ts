import { ECX } from "../cpu/general-registers.js";
import { define } from "./definition.js";
import type { Value } from "./emitter.js";
import type { Stage } from "./stage.js";

/*
 * BT and its kin with a register bit offset address memory beyond the operand: the offset is signed, in units of the operand size.
 * CF is the bit; the other flags are undefined and stay.
 */
function defineBitTest(name: string, change?: (x: Stage, v: Value, mask: Value) => Value): void {
  define(name, (x, size, dst, offset) => {
    const bits = size * 8;
    const n = x.read(offset, size);
    const index = x.and(n, bits - 1);
    const update = (v: Value, store: (r: Value) => void) => {
      x.setCarry(x.and(x.shrU(v, index), 1));
      if (change) store(x.trunc(change(x, v, x.shl(1, index)), size));
    };
    if (offset.role === "r" && x.isMemory(dst)) {
      const units = x.shrS(x.sext(n, size), size === 4 ? 5 : 4);
      const host = x.translateOperand(size, change ? "modify" : "read", x.mul(units, size));
      update(x.loadHost(host, size), (r) => x.store(host, size, r));
    } else if (change) {
      const d = x.modify(dst, size);
      update(d.v, d.store);
    } else {
      update(x.read(dst, size), () => {});
    }
  });
}
defineBitTest("bt");
defineBitTest("bts", (x, v, mask) => x.or(v, mask));
defineBitTest("btr", (x, v, mask) => x.and(v, x.not(mask)));
defineBitTest("btc", (x, v, mask) => x.xor(v, mask));

/** A zero source sets ZF and leaves the destination; the flags besides ZF are undefined: here those of the source, CF and OF clear. */
function defineBitScan(name: string, scan: (x: Stage, v: Value) => Value): void {
  define(name, (x, size, dst, src) => {
    const v = x.read(src, size);
    x.flags("logic", size, { r: v });
    x.when(v, () => x.write(dst, size, scan(x, v)));
  });
}
defineBitScan("bsf", (x, v) => x.ctz(v));
defineBitScan("bsr", (x, v) => x.sub(31, x.clz(v)));

define("bswap", (x, size, dst) => {
  // With a 16-bit operand the result is undefined; processors give 0.
  if (size === 2) {
    x.write(dst, 2, 0);
    return;
  }
  const v = x.read(dst, 4);
  const outer = x.and(x.rotr(v, 8), 0xff00ff00 | 0);
  const inner = x.and(x.rotl(v, 8), 0x00ff00ff);
  x.write(dst, 4, x.or(outer, inner));
});

const CONDITIONS = ["o", "no", "b", "nb", "z", "nz", "be", "nbe", "s", "ns", "p", "np", "l", "nl", "le", "nle"];
for (const [cc, suffix] of CONDITIONS.entries()) {
  define(`set${suffix}`, (x, _size, dst) => x.write(dst, 1, x.condition(cc)));
  // The source is read, and may fault, whatever the condition.
  define(`cmov${suffix}`, (x, size, dst, src) => {
    const v = x.read(src, size);
    x.when(x.condition(cc), () => x.write(dst, size, v));
  });
  define(`j${suffix}`, (x, size) => x.branch(x.condition(cc), size), { implicit: true });
}

/** ECX or CX by address size; LOOP decrements it without touching flags. */
function defineLoop(name: string, and?: (x: Stage) => Value): void {
  define(
    name,
    (x, size) => {
      const mask = x.addressMask();
      const count = x.sub(x.reg(ECX), 1);
      const left = x.ne(x.and(count, mask), 0);
      const taken = and ? x.and(left, and(x)) : left;
      x.checkTarget(x.select(taken, x.relativeTarget(size), x.nextEip()));
      setCounter(x, count, mask);
      x.branch(taken, size);
    },
    { implicit: true },
  );
}
defineLoop("loop");
defineLoop("loope", (x) => x.condition(4));
defineLoop("loopne", (x) => x.condition(5));

/** Writes ECX, or only CX where the mask says so. */
function setCounter(x: Stage, count: Value, mask: Value): void {
  x.setReg(ECX, 4, x.or(x.and(count, mask), x.and(x.reg(ECX), x.not(mask))));
}

define("jcxz", (x, size) => x.branch(x.eqz(x.and(x.reg(ECX), x.addressMask())), size), { implicit: true });
