import { AC, ARITHMETIC, IF, RF, readArithmeticFlags, TF, VIF, VIP, VM, writeArithmeticFlags } from "../isa/flags.js";
import { breakpointEnabled, DR7, Meets } from "./breakpoints.js";
import { Outcome } from "./callout.js";
import type { LinearMemory, Ports, TimeStampCounter } from "./connections.js";
import { CR0_AM, CR0_PE, CR0_PG } from "./control-bits.js";
import {
  afterInstruction,
  beforeInstruction,
  type Delivery,
  deliverDebugTrap,
  deliverFault,
  deliverInterrupt,
  deliverNmi,
} from "./delivery.js";
import { ACCESS_BIG } from "./descriptors.js";
import { Event } from "./events.js";
import { NO_ERROR_CODE, Vector } from "./exceptions.js";
import { virtualInterrupts } from "./flags.js";
import { updateFpuGates } from "./fpu-gate.js";
import { EDX, ESP } from "./general-registers.js";
import { loadHidden, type ProcessorMode, setRealModeSegment } from "./hidden-part.js";
import { SIGNATURE } from "./identity.js";
import type { Interruption } from "./interruption.js";
import * as at from "./layout.js";
import { CS, Seg, SS } from "./layout.js";
import { StackFrame } from "./stack-frame.js";
import type { CpuState } from "./state.js";

/**
 * The system side of the processor: what callouts work on. Guest-visible state lies in `state`; this object holds the connections and the rules.
 * Faults are values: `raise*` records the exception in the FAULT words and returns `Outcome.Fault`; memory accesses return -1 or false.
 */
export class Cpu {
  /** Scratch for the frame being pushed. */
  readonly frame: StackFrame = new StackFrame(this);
  /** EXT bit of error codes: 1 while an event that no instruction asked for is delivered. */
  ext = 0;
  /** The instruction that is running alone began with TF set: see delivery.ts. */
  stepping = false;
  /** FERR#: the board turns it into IRQ 13. Set by whoever connects the two. */
  numericErrorLine: (active: boolean) => void = () => {};
  /** Set by the engines: called when anything that decoded code depends on has changed (see `modeKey`). */
  onModeChange: () => void = () => {};

  #ignoreNumericError = false;

  constructor(
    readonly state: CpuState,
    readonly mmu: LinearMemory,
    readonly ports: Ports,
    readonly tsc: TimeStampCounter,
  ) {
    this.reset();
  }

  // Power-on and boot

  /** The state after RESET (SDM vol. 3, table 9-1). */
  reset(): void {
    const { state } = this;
    // What comes from outside stays: the interrupt line, and someone's wish to stop.
    const outside = [at.INTERRUPT_LINE, at.EVENTS].map((word) => state.get(word));
    state.u8.fill(0, at.STATE, at.STATE_END);
    state.u8.fill(0, at.ZERO, at.RESULT);
    state.set(at.INTERRUPT_LINE, outside[0]);
    state.set(at.EVENTS, outside[1] & Event.Stop);
    state.setReg(EDX, SIGNATURE);
    state.set(at.EFLAGS, 2);
    writeArithmeticFlags(state, 0);
    state.set(at.EIP, 0xfff0);
    state.set(at.CR0, 0x6000_0010);
    for (let n = at.ES; n <= at.GS; n++) setRealModeSegment(this, n, 0);
    loadHidden(this, CS, 0xf000, 0xffff_0000, 0xffff, 0x1_0093);
    loadHidden(this, at.LDTR, 0, 0, 0xffff, 0x1_0082);
    loadHidden(this, at.TR, 0, 0, 0xffff, 0x1_008b);
    state.set(at.GDTR_LIMIT, 0xffff);
    state.set(at.IDTR_LIMIT, 0xffff);
    state.set(at.DR + 8 * 6, 0xffff_0ff0);
    state.set(at.DR + 8 * 7, 0x400);
    state.set(at.X87_CONTROL, 0x40);
    state.set(at.X87_TAGS, 0xff);
    state.set(at.MXCSR, 0x1f80);
    state.set(at.FAULT_ERROR, NO_ERROR_CODE);
    this.ext = 0;
    this.#ignoreNumericError = false;
    this.restored();
  }

