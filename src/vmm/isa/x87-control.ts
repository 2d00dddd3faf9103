import { GATE_ERROR } from "../cpu/fpu-gate.js";
import { EAX } from "../cpu/general-registers.js";
import { MMX_GATE, X87_CONTROL, X87_GATE, X87_STATUS } from "../cpu/layout.js";
import { BUSY, CONTROL_FIXED, CONTROL_WRITABLE, ES, EXCEPTIONS, TOP_SHIFT } from "../x87/words.js";
import { define } from "./definition.js";
import type { Value } from "./emitter.js";
import type { Stage } from "./stage.js";
import { clearC1, gate, gateWithoutWait, registerInstruction, setPointer } from "./x87-stack.js";

function statusWord(x: Stage): Value {
  return x.or(x.state(X87_STATUS), x.shl(x.x87.top(), TOP_SHIFT));
}

define("fnstsw_m", (x, _size, memory) => {
  gateWithoutWait(x);
  x.write(memory, 2, statusWord(x));
});
define("fnstsw_ax", (x) => {
  gateWithoutWait(x);
  x.setReg(EAX, 2, statusWord(x));
});
define("fnstcw", (x, _size, memory) => {
  gateWithoutWait(x);
  x.write(memory, 2, x.state(X87_CONTROL));
});

/** Exceptions that are unmasked while flagged become pending. */
define("fldcw", (x, _size, memory) => {
  gate(x);
  const control = x.or(x.and(x.read(memory, 2), CONTROL_WRITABLE), CONTROL_FIXED);
  x.setState(X87_CONTROL, control);
  const status = x.state(X87_STATUS);
  x.when(x.and(x.and(status, x.not(control)), EXCEPTIONS), () => {
    x.setState(X87_STATUS, x.or(status, ES | BUSY));
    x.setState(X87_GATE, x.or(x.state(X87_GATE), GATE_ERROR));
    x.setState(MMX_GATE, x.or(x.state(MMX_GATE), GATE_ERROR));
  });
});

/** WAIT is not an x87 instruction: CR0.EM does not stop it, TS does only with MP, which `waitGate` knows. */
define("wait", (x) => x.gate(X87_GATE, "waitGate"));

registerInstruction("fnop", () => {});
/** FENI, FDISI, FSETPM: nothing since the 387. */
define("fnop_without_wait", gateWithoutWait);

registerInstruction("fincstp", (x, stack) => {
  clearC1(x);
  stack.move(1);
});
registerInstruction("fdecstp", (x, stack) => {
  clearC1(x);
  stack.move(-1);
});
registerInstruction("ffree", (x, stack, i) => {
  clearC1(x);
  stack.empty(i);
});
registerInstruction("ffreep", (x, stack, i) => {
  clearC1(x);
  stack.empty(i);
  stack.pop();
});

// Done in TypeScript: x87/callouts.ts.

for (const name of ["fninit", "fnclex", "fnstenv", "fnsave"]) {
  define(name, (x) => {
    gateWithoutWait(x);
    x.callout(name);
  });
}
for (const name of ["fldenv", "frstor", "fbld", "fbstp"]) {
  define(name, (x) => {
    gate(x);
    x.callout(name);
  });
}
for (const name of ["fprem", "fprem1"]) {
  define(name, (x) => {
    gate(x);
    setPointer(x);
    x.callout(name);
  });
}
