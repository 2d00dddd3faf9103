/** Every instruction definition: importing this fills the registry of definition.ts. */
import "./arithmetic.js";
import "./bit.js";
import "./fast-call.js";
import "./flag-control.js";
import "./interrupt-return.js";
import "./invalid.js";
import "./move.js";
import "./multiply.js";
import "./rdtsc.js";
import "./segment-load.js";
import "./shift.js";
import "./sse.js";
import "./stack.js";
import "./string.js";
import "./system.js";
import "./x87.js";
