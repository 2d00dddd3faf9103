import { EBP, ESP } from "../cpu/general-registers.js";
import { define } from "./definition.js";

define(
  "push",
  (x, size, src) => x.pushStack(size, x.isMemory(src) ? x.deferRead(size, (kind) => x.translateOperand(size, kind)) : x.read(src, size)),
  { implicit: true },
);

/** POP to a register. ESP goes up first, so that POP ESP leaves what was read. The memory form is a callout. */
define(
  "pop",
  (x, size, dst) => {
    const v = x.peekStack(size);
    x.dropStack(size);
    x.write(dst, size, v);
  },
  { implicit: true },
);

define(
  "leave",
  (x, size) => {
    // As one step: the stack is read at EBP before ESP changes.
    const mask = x.stackMask();
    const frame = x.and(x.reg(EBP), mask);
    const host = x.translate(2, frame, size, "read");
    const v = x.loadHost(host, size);
    x.setReg(ESP, 4, x.or(x.and(x.add(frame, size), mask), x.and(x.reg(ESP), x.not(mask))));
    x.setReg(EBP, size, v);
  },
  { implicit: true },
);

define(
  "call",
  (x, size) => {
    x.checkTarget(x.relativeTarget(size));
    x.pushStack(size, x.nextEip());
    x.jumpRelative(size);
  },
  { implicit: true, ends: true },
);

define(
  "callIndirect",
  (x, size, target) => {
    const to = x.read(target, size);
    x.checkTarget(to);
    x.pushStack(size, x.nextEip());
    x.jumpTo(to);
  },
  { implicit: true, ends: true },
);

define(
  "ret",
  (x, size, release) => {
    const to = x.peekStack(size);
    x.checkTarget(to);
    x.dropStack(release ? x.add(x.read(release, 2), size) : size);
    x.jumpTo(to);
  },
  { implicit: true, ends: true },
);

define(
  "jmp",
  (x, size) => {
    x.checkTarget(x.relativeTarget(size));
    x.jumpRelative(size);
  },
  { implicit: true, ends: true },
);

define(
  "jmpIndirect",
  (x, size, target) => {
    const to = x.read(target, size);
    x.checkTarget(to);
    x.jumpTo(to);
  },
  { implicit: true, ends: true },
);
