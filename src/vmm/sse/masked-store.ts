import { type Callout, Outcome } from "../cpu/callout.js";
import { EDI } from "../cpu/general-registers.js";
import * as at from "../cpu/layout.js";

/** Of the operand where AC is checked, 16 bytes or not. */
const ALIGNMENT = 8;

/**
 * MASKMOVQ and MASKMOVDQU: stores at DS:EDI those bytes of the first register whose mask bytes in the second have their top bit set.
 * Rare enough for TypeScript (non-temporal stores of video decoders).
 */
function maskedStore(size: number, cells: number): Callout {
  return (cpu, insn) => {
    const { state } = cpu;
    const mask = addressMask(insn.addressSize);
    const offset = state.reg(EDI) & mask;
    // The whole operand has to be writable, whatever the mask says.
    if (!cpu.probeSegment(insn.segment, offset >>> 0, size, true, ALIGNMENT)) return Outcome.Fault;
    for (let i = 0; i < size; i++) {
      if (!(state.u8[cells + 16 * insn.rm + i] & 0x80)) continue;
      cpu.writeSegment(insn.segment, ((offset + i) & mask) >>> 0, 1, state.u8[cells + 16 * insn.reg + i]);
    }
    return Outcome.Next;
  };
}

function addressMask(addressSize: 2 | 4): number {
  return addressSize === 2 ? 0xffff : -1;
}

export const maskmovdqu = maskedStore(16, at.XMM);
const storeMmx = maskedStore(8, at.X87);

export const maskmovq: Callout = (cpu, insn) => {
  const outcome = storeMmx(cpu, insn);
  if (outcome !== Outcome.Fault) {
    cpu.state.set(at.X87_TOP, 0);
    cpu.state.set(at.X87_TAGS, 0xff);
  }
  return outcome;
};
