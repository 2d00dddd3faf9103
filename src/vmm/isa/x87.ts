/** x87 instructions: arithmetic is in src/vmm/x87, how instructions are put together in x87-stack.ts. */
import "./x87-arithmetic.js";
import "./x87-compare.js";
import "./x87-control.js";
import "./x87-transcendental.js";
import "./x87-transfer.js";
