import { define } from "./definition.js";
import { enterMmx, fromWide, fromWord, half, startMmx, startSse, withHalf, writeMmx } from "./vector-operands.js";

/** MOVAPS, MOVAPD, MOVDQA and the non-temporal stores of 16 bytes: what is in memory is aligned. */
define("movaps", (x, _size, dst, src) => {
  startSse(x);
  x.writeVector(dst, x.readVector(src));
});
/** MOVUPS, MOVUPD, MOVDQU. */
define("movups", (x, _size, dst, src) => {
  startSse(x);
  x.writeVector(dst, x.readVector(src, true), true);
});

/** MOVSS and MOVSD: a load clears the rest of the register, a move between registers leaves it. */
define("movss", (x, size, dst, src) => {
  startSse(x);
  if (x.isMemory(src)) x.writeVector(dst, x.readLow(src, size));
  else x.write(dst, size, x.read(src, size));
});
define("movsd", (x, _size, dst, src) => {
  startSse(x);
  if (x.isMemory(src)) x.writeVector(dst, x.readLow(src, 8));
  else x.writeWide(dst, x.readWide(src));
});

/** MOVLPS and MOVLPD; between registers MOVHLPS: from the high half. */
define("movlps", (x, _size, dst, src) => {
  startSse(x);
  x.writeWide(dst, x.isMemory(src) || x.isMemory(dst) ? x.readWide(src) : half(x, x.readVector(src), 1));
});
/** MOVHPS and MOVHPD to a register; between registers MOVLHPS: from the low half. */
define("movhps", (x, _size, dst, src) => {
  startSse(x);
  const v = x.readWide(src);
  x.writeVector(dst, withHalf(x, x.readVector(dst), 1, v));
});
define("movhpsStore", (x, _size, dst, src) => {
  startSse(x);
  x.writeWide(dst, half(x, x.readVector(src), 1));
});

/** MOVQ between XMM registers and memory: a register's high half becomes 0. */
define("movq", (x, _size, dst, src) => {
  startSse(x);
  const v = x.readWide(src);
  if (x.isMemory(dst)) x.writeWide(dst, v);
  else x.writeVector(dst, fromWide(x, v));
});

/** MOVD from a general register or memory. */
define("movdToXmm", (x, size, dst, src) => {
  startSse(x);
  x.writeVector(dst, fromWord(x, x.read(src, size)));
});
define("movdFromXmm", (x, size, dst, src) => {
  startSse(x);
  x.write(dst, size, x.read(src, size));
});

define("movdToMmx", (x, size, dst, src) => {
  startMmx(x);
  writeMmx(x, dst, x.wideU(x.read(src, size)));
});
define("movdFromMmx", (x, size, dst, src) => {
  startMmx(x);
  x.write(dst, size, x.read(src, size));
  enterMmx(x);
});
/** MOVQ between MMX registers and memory, MOVNTQ. */
define("movqMmx", (x, _size, dst, src) => {
  startMmx(x);
  const v = x.readWide(src);
  if (x.isMemory(dst)) {
    x.writeWide(dst, v);
    enterMmx(x);
  } else {
    writeMmx(x, dst, v);
  }
});

/** MOVNTI touches no vector register, so that no gate stands before it. */
define("movnti", (x, size, dst, src) => x.write(dst, size, x.read(src, size)));

define("movq2dq", (x, _size, dst, src) => {
  startSse(x);
  startMmx(x);
  x.writeVector(dst, fromWide(x, x.readWide(src)));
  enterMmx(x);
});
define("movdq2q", (x, _size, dst, src) => {
  startSse(x);
  startMmx(x);
  writeMmx(x, dst, x.readWide(src));
});
