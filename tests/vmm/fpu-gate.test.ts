import { describe, expect, it } from "vitest";
import { Outcome } from "../../src/vmm/cpu/callout.js";
import { mmxGate, sseGate, updateFpuGates, waitGate, x87Gate } from "../../src/vmm/cpu/fpu-gate.js";
import { CR0, CR4, FAULT_VECTOR, MMX_GATE, SSE_GATE, X87_GATE, X87_STATUS } from "../../src/vmm/cpu/layout.js";
import { CODE, SystemGuest } from "./system-guest.js";

const MP = 2;
const EM = 4;
const TS = 8;
const NE = 0x20;
const OSFXSR = 0x200;

const FLD1 = [0xd9, 0xe8];
/** What the definitions of each unit ask first: a word, and if that is set, a callout. */
const X87 = [X87_GATE, x87Gate] as const;
const WAIT = [X87_GATE, waitGate] as const;
const MMX = [MMX_GATE, mmxGate] as const;
const SSE = [SSE_GATE, sseGate] as const;

function guest(cr0: number, cr4 = 0, pending = false): SystemGuest {
  const g = new SystemGuest().protectedMode();
  g.state.set(CR0, 0x11 | cr0);
  g.state.set(CR4, cr4);
  if (pending) g.state.set(X87_STATUS, 0x8081);
  updateFpuGates(g.cpu);
  return g;
}
/** The exception that stops an instruction of the unit; `undefined`: none. */
function stopped(g: SystemGuest, [word, callout]: typeof X87 | typeof WAIT | typeof MMX | typeof SSE): number | undefined {
  if (g.state.get(word) === 0) return undefined;
  return callout(g.cpu) === Outcome.Fault ? g.state.get(FAULT_VECTOR) : undefined;
}
const NM = 7;
const UD = 6;
const MF = 16;
const NONE = undefined;

/** SDM vol. 3, tables 2-2, 9-3 and 13-1. */
describe("which exception stops which unit", () => {
  it.each([
    ["x87, EM", X87, EM, 0, NM],
    ["x87, TS", X87, TS, 0, NM],
    ["x87, free", X87, MP | NE, 0, NONE],
    ["WAIT, EM", WAIT, EM, 0, NONE],
    ["WAIT, TS without MP", WAIT, TS, 0, NONE],
    ["WAIT, TS with MP", WAIT, TS | MP, 0, NM],
    ["MMX, EM", MMX, EM | TS, 0, UD],
    ["MMX, TS", MMX, TS, 0, NM],
    ["SSE without OSFXSR", SSE, TS, 0, UD],
    ["SSE, EM", SSE, EM, OSFXSR, UD],
    ["SSE, TS", SSE, TS, OSFXSR, NM],
  ])("%s", (_, unit, cr0, cr4, vector) => {
    expect(stopped(guest(cr0, cr4), unit)).toBe(vector);
  });

  it("a pending exception: #MF in the next waiting x87 or MMX instruction, not in SSE", () => {
    expect([X87, WAIT, MMX, SSE].map((unit) => stopped(guest(NE, OSFXSR, true), unit))).toEqual([MF, MF, MF, NONE]);
    expect(guest(NE, OSFXSR, true).exec(...FLD1)?.vector).toBe(MF);
  });
});

describe("a pending exception with NE clear (SDM vol. 1, 8.7.2)", () => {
  it("raises FERR# and stands at the instruction until an interrupt", () => {
    const g = guest(0, 0, true);
    const line: boolean[] = [];
    g.cpu.numericErrorLine = (active) => line.push(active);
    g.exec(...FLD1);
    expect([line, g.cpu.halted, g.eip]).toEqual([[true], true, CODE]);
  });

  it("is ignored while the board asserts IGNNE#", () => {
    const g = guest(0, 0, true);
    g.cpu.setIgnoreNumericError(true);
    g.exec(...FLD1);
    expect([g.cpu.halted, g.eip]).toEqual([false, CODE + 2]);
    g.cpu.setIgnoreNumericError(false);
    g.exec(...FLD1);
    expect([g.cpu.halted, g.eip]).toEqual([true, CODE + 2]);
  });

  it("is reported as #MF once NE is set, whatever IGNNE# says", () => {
    const g = guest(0, 0, true);
    g.cpu.setIgnoreNumericError(true);
    g.set(0, 0x11 | NE);
    g.exec(0x0f, 0x22, 0xc0); // mov cr0, eax
    expect(g.exec(...FLD1)?.vector).toBe(MF);
  });
});