  /** Derives everything that is derived, after the state words were changed from outside (reset, restore of a snapshot). */
  restored(): void {
    updateFpuGates(this);
    this.mmu.setPrivilege(this.cpl);
    this.mmu.pagingChanged();
    this.mmu.breakpointsChanged();
    this.state.set(at.EVENTS, this.state.get(at.EVENTS) & (Event.Halted | Event.Stop));
    this.updateEvents();
    this.state.set(at.MODE_KEY, -1);
    this.modeChanged();
  }

  // Registers and modes

  get eip(): number {
    return this.state.get(at.EIP);
  }
  set eip(value: number) {
    this.state.set(at.EIP, value);
  }
  get cpl(): number {
    return this.state.get(at.CPL);
  }
  /** Sets CPL and the memory view that goes with it. */
  setCpl(cpl: number): void {
    if (this.state.get(at.CPL) === cpl) return;
    this.state.set(at.CPL, cpl);
    this.mmu.setPrivilege(cpl);
    this.#updateAlignment();
  }
  get mode(): ProcessorMode {
    if (!(this.state.get(at.CR0) & CR0_PE)) return "real";
    return this.state.get(at.EFLAGS) & VM ? "virtual8086" : "protected";
  }
  get isProtected(): boolean {
    return this.mode === "protected";
  }
  get isVirtual8086(): boolean {
    return this.mode === "virtual8086";
  }
  get iopl(): number {
    return (this.state.get(at.EFLAGS) >>> 12) & 3;
  }

  /** EFLAGS as PUSHFD would show it, with VM and RF. */
  get flags(): number {
    return (this.state.get(at.EFLAGS) | readArithmeticFlags(this.state)) >>> 0;
  }
  /** Replaces the EFLAGS bits in `mask`. Who changes VM calls `modeChanged` once the segments fit. */
  setFlags(image: number, mask: number): void {
    const { state } = this;
    if (mask & ARITHMETIC) writeArithmeticFlags(state, (image & mask) | (readArithmeticFlags(state) & ~mask));
    const kept = mask & ~ARITHMETIC;
    state.set(at.EFLAGS, (state.get(at.EFLAGS) & ~kept) | (image & kept) | 2);
    if (kept & (IF | TF | RF | AC | VIF | VIP)) this.updateEvents();
  }

  /** Sets ESP, or SP where the stack segment is a 16-bit one. */
  setStackPointer(value: number): void {
    this.state.setReg(ESP, value, this.state.get(at.STACK_MASK) === 0xffff ? 2 : 4);
  }

  /**
   * What decoded code depends on, as a number: CS.D, SS.B, PE, VM, PG, whether CPL is 3, and which of ES, CS, SS and DS are flat (base 0, all
   * 4 GiB readable, and writable but for CS): accesses by FS and GS always look at the segment.
   */
  modeKey(): number {
    const { state } = this;
    const cr0 = state.get(at.CR0);
    let key = this.cpl === 3 ? 1 : 0;
    if (state.segment(CS, Seg.access) & ACCESS_BIG) key |= 2;
    if (state.get(at.STACK_MASK) !== 0xffff) key |= 4;
    if (cr0 & CR0_PE) key |= 8;
    if (state.get(at.EFLAGS) & VM) key |= 16;
    if (cr0 & CR0_PG) key |= 32;
    for (let n = at.ES; n <= at.DS; n++) if (this.isFlat(n)) key |= 64 << n;
    return key;
  }
  isFlat(n: number): boolean {
    const { state } = this;
    const all = 0xffff_ffff;
    if (state.segment(n, Seg.base) !== 0) return false;
    if (n === CS) return state.segment(n, Seg.limit) === all;
    return (
      state.segment(n, Seg.readHigh) === all &&
      state.segment(n, Seg.readLow) === 0 &&
      state.segment(n, Seg.writeHigh) === all &&
      state.segment(n, Seg.writeLow) === 0
    );
  }
  /** To be called when a part of `modeKey` may have changed. */
  modeChanged(): void {
    const key = this.modeKey();
    if (key === this.state.get(at.MODE_KEY)) return;
    this.state.set(at.MODE_KEY, key);
    this.onModeChange();
  }

  /** The next `modeChanged` tells, whatever the key: which segments are reversible is no part of it, but the decision engine looks at them. */
  reversibilityChanged(): void {
    this.state.set(at.MODE_KEY, -1);
  }

  // Ends of instructions

