import { MXCSR } from "../cpu/layout.js";
import { MXCSR_RESERVED } from "../sse/mxcsr.js";
import { define } from "./definition.js";
import { startSse } from "./vector-operands.js";

define("ldmxcsr", (x, size, memory) => {
  startSse(x);
  const v = x.read(memory, size);
  x.raiseIf(x.and(v, MXCSR_RESERVED), 13, 0);
  x.setState(MXCSR, v);
});
define("stmxcsr", (x, size, memory) => {
  startSse(x);
  x.write(memory, size, x.state(MXCSR));
});

// One processor sees its own accesses in order, and no cache stands between it and memory: nothing to order, nothing to flush.

define("lfence", () => {});
define("mfence", () => {});
/** SFENCE has the register forms of CLFLUSH's encoding. CLFLUSH faults as a load of a byte does. */
define("clflush", (x, _size, operand) => {
  if (x.isMemory(operand)) x.translateOperand(1, "read");
});
