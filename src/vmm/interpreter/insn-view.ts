import type { Insn } from "../cpu/callout.js";
import type { CpuState } from "../cpu/state.js";
import { Rec, RecFlag } from "./record.js";

/** The record that a callout executes, as callouts see it. */
export class InsnView implements Insn {
  record = 0;

  constructor(private readonly state: CpuState) {}

  private get flags(): number {
    return this.state.u8[this.record + Rec.flags];
  }
  get size(): number {
    return 1 << ((this.flags >> RecFlag.sizeShift) & 3);
  }
  get addressSize(): 2 | 4 {
    return this.flags & RecFlag.address16 ? 2 : 4;
  }
  get memory(): boolean {
    return (this.flags & RecFlag.memory) !== 0;
  }
  get rm(): number {
    return this.state.u8[this.record + Rec.rm];
  }
  get reg(): number {
    return this.state.u8[this.record + Rec.reg];
  }
  get imm(): number {
    return this.state.i32[(this.record + Rec.immediate) >> 2];
  }
  get imm2(): number {
    return this.state.i32[(this.record + Rec.displacement) >> 2];
  }
  get segment(): number {
    return this.state.u8[this.record + Rec.segment];
  }
  get rep(): number {
    return this.flags & RecFlag.repF3 ? 0xf3 : this.flags & RecFlag.repF2 ? 0xf2 : 0;
  }
  get length(): number {
    return this.state.u8[this.record + Rec.length];
  }
  effectiveAddress(): number {
    const { state, record } = this;
    const base = state.get(state.u16[(record + Rec.a) >> 1]);
    const index = state.get(state.u16[(record + Rec.index) >> 1]) << state.u8[record + Rec.scale];
    const sum = base + index + state.i32[(record + Rec.displacement) >> 2];
    return this.addressSize === 2 ? sum & 0xffff : sum >>> 0;
  }
}
