import type { Callout } from "./callout.js";
import { clts, invlpg, lmsw, movFromControl, movToControl, smsw } from "./control.js";
import { movFromDebug, movToDebug } from "./debug.js";
import { aaa, aad, aam, aas, daa, das, salc } from "./decimal.js";
import { retFar, retFarPop } from "./far-return.js";
import { callFar, callFarMemory, jmpFar, jmpFarMemory } from "./far-transfer.js";
import { cli, popfVirtual8086, pushfVirtual8086, sti } from "./flags.js";
import { mmxGate, sseGate, waitGate, x87Gate } from "./fpu-gate.js";
import { fxrstor, fxsave } from "./fxsave.js";
import { cacheInstruction, hlt } from "./halt.js";
import { cpuid } from "./identity.js";
import { iret } from "./interrupt-return.js";
import { inDx, inImmediate, ins, outDx, outImmediate, outs } from "./io.js";
import { rdmsr, rdpmc, rdtsc, wrmsr } from "./msr.js";
import { lds, les, lfs, lgs, lss, movToSegment, popDs, popEs, popFs, popGs, popMemory, popSs } from "./segments.js";
import { int, int1, int3, into } from "./software-interrupts.js";
import { bound, enter, popa, pusha } from "./stack-instructions.js";
import { sysenter, sysexit } from "./sysenter.js";
import { lgdt, lidt, lldt, ltr, sgdt, sidt, sldt, str } from "./tables.js";
import { arpl, lar, lsl, verr, verw } from "./verify.js";

/** Every callout of the system side, by the name that definitions use. */
export const systemCallouts: Readonly<Record<string, Callout>> = {
  ...{ aaa, aad, aam, aas, daa, das, salc },
  ...{ bound, enter, popa, pusha, popMemory },
  ...{ movToSegment, popDs, popEs, popFs, popGs, popSs, lds, les, lfs, lgs, lss },
  ...{ callFar, callFarMemory, jmpFar, jmpFarMemory, retFar, retFarPop },
  ...{ int, int1, int3, into, iret, sysenter, sysexit },
  ...{ cli, sti, pushf: pushfVirtual8086, popf: popfVirtual8086 },
  ...{ lgdt, lidt, lldt, ltr, sgdt, sidt, sldt, str, arpl, lar, lsl, verr, verw },
  ...{ clts, invlpg, lmsw, smsw, movFromControl, movToControl, movFromDebug, movToDebug },
  ...{ cpuid, rdmsr, wrmsr, rdtsc, rdpmc },
  ...{ hlt, invd: cacheInstruction, wbinvd: cacheInstruction },
  ...{ inDx, inImmediate, ins, outDx, outImmediate, outs },
  ...{ fxsave, fxrstor, x87Gate, mmxGate, sseGate, waitGate },
};
