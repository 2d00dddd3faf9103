import type { Cpu } from "../../../src/vmm/cpu/cpu.js";
import { updateFpuGates } from "../../../src/vmm/cpu/fpu-gate.js";
import * as at from "../../../src/vmm/cpu/layout.js";
import type { CpuState } from "../../../src/vmm/cpu/state.js";
import { newBytes } from "../arena.js";
import { fxAt } from "../generate/fx.js";

const TOP = 0x3800;
const XMM_BYTES = 8 * 16;

/** Puts an FXSAVE image into the state directly, so that FXRSTOR is judged and not trusted. */
export function loadFx(cpu: Cpu, image: Uint8Array): void {
  const { state } = cpu;
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const status = view.getUint16(fxAt.fsw, true);
  const top = (status & TOP) >> 11;
  state.set(at.X87_CONTROL, view.getUint16(fxAt.fcw, true));
  state.set(at.X87_STATUS, status & ~TOP);
  state.set(at.X87_TOP, top);
  state.set(at.X87_TAGS, image[fxAt.ftw]);
  state.set(at.X87_OPCODE, view.getUint16(fxAt.fop, true));
  state.set(at.X87_IP, view.getUint32(fxAt.fip, true));
  state.set(at.X87_DP, view.getUint32(fxAt.fdp, true));
  state.set(at.X87_CS, 0);
  state.set(at.X87_DS, 0);
  state.set(at.MXCSR, view.getUint32(fxAt.mxcsr, true));
  for (let i = 0; i < 8; i++) {
    const cell = at.X87 + 16 * ((top + i) & 7);
    const from = fxAt.st + 16 * i;
    state.set(cell, view.getUint32(from, true));
    state.set(cell + 4, view.getUint32(from + 4, true));
    state.set(cell + 8, view.getUint16(from + 8, true));
    state.set(cell + 12, 0);
  }
  for (let i = 0; i < XMM_BYTES; i += 4) state.set(at.XMM + i, view.getUint32(fxAt.xmm + i, true));
  updateFpuGates(cpu);
}

/** The state as FXSAVE64 would write it. */
export function saveFx(state: CpuState): Uint8Array {
  const image = newBytes(512);
  const view = new DataView(image.buffer, image.byteOffset, 512);
  const top = state.get(at.X87_TOP) & 7;
  view.setUint16(fxAt.fcw, state.get(at.X87_CONTROL), true);
  view.setUint16(fxAt.fsw, (state.get(at.X87_STATUS) & ~TOP) | (top << 11), true);
  image[fxAt.ftw] = state.get(at.X87_TAGS);
  view.setUint16(fxAt.fop, state.get(at.X87_OPCODE), true);
  view.setUint32(fxAt.fip, state.get(at.X87_IP), true);
  view.setUint32(fxAt.fdp, state.get(at.X87_DP), true);
  view.setUint32(fxAt.mxcsr, state.get(at.MXCSR), true);
  for (let i = 0; i < 8; i++) {
    const cell = at.X87 + 16 * ((top + i) & 7);
    const to = fxAt.st + 16 * i;
    view.setUint32(to, state.get(cell), true);
    view.setUint32(to + 4, state.get(cell + 4), true);
    view.setUint16(to + 8, state.get(cell + 8), true);
  }
  for (let i = 0; i < XMM_BYTES; i += 4) view.setUint32(fxAt.xmm + i, state.get(at.XMM + i), true);
  return image;
}
