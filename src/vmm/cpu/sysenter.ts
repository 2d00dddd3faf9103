import { IF, VM } from "../isa/flags.js";
import { type Insn, Outcome } from "./callout.js";
import type { Cpu } from "./cpu.js";
import { isNull } from "./descriptors.js";
import { ECX, EDX, ESP } from "./general-registers.js";
import { setFlatSegment } from "./hidden-part.js";
import { CS, SS, SYSENTER_CS, SYSENTER_EIP, SYSENTER_ESP } from "./layout.js";
import { loadedPastTables } from "./reversible.js";

/** Hidden parts that SYSENTER and SYSEXIT give whatever the tables say (SDM vol. 2): flat, 32-bit, accessed; the DPL is added. */
const CODE = 0x1_c09b;
const DATA = 0x1_c093;
const DPL3 = 0x60;

/** SYSENTER: to CPL 0 at SYSENTER_EIP. */
export function sysenter(cpu: Cpu, _insn: Insn): Outcome {
  const { state } = cpu;
  const selector = state.get(SYSENTER_CS) & 0xfffc;
  if (cpu.mode === "real" || isNull(selector)) return cpu.generalProtection();
  cpu.setFlags(0, VM | IF);
  cpu.setCpl(0);
  setFlatSegment(cpu, CS, selector, CODE);
  setFlatSegment(cpu, SS, (selector + 8) & 0xffff, DATA);
  state.setReg(ESP, state.get(SYSENTER_ESP));
  return arrive(cpu, state.get(SYSENTER_EIP));
}

/** SYSEXIT: to CPL 3, EIP from EDX, ESP from ECX. */
export function sysexit(cpu: Cpu, _insn: Insn): Outcome {
  const { state } = cpu;
  const selector = state.get(SYSENTER_CS) & 0xfffc;
  if (!cpu.isProtected || isNull(selector) || cpu.cpl !== 0) return cpu.generalProtection();
  cpu.setCpl(3);
  setFlatSegment(cpu, CS, ((selector + 16) & 0xffff) | 3, CODE | DPL3);
  setFlatSegment(cpu, SS, ((selector + 24) & 0xffff) | 3, DATA | DPL3);
  state.setReg(ESP, state.reg(ECX));
  return arrive(cpu, state.reg(EDX));
}

function arrive(cpu: Cpu, eip: number): Outcome {
  cpu.eip = eip;
  loadedPastTables(cpu, CS);
  loadedPastTables(cpu, SS);
  cpu.modeChanged();
  return Outcome.Jump;
}
