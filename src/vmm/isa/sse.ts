/** MMX, SSE and SSE2. */
import "./mmx-state.js";
import "./sse-approximate.js";
import "./sse-arithmetic.js";
import "./sse-compare.js";
import "./sse-control.js";
import "./sse-convert.js";
import "./sse-extract.js";
import "./sse-integer.js";
import "./sse-logic.js";
import "./sse-move.js";
import "./sse-shift.js";
import "./sse-shuffle.js";
