import { EAX, EBX, EDX } from "../cpu/general-registers.js";
import { define } from "./definition.js";

define("mov", (x, size, dst, src) => x.write(dst, size, x.read(src, size)));
/** MOV between the accumulator and an absolute offset. */
define("loadAccumulator", (x, size, src) => x.setReg(EAX, size, x.read(src, size)));
define("storeAccumulator", (x, size, dst) => x.write(dst, size, x.reg(EAX, size)));

define("movzxByte", (x, size, dst, src) => x.write(dst, size, x.read(src, 1)));
define("movzxWord", (x, size, dst, src) => x.write(dst, size, x.read(src, 2)));
define("movsxByte", (x, size, dst, src) => x.write(dst, size, x.sext(x.read(src, 1), 1)));
define("movsxWord", (x, size, dst, src) => x.write(dst, size, x.sext(x.read(src, 2), 2)));

define("lea", (x, size, dst) => x.write(dst, size, x.effectiveAddress()));

define("xchg", (x, size, dst, src) => {
  const d = x.modify(dst, size);
  const b = x.read(src, size);
  x.write(src, size, d.v);
  d.store(b);
});
define("xchgAccumulator", (x, size, dst) => {
  const v = x.read(dst, size);
  x.write(dst, size, x.reg(EAX, size));
  x.setReg(EAX, size, v);
});

/** CBW, CWDE. */
define("cbw", (x, size) => x.setReg(EAX, size, x.sext(x.reg(EAX, size / 2), size / 2)));
/** CWD, CDQ. */
define("cwd", (x, size) => x.setReg(EDX, size, x.shrS(x.sext(x.reg(EAX, size), size), 31)));

define(
  "xlat",
  (x) => {
    const offset = x.and(x.add(x.reg(EBX), x.reg(EAX, 1)), x.addressMask());
    x.setReg(EAX, 1, x.loadHost(x.translateSource(offset, 1), 1));
  },
  { implicit: true },
);

define("nop", () => {});
