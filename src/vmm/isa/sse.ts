/** MMX, SSE and SSE2. */
import "./mmx-state.js";
import "./sse-control.js";
import "./sse-logic.js";
import "./sse-move.js";
