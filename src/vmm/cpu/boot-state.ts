import { CR0_PE } from "./control-bits.js";
import type { Cpu } from "./cpu.js";
import { EAX, EBX, ESI, ESP } from "./general-registers.js";
import { setFlatSegment } from "./hidden-part.js";
import * as at from "./layout.js";
import { CS, SS } from "./layout.js";

const registers = { eax: EAX, ebx: EBX, esp: ESP, esi: ESI } as const;

/** How a 32-bit boot loader leaves the processor: flat segments, interrupts off, paging off, and what a kernel is told in registers. */
export interface BootState {
  readonly gdtBase: number;
  readonly gdtLimit: number;
  readonly codeSelector: number;
  readonly dataSelector: number;
  readonly eip: number;
  /** Those that aren't named are as after a reset. */
  readonly registers: { readonly [name in keyof typeof registers]?: number };
}

/** Puts a boot state over the power-on state. The caller has put the GDT into memory. */
export function setBootState(cpu: Cpu, boot: BootState): void {
  const { state } = cpu;
  state.set(at.CR0, state.get(at.CR0) | CR0_PE);
  state.set(at.GDTR_BASE, boot.gdtBase);
  state.set(at.GDTR_LIMIT, boot.gdtLimit);
  setFlatSegment(cpu, CS, boot.codeSelector, 0x1_c09b);
  for (const n of [at.ES, SS, at.DS, at.FS, at.GS]) setFlatSegment(cpu, n, boot.dataSelector, 0x1_c093);
  state.set(at.EIP, boot.eip);
  for (const name of Object.keys(registers) as (keyof typeof registers)[]) {
    const value = boot.registers[name];
    if (value !== undefined) state.setReg(registers[name], value);
  }
  cpu.restored();
}
