import { ECX, EDX, ESP } from "../cpu/general-registers.js";
import * as at from "../cpu/layout.js";
import { ValueType } from "../wasm/opcodes.js";
import { demandDirect, demandFlat, demandQuiet, FLAT_SYSTEM, FLAT_USER, pastTables, toSystem, toUser, unless } from "./crossing.js";
import { define } from "./definition.js";
import type { Emitter, Value } from "./emitter.js";
import { IF } from "./flags.js";
import type { Helper, Stage } from "./stage.js";

/** SYSENTER and SYSEXIT between an application and its system with flat segments. cpu/sysenter.ts has them whole. */

const { i32 } = ValueType;
const LEFT: Value = { local: 0 };

/** (left of the budget behind the instruction) -> 1: it is done but for EIP and ESP; 0: nothing was changed, the callout does it. */
const enter: Helper = {
  name: "sysenter",
  params: [i32],
  results: [i32],
  emit(e) {
    demandQuiet(e);
    demandFlat(e, FLAT_USER);
    const selector = systemSelector(e);
    e.setState(at.EFLAGS, e.and(e.state(at.EFLAGS), ~IF));
    toSystem(e, selector, e.add(selector, 8), LEFT);
    pastTables(e);
    e.put(1);
  },
};

const exit: Helper = {
  name: "sysexit",
  params: [i32],
  results: [i32],
  emit(e) {
    demandQuiet(e);
    demandFlat(e, FLAT_SYSTEM);
    const selector = systemSelector(e);
    const code = e.or(e.add(selector, 16), 3);
    const stack = e.or(e.add(selector, 24), 3);
    demandDirect(e, e.state(at.EFLAGS), code, stack);
    toUser(e, code, stack, LEFT);
    e.put(1);
  },
};

/** Four selectors follow each other from here; answers 0 where there is none, or not so many. */
function systemSelector(e: Emitter): Value {
  const selector = e.and(e.state(at.SYSENTER_CS), 0xfffc);
  unless(e, selector);
  unless(e, e.ltU(selector, 0xffe0));
  return selector;
}

function cross(x: Stage, helper: Helper, eip: () => Value, esp: () => Value): void {
  x.sensitive();
  x.put(x.leftBehind());
  x.callHelper(helper);
  x.when(x.eqz(x.take()), () => x.callout(helper.name));
  x.setReg(ESP, 4, esp());
  x.jumpTo(eip());
}

define(
  "sysenter",
  (x) =>
    cross(
      x,
      enter,
      () => x.state(at.SYSENTER_EIP),
      () => x.state(at.SYSENTER_ESP),
    ),
  { ends: true },
);
define(
  "sysexit",
  (x) =>
    cross(
      x,
      exit,
      () => x.reg(EDX),
      () => x.reg(ECX),
    ),
  { ends: true },
);