  /** The exception goes into the FAULT words. Nothing of the guest's state may have been changed. */
  raise(vector: number, error: number = NO_ERROR_CODE): Outcome {
    this.state.set(at.FAULT_VECTOR, vector);
    this.state.set(at.FAULT_ERROR, error);
    return Outcome.Fault;
  }
  /** An exception whose error code is a selector. */
  raiseSelector(vector: number, selector: number): Outcome {
    return this.raise(vector, (selector & 0xfffc) | this.ext);
  }
  /** #GP(0), or #GP(EXT) during a delivery. */
  generalProtection(): Outcome {
    return this.raise(Vector.GP, this.ext);
  }
  /** EIP := next instruction, and decoded code is looked up anew. */
  endInstruction(length: number): Outcome {
    this.eip = (this.eip + length) >>> 0;
    return Outcome.Jump;
  }

  // Memory by segment

  // `alignment`: what a part of an operand needs where AC is checked; 1 if the whole has been.

  /** Value of `size` (1, 2, 4) bytes, or -1: an exception was raised. */
  readSegment(n: number, offset: number, size: number, alignment = size): number {
    const linear = this.#linear(n, offset, size, false, alignment);
    if (linear < 0) return -1;
    this.mmu.accessed(linear, size, false);
    return this.mmu.read(linear, size, this.cpl === 3);
  }
  /** False: an exception was raised and nothing was written. */
  writeSegment(n: number, offset: number, size: number, value: number, alignment = size): boolean {
    const linear = this.#linear(n, offset, size, true, alignment);
    if (linear < 0) return false;
    this.mmu.accessed(linear, size, true);
    return this.mmu.write(linear, size, value, this.cpl === 3);
  }
  /** Whether `size` bytes (any number up to a page) could be read or written; if not, the exception was raised. */
  probeSegment(n: number, offset: number, size: number, write: boolean, alignment = size): boolean {
    const linear = this.#linear(n, offset, size, write, alignment);
    return linear >= 0 && this.mmu.probe(linear, size, write, this.cpl === 3);
  }
  /** Limit and alignment alone, for any number of bytes. */
  checkSegment(n: number, offset: number, size: number, write: boolean, alignment: number): boolean {
    return this.#linear(n, offset, size, write, alignment) >= 0;
  }
  #linear(n: number, offset: number, size: number, write: boolean, alignment: number): number {
    const { state } = this;
    const low = state.segment(n, write ? Seg.writeLow : Seg.readLow);
    const high = state.segment(n, write ? Seg.writeHigh : Seg.readHigh);
    if (offset < low || offset + size - 1 > high) {
      this.raise(n === SS ? Vector.SS : Vector.GP, this.ext);
      return -1;
    }
    const linear = (state.segment(n, Seg.base) + offset) >>> 0;
    return this.aligned(linear, alignment) ? linear : -1;
  }
  /** Whether an operand of CPL 3 lies as it must; if not, #AC was raised. */
  aligned(linear: number, alignment: number): boolean {
    if (!this.mmu.alignmentChecked || (linear & (alignment - 1)) === 0) return true;
    this.raise(Vector.AC, this.ext);
    return false;
  }
  /** Value at the top of the stack + `offset`, or -1: an exception was raised. ESP stays. */
  peekStack(size: number, offset = 0, alignment = size): number {
    return this.readSegment(SS, ((this.state.reg(ESP) + offset) & this.state.get(at.STACK_MASK)) >>> 0, size, alignment);
  }

  /** ESP (or SP) after `bytes` were popped, or pushed if negative. */
  dropStack(bytes: number): void {
    const { state } = this;
    const mask = state.get(at.STACK_MASK);
    const esp = state.reg(ESP);
    state.setReg(ESP, (esp & ~mask) | ((esp + bytes) & mask));
  }

  // Events

  get halted(): boolean {
    return (this.state.get(at.EVENTS) & Event.Halted) !== 0;
  }
  setEvents(bits: number): void {
    this.state.set(at.EVENTS, this.state.get(at.EVENTS) | bits);
  }
  clearEvents(bits: number): void {
    this.state.set(at.EVENTS, this.state.get(at.EVENTS) & ~bits);
  }
  /** INTR as the interrupt controller drives it. */
  setInterruptLine(active: boolean): void {
    this.state.set(at.INTERRUPT_LINE, active ? 1 : 0);
    this.updateEvents();
  }
  /** IGNNE#: pending x87 exceptions are ignored while CR0.NE is 0. */
  get ignoreNumericError(): boolean {
    return this.#ignoreNumericError;
  }
  setIgnoreNumericError(active: boolean): void {
    this.#ignoreNumericError = active;
    updateFpuGates(this);
  }
  /** Interrupts wait for one more instruction; with `stack`, debug traps and NMI too. */
  shadowInterrupts(stack = false): void {
    this.setEvents(stack ? Event.Shadow | Event.StackShadow : Event.Shadow);
    this.updateEvents();
  }
  /** An edge on NMI. */
  signalNmi(): void {
    this.state.set(at.NMI_PENDING, 1);
    this.updateEvents();
  }
  /** The usual delivery in emitted code (isa/gate-entry.ts), which an engine brings. False: nothing was changed. */
  entersGate: (what: Interruption) => boolean = () => false;
  /** The exception in the FAULT words, raised by the instruction at EIP. */
  deliverFault(): Delivery {
    return deliverFault(this);
  }
  /** The vector that the interrupt controller gave when `interruptible` was acknowledged. */
  deliverInterrupt(vector: number): Delivery {
    return deliverInterrupt(this, vector);
  }
  deliverNmi(): Delivery {
    return deliverNmi(this);
  }
  deliverDebugTrap(): Delivery {
    return deliverDebugTrap(this);
  }
  /** Before and after an instruction that runs alone: see delivery.ts. */
  beforeInstruction(): boolean {
    return beforeInstruction(this);
  }
  afterInstruction(): true {
    afterInstruction(this);
    return true;
  }
  /** For `Event.VirtualInterrupt`: whether VIF and VIP count here; then #GP(0) has been raised. */
  virtualInterruptRaised(): boolean {
    if (!virtualInterrupts(this)) return false;
    this.generalProtection();
    return true;
  }
  /** Whether INTR is to be acknowledged at this instruction boundary. */
  interruptible(): boolean {
    const { state } = this;
    return state.get(at.INTERRUPT_LINE) !== 0 && (state.get(at.EFLAGS) & IF) !== 0 && (state.get(at.EVENTS) & Event.Shadow) === 0;
  }
  /** Whether an interrupt could end a HLT: if not (and no NMI can come), the guest has powered itself off. */
  get canWake(): boolean {
    return (this.state.get(at.EFLAGS) & IF) !== 0 || (this.state.get(at.NMI_PENDING) !== 0 && this.state.get(at.NMI_BLOCKED) === 0);
  }
  /** Takes the waiting NMI; none may be taken again before IRET. */
  takeNmi(): void {
    this.state.set(at.NMI_PENDING, 0);
    this.state.set(at.NMI_BLOCKED, 1);
  }
  /** The next instruction is about to run: RF has done its work. */
  endResume(): void {
    this.setFlags(0, RF);
  }
  /** A repeated string instruction has been left between two iterations: what comes in between returns into it (SDM vol. 3, 17.3.1.1). */
  betweenIterations(): void {
    this.setFlags(RF, RF);
  }
  #updateAlignment(): void {
    const { state } = this;
    this.mmu.setAlignmentChecked((state.get(at.EFLAGS) & AC) !== 0 && this.cpl === 3 && (state.get(at.CR0) & CR0_AM) !== 0);
  }
  /**
   * Derives the bits that say what is to be done now, and whether alignment is checked. The run loop calls it whenever a block has ended by
   * itself.
   */
  updateEvents(): void {
    const { state } = this;
    const eflags = state.get(at.EFLAGS);
    let events = state.get(at.EVENTS) & ~DERIVED_EVENTS;
    if (state.get(at.INTERRUPT_LINE) && eflags & IF && !(events & Event.Shadow)) events |= Event.Intr;
    if (!(events & Event.StackShadow)) {
      if (state.get(at.NMI_PENDING) && !state.get(at.NMI_BLOCKED)) events |= Event.Nmi;
      if (state.get(at.DEBUG_PENDING) | state.get(at.MET_BREAKPOINTS)) events |= Event.Debug;
    }
    if (eflags & TF) events |= Event.SingleStep;
    if (eflags & VIF && eflags & VIP) events |= Event.VirtualInterrupt;
    if (eflags & RF) events |= Event.Resume;
    if (breakpointEnabled(state.get(DR7), Meets.execution)) events |= Event.Breakpoints;
    state.set(at.EVENTS, events);
    this.#updateAlignment();
  }
}

const DERIVED_EVENTS = Event.Intr | Event.Nmi | Event.Debug | Event.SingleStep | Event.Breakpoints | Event.VirtualInterrupt | Event.Resume;
