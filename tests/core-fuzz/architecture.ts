import { readBounds, writeBounds } from "../../src/vmm/cpu/bounds.js";
import * as bit from "../../src/vmm/cpu/control-bits.js";
import type { Cpu } from "../../src/vmm/cpu/cpu.js";
import { USABLE } from "../../src/vmm/cpu/descriptors.js";
import { Event } from "../../src/vmm/cpu/events.js";
import { modeNumber } from "../../src/vmm/cpu/hidden-part.js";
import * as at from "../../src/vmm/cpu/layout.js";
import { Seg } from "../../src/vmm/cpu/layout.js";
import { ARITHMETIC, TF, VM } from "../../src/vmm/isa/flags.js";
import { BUSY, CONTROL_FIXED, CONTROL_WRITABLE, ES as ERROR_SUMMARY, EXCEPTIONS, TOP_MASK } from "../../src/vmm/x87/words.js";

const EFLAGS_DEFINED = 0x3f_7fd7;
const CR4_DEFINED =
  bit.CR4_VME |
  bit.CR4_PVI |
  bit.CR4_TSD |
  bit.CR4_DE |
  bit.CR4_PSE |
  bit.CR4_PAE |
  bit.CR4_PGE |
  bit.CR4_PCE |
  bit.CR4_OSFXSR |
  bit.CR4_OSXMMEXCPT;
const CR0_DEFINED =
  (bit.CR0_PE |
    bit.CR0_MP |
    bit.CR0_EM |
    bit.CR0_TS |
    bit.CR0_ET |
    bit.CR0_NE |
    bit.CR0_WP |
    bit.CR0_AM |
    bit.CR0_NW |
    bit.CR0_CD |
    bit.CR0_PG) >>>
  0;
const DR6 = at.DR + 8 * 6;
const DR7 = at.DR + 8 * 7;
const ACCESS_BIG = 0x4000;

/** What no processor's state could be, of the state that this one is in between two instructions. */
export function impossibilities(cpu: Cpu): string[] {
  const { state } = cpu;
  const found: string[] = [];
  const hold = (holds: boolean, what: string) => {
    if (!holds) found.push(`${what} (${cpu.mode}, CPL ${cpu.cpl})`);
  };
  const eflags = state.get(at.EFLAGS);
  hold((eflags & ~EFLAGS_DEFINED) === 0 && (eflags & 2) !== 0, `EFLAGS ${eflags.toString(16)}: fixed bits`);
  hold((eflags & ARITHMETIC) === 0, `EFLAGS word ${eflags.toString(16)}: arithmetic flags are kept apart`);
  const cr0 = state.get(at.CR0);
  hold((cr0 & ~CR0_DEFINED) >>> 0 === 0 && (cr0 & bit.CR0_ET) !== 0, `CR0 ${cr0.toString(16)}: fixed bits`);
  hold((cr0 & bit.CR0_PG) === 0 || (cr0 & bit.CR0_PE) !== 0, "CR0: PG without PE");
  hold((cr0 & bit.CR0_NW) === 0 || (cr0 & bit.CR0_CD) !== 0, "CR0: NW without CD");
  hold((state.get(at.CR4) & ~CR4_DEFINED) === 0, `CR4 ${state.get(at.CR4).toString(16)}: reserved bits`);
  hold((eflags & VM) === 0 || (cr0 & bit.CR0_PE) !== 0, "VM without PE");
  hold(state.get(at.GDTR_LIMIT) <= 0xffff && state.get(at.IDTR_LIMIT) <= 0xffff, "limit of GDTR or IDTR");
  hold((state.get(DR6) & 0xffff_1ff0) >>> 0 === 0xffff_0ff0, `DR6 ${state.get(DR6).toString(16)}: fixed bits`);
  hold((state.get(DR7) & 0xdc00) === 0x400, `DR7 ${state.get(DR7).toString(16)}: fixed bits`);
  hold(state.get(at.ZERO) === 0, "the register that is always 0");
  privilege(cpu, hold);
  segments(cpu, hold);
  floatingPoint(cpu, hold);
  events(cpu, hold);
  return found;
}

type Hold = (holds: boolean, what: string) => void;

function privilege(cpu: Cpu, hold: Hold): void {
  const { state, cpl, mode } = cpu;
  hold(cpl <= 3, "CPL above 3");
  if (mode === "real") hold(cpl === 0, "real mode has CPL 0");
  if (mode === "virtual8086") hold(cpl === 3, "virtual-8086 mode has CPL 3");
  const user = cpl === 3 ? 1 : 0;
  hold(state.get(at.VIEW_READ) === at.TLB + 2 * user * at.TLB_SIZE, "view for reads");
  hold(state.get(at.VIEW_WRITE) === at.TLB + (2 * user + 1) * at.TLB_SIZE, "view for writes");
  hold(state.get(at.VIEW_JUMP_CACHE) === (user ? state.get(at.USER_JUMP_CACHE) : at.JUMP_CACHE), "view of the jump cache");
  if (mode !== "protected") return;
  // What real mode has left there may be anything.
  const loaded = (n: number) => state.u8[at.SEGMENT_ORIGIN + n] === modeNumber("protected");
  if (loaded(at.CS)) {
    const code = state.segment(at.CS, Seg.access);
    const dpl = (code >>> 5) & 3;
    hold((code & (USABLE | 0x98)) === (USABLE | 0x98), "CS isn't a code segment");
    hold((state.segment(at.CS, Seg.selector) & 3) === cpl, "CPL isn't CS.RPL");
    hold(code & 4 ? dpl <= cpl : dpl === cpl, "CPL doesn't fit CS.DPL");
  }
  if (loaded(at.SS)) {
    const stack = state.segment(at.SS, Seg.access);
    hold((stack & (USABLE | 0x9a)) === (USABLE | 0x92), "SS isn't writable data");
    hold((state.segment(at.SS, Seg.selector) & 3) === cpl && ((stack >>> 5) & 3) === cpl, "SS isn't of CPL");
  }
}

