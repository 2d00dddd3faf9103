import type { Cpu } from "./cpu.js";
import { ACCESS_TSS32, type Descriptor } from "./descriptors.js";
import { Vector } from "./exceptions.js";
import { Seg, TR } from "./layout.js";
import { stackDescriptor } from "./segments.js";

export interface InnerStack {
  readonly selector: number;
  readonly descriptor: Descriptor;
  readonly pointer: number;
}

/** The stack that the present TSS holds for an inner level `cpl`, checked (SDM vol. 3, 5.8.5). `undefined`: an exception was raised. */
export function innerStack(cpu: Cpu, cpl: number): InnerStack | undefined {
  const { state, mmu } = cpu;
  const wide = (state.segment(TR, Seg.access) & ACCESS_TSS32) !== 0;
  const at = wide ? 8 * cpl + 4 : 4 * cpl + 2;
  const size = wide ? 4 : 2;
  if (at + size + 1 > state.segment(TR, Seg.limit)) {
    cpu.raiseSelector(Vector.TS, state.segment(TR, Seg.selector));
    return undefined;
  }
  const tss = state.segment(TR, Seg.base);
  const pointer = mmu.read((tss + at) >>> 0, size, false);
  if (pointer < 0) return undefined;
  const selector = mmu.read((tss + at + size) >>> 0, 2, false);
  if (selector < 0) return undefined;
  const descriptor = stackDescriptor(cpu, selector, cpl, Vector.TS);
  return descriptor && { selector, descriptor, pointer };
}
