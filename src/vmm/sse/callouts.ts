import type { Callout } from "../cpu/callout.js";
import { CR4_OSXMMEXCPT } from "../cpu/control-bits.js";
import { Vector } from "../cpu/exceptions.js";
import { CR4 } from "../cpu/layout.js";
import { maskmovdqu, maskmovq } from "./masked-store.js";

/** MXCSR holds an exception that it does not mask: #XM where the system knows that vector. */
const simdException: Callout = (cpu) => cpu.raise(cpu.state.get(CR4) & CR4_OSXMMEXCPT ? Vector.XM : Vector.UD);

export const sseCallouts: Readonly<Record<string, Callout>> = { maskmovq, maskmovdqu, simdException };