function segments(cpu: Cpu, hold: Hold): void {
  const { state, mode } = cpu;
  for (let n = at.ES; n <= at.TR; n++) {
    const access = state.segment(n, Seg.access);
    const limit = state.segment(n, Seg.limit);
    const usable = (access & USABLE) !== 0;
    const none = { low: 1, high: 0 };
    const read = usable ? readBounds(access, limit) : none;
    const write = usable ? writeBounds(access, limit) : none;
    const derived =
      state.segment(n, Seg.readLow) === read.low &&
      state.segment(n, Seg.readHigh) === read.high &&
      state.segment(n, Seg.writeLow) === write.low &&
      state.segment(n, Seg.writeHigh) === write.high;
    hold(derived, `segment ${n}: bounds don't follow from access and limit`);
    hold(state.segment(n, Seg.selector) <= 0xffff, `segment ${n}: selector`);
    if (mode === "virtual8086" && n <= at.GS)
      hold(
        state.segment(n, Seg.base) === state.segment(n, Seg.selector) << 4 && limit === 0xffff && (access & 0xff) === 0xf3,
        `segment ${n} in virtual-8086 mode`,
      );
  }
  hold(state.get(at.STACK_MASK) === (state.segment(at.SS, Seg.access) & ACCESS_BIG ? 0xffff_ffff : 0xffff), "stack width isn't SS.B");
  hold((state.get(at.IRREVERSIBLE) & ~0x3f3f) === 0, "mask of irreversible segments");
}

function floatingPoint(cpu: Cpu, hold: Hold): void {
  const { state } = cpu;
  const control = state.get(at.X87_CONTROL);
  const status = state.get(at.X87_STATUS);
  hold((control & ~CONTROL_WRITABLE) === CONTROL_FIXED, `x87 control word ${control.toString(16)}`);
  const pending = (status & ~control & EXCEPTIONS) !== 0;
  hold((status & ~0xffff & TOP_MASK) === 0 && status <= 0xffff && (status & TOP_MASK) === 0, `x87 status word ${status.toString(16)}`);
  hold(
    (status & (ERROR_SUMMARY | BUSY)) === (pending ? ERROR_SUMMARY | BUSY : 0),
    `x87 status ${status.toString(16)}: ES and B, control ${control.toString(16)}`,
  );
  hold(state.get(at.X87_TOP) <= 7, "TOP");
  hold(state.get(at.X87_TAGS) <= 0xff, "x87 tags");
  hold(state.get(at.X87_OPCODE) <= 0x7ff, `x87 opcode ${state.get(at.X87_OPCODE).toString(16)}`);
  for (let i = 0; i < 8; i++) {
    const cell = at.X87 + 16 * i;
    hold(state.u16[(cell + 10) >> 1] === 0 && state.get(cell + 12) === 0, `x87 register ${i}: bytes beyond its ten`);
  }
  hold(state.get(at.MXCSR) <= 0xffff, "MXCSR: reserved bits");
  const absent = (state.get(at.CR0) & (bit.CR0_EM | bit.CR0_TS)) !== 0;
  hold((state.get(at.X87_GATE) & 1) === (absent ? 1 : 0) && state.get(at.X87_GATE) === state.get(at.MMX_GATE), "x87 and MMX gates");
  if (pending && !cpu.ignoreNumericError) hold((state.get(at.X87_GATE) & 2) !== 0, "a pending x87 exception with an open gate");
  hold((state.get(at.SSE_GATE) !== 0) === (absent || !(state.get(at.CR4) & bit.CR4_OSFXSR)), "SSE gate");
}

function events(cpu: Cpu, hold: Hold): void {
  const { state } = cpu;
  const now = state.get(at.EVENTS);
  cpu.updateEvents();
  const derived = state.get(at.EVENTS);
  state.set(at.EVENTS, now);
  hold((derived & ~now) === 0, `events ${now.toString(16)} lack what follows from the state: ${derived.toString(16)}`);
  hold(!(state.get(at.EFLAGS) & TF) || (now & Event.SingleStep) !== 0, "TF without an event");
  hold(!(now & Event.StackShadow) || (now & Event.Shadow) !== 0, "a stack shadow is a shadow");
}
