import { ESP } from "../cpu/general-registers.js";
import * as at from "../cpu/layout.js";
import { DS, ES, FS, GS, Seg } from "../cpu/layout.js";
import { ValueType } from "../wasm/opcodes.js";
import {
  demandDescriptor,
  demandDirect,
  demandFlat,
  demandOnePage,
  demandQuiet,
  FLAT_SYSTEM,
  staySystem,
  systemAddress,
  toUser,
  UNUSUAL,
  unless,
} from "./crossing.js";
import { define } from "./definition.js";
import type { Emitter, Value } from "./emitter.js";
import { DF, ID, IF, IOPL, RF } from "./flags.js";
import type { Helper } from "./stage.js";

/** IRETD of a system with flat segments, to itself or to an application. cpu/interrupt-return.ts has it whole. */

/** Where the helper leaves what the definition goes on with. */
const IMAGE = at.RESULT;
const NEW_EIP = at.RESULT + 4;
const NEW_ESP = at.RESULT + 8;

const SELECTOR_LEVEL = 3;

/**
 * (ESP, left of the budget behind the instruction) -> 1: it is done but for arithmetic flags, EIP and ESP; 0: nothing was changed, the callout does it.
 * RF of the image is gone before the next instruction, where neither breakpoints nor interrupts come in between.
 */
const iret: Helper = {
  name: "iret",
  params: [ValueType.i32, ValueType.i32],
  results: [ValueType.i32],
  emit(e) {
    const esp: Value = { local: 0 };
    const left: Value = { local: 1 };
    demandQuiet(e);
    unless(e, e.gtS(left, 0));
    demandFlat(e, FLAT_SYSTEM);
    unless(e, e.eqz(e.state(at.NMI_PENDING)));
    demandOnePage(e, esp, 12);
    const frame = e.variable(systemAddress(e, esp, 4));
    const image = e.variable(e.loadHost(frame, 4, 8));
    unless(e, e.eqz(e.and(image, UNUSUAL & ~RF)));
    unless(e, e.eqz(e.and(e.ne(e.and(image, IF), 0), e.state(at.INTERRUPT_LINE))));
    const code = e.variable(e.and(e.loadHost(frame, 4, 4), 0xffff));
    e.when(
      e.eqz(e.and(code, SELECTOR_LEVEL)),
      () => {
        demandDescriptor(e, code, FLAT_SYSTEM.code);
        leaveFor(e, frame, image, e.add(esp, 12));
        staySystem(e, code);
      },
      () => {
        demandOnePage(e, esp, 20);
        const stack = e.and(e.loadHost(frame, 4, 16), 0xffff);
        unless(e, e.eq(e.and(e.and(code, stack), SELECTOR_LEVEL), SELECTOR_LEVEL));
        for (const n of [ES, DS, FS, GS]) demandKept(e, n);
        demandDirect(e, image, code, stack);
        leaveFor(e, frame, image, e.loadHost(frame, 4, 12));
        toUser(e, code, stack, left);
      },
    );
    e.put(1);
  },
};

/** Answers 0 unless a data segment register stays what it is on the way to CPL 3: it holds a segment of that level, or 0. */
function demandKept(e: Emitter, n: number): void {
  const segment = at.SEGMENT + n * at.SEGMENT_SIZE;
  const access = e.state(segment + Seg.access);
  e.when(e.ne(e.and(access, 0x60), 0x60), () => unless(e, e.eqz(e.or(access, e.state(segment + Seg.selector)))));
}

function leaveFor(e: Emitter, frame: Value, image: Value, esp: Value): void {
  e.setState(at.NMI_BLOCKED, 0);
  e.setState(NEW_EIP, e.loadHost(frame, 4));
  e.setState(IMAGE, image);
  e.setState(NEW_ESP, esp);
  e.setState(at.EFLAGS, e.or(e.and(image, KEPT), 2));
}
/** What EFLAGS takes from the image, beside the arithmetic flags. */
const KEPT = DF | IF | IOPL | ID;

define(
  "iret",
  (x, size) => {
    x.sensitive();
    if (size !== 4) {
      x.callout("iret");
      return;
    }
    x.put(x.reg(ESP));
    x.put(x.leftBehind());
    x.callHelper(iret);
    x.when(x.eqz(x.take()), () => x.callout("iret"));
    x.setArithmeticFlags(x.state(IMAGE));
    x.setReg(ESP, 4, x.state(NEW_ESP));
    x.jumpTo(x.state(NEW_EIP));
  },
  { ends: true },
);
