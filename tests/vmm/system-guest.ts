import { setBootState } from "../../src/vmm/cpu/boot-state.js";
import { Cpu } from "../../src/vmm/cpu/cpu.js";
import { Event } from "../../src/vmm/cpu/events.js";
import { NO_ERROR_CODE, Vector } from "../../src/vmm/cpu/exceptions.js";
import { EAX, EBP, EBX, ECX, EDI, EDX, ESI, ESP } from "../../src/vmm/cpu/general-registers.js";
import { setRealModeSegment } from "../../src/vmm/cpu/hidden-part.js";
import * as at from "../../src/vmm/cpu/layout.js";
import { Seg } from "../../src/vmm/cpu/layout.js";
import { CpuState } from "../../src/vmm/cpu/state.js";
import { compileCore, Interpreter } from "../../src/vmm/interpreter/interpreter.js";
import { Mmu } from "../../src/vmm/mmu/mmu.js";
import { Access, level } from "./access-bytes.js";
import { noteExecuted } from "./executes.js";

const RAM = 1 << 20;
const core = compileCore();

/** Where the fixture keeps things; all in the first megabyte, linear = physical unless a test turns paging on. */
export const GDT = 0x1000;
export const IDT = 0x2000;
export const TSS = 0x3000;
export const LDT = 0x4000;
export const CODE = 0x1_0000;
export const HANDLERS = 0x1_8000;
export const STACK0 = 0x2_0000;
export const STACK3 = 0x3_0000;
export const DATA = 0x4_0000;
/** Of each vector. */
export const handlerOf = (vector: number): number => HANDLERS + 16 * vector;
const HLT = 0xf4;
const CONTINUATION = 0x1_f000;

/** Selectors of the fixture's GDT. */
export const CODE0 = 0x08;
export const DATA0 = 0x10;
export const CODE3 = 0x1b;
export const DATA3 = 0x23;
export const TSS_SELECTOR = 0x28;
export const LDT_SELECTOR = 0x30;
/** First free entry, for a test's own descriptors. */
export const FREE = 0x40;
/** What `toLevel` makes, at the end of the table. */
const LEVEL_CODE = 0xff0;
const LEVEL_DATA = 0xff8;

export { Access, absent, level } from "./access-bytes.js";

/** Granularity and size nibble. */
export const BIG = 0xc;
export const SMALL = 0x0;

export { EAX, EBP, EBX, ECX, EDI, EDX, ESI, ESP };

export interface Raised {
  vector: number;
  error: number;
}

/**
 * A processor with a megabyte of RAM and nothing else: descriptor tables, a TSS and stacks are laid out, and machine code is put where EIP points,
 * one instruction at a time, and run by the real decoder and interpreter.
 */
export class SystemGuest {
  readonly state: CpuState;
  readonly mmu: Mmu;
  readonly cpu: Cpu;
  readonly interpreter: Interpreter;
  /** Accesses to ports, in order: "in2 60", "out1 80=7". */
  readonly portLog: string[] = [];
  portValue = 0;
  tscNow = 0x1_2345_6789;
  acknowledged = 0x20;
  private raised: Raised | undefined;

  constructor(ram = RAM) {
    const pages = at.wasmPages(ram);
    this.state = new CpuState(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
    this.mmu = new Mmu(this.state, ram);
    const guest = this;
    const tsc = {
      low: 0,
      high: 0,
      window: 0,
      read() {
        this.low = guest.tscNow % 2 ** 32;
        this.high = Math.floor(guest.tscNow / 2 ** 32);
      },
      write(low: number, high: number) {
        guest.tscNow = high * 2 ** 32 + low;
      },
    };
    const ports = {
      read: (port: number, size: number) => {
        this.portLog.push(`in${size} ${port.toString(16)}`);
        return this.portValue;
      },
      write: (port: number, size: number, value: number) => {
        this.portLog.push(`out${size} ${port.toString(16)}=${value.toString(16)}`);
      },
    };
    this.cpu = new Cpu(this.state, this.mmu, ports, tsc);
    this.interpreter = new Interpreter(this.cpu, this.mmu, () => this.acknowledged, core);
  }

  // Memory

  get(address: number, size = 4): number {
    return this.mmu.memory.read(address, size);
  }
  put(address: number, value: number, size = 4): void {
    this.mmu.memory.write(address, size, value);
  }
  bytes(address: number, bytes: readonly number[]): void {
    bytes.forEach((byte, i) => {
      this.put(address + i, byte, 1);
    });
  }

  // Registers

  reg(n: number, size = 4): number {
    return this.state.reg(n, size);
  }
  set(n: number, value: number): void {
    this.state.setReg(n, value);
  }
  selector(n: number): number {
    return this.state.segment(n, Seg.selector);
  }
  get eip(): number {
    return this.cpu.eip;
  }

  // Tables

  /** Puts a segment descriptor into the GDT (or at `table`) and gives its selector, RPL 0. `limit` is the raw 20-bit one. */
  descriptor(selector: number, base: number, limit: number, access: number, flags = 0, table = GDT): number {
    const address = table + (selector & ~7);
    this.put(address, ((base << 16) | (limit & 0xffff)) >>> 0);
    this.put(address + 4, ((base & 0xff00_0000) | (flags << 20) | (limit & 0xf_0000) | (access << 8) | ((base >>> 16) & 0xff)) >>> 0);
    return selector;
  }
  /** Puts a gate at a linear address. */
  gateAt(address: number, selector: number, offset: number, access: number, parameters = 0): void {
    this.put(address, ((selector << 16) | (offset & 0xffff)) >>> 0);
    this.put(address + 4, ((offset & 0xffff_0000) | (access << 8) | parameters) >>> 0);
  }
  /** A gate in the IDT; by default a 32-bit interrupt gate to a handler of its own in CODE0. */
  gate(vector: number, access: number = Access.interrupt32, selector = CODE0, offset = handlerOf(vector)): void {
    this.gateAt(IDT + 8 * vector, selector, offset, access);
  }

  // Modes

  /** The processor as after RESET; memory as it is. For tests of hundreds of cases: a new guest costs more than most of them. */
  reused(): this {
    this.cpu.reset();
    return this;
  }

  /** Puts the tables into memory and points GDTR at its own. */
  protectedTables(): void {
    this.descriptor(CODE0, 0, 0xfffff, Access.code, BIG);
    this.descriptor(DATA0, 0, 0xfffff, Access.data, BIG);
    this.descriptor(CODE3, 0, 0xfffff, Access.code | level(3), BIG);
    this.descriptor(DATA3, 0, 0xfffff, Access.data | level(3), BIG);
    this.descriptor(TSS_SELECTOR, TSS, 0xfff, Access.tss32);
    this.descriptor(LDT_SELECTOR, LDT, 0xff, Access.ldt);
    for (let vector = 0; vector < 256; vector++) this.gate(vector);
    this.put(TSS + 4, STACK0);
    this.put(TSS + 8, DATA0);
    this.put(TSS + 0x66, 0xffff, 2); // no I/O map
    this.state.set(at.GDTR_BASE, GDT);
    this.state.set(at.GDTR_LIMIT, 0xfff);
  }

  /** 32-bit protected mode at CPL 0, flat, with GDT, an IDT of handlers for all vectors, a TSS with a ring 0 stack, and an LDT. */
  protectedMode(): this {
    this.protectedTables();
    const registers = { esi: 0, esp: STACK0 };
    setBootState(this.cpu, { gdtBase: GDT, gdtLimit: 0xfff, codeSelector: CODE0, dataSelector: DATA0, eip: CODE, registers });
    this.state.set(at.IDTR_BASE, IDT);
    this.state.set(at.IDTR_LIMIT, 0x7ff);
    this.set(EAX, TSS_SELECTOR);
    this.expectDone(0x0f, 0x00, 0xd8); // ltr ax
    this.set(EAX, LDT_SELECTOR);
    this.expectDone(0x0f, 0x00, 0xd0); // lldt ax
    this.set(EAX, 0);
    this.cpu.eip = CODE;
    return this;
  }

  /** Goes to CPL 3 by IRET, the way a kernel does, with these EFLAGS. */
  toUser(eflags = 0x202): this {
    this.push(DATA3, STACK3, eflags, CODE3, CODE);
    this.expectDone(0xcf);
    return this;
  }

  /** Goes to CPL 1, 2 or 3 by IRET, with flat segments of that level in CS, SS, DS and ES. */
  toLevel(cpl: number, eflags = 0x202): this {
    this.descriptor(LEVEL_CODE, 0, 0xfffff, Access.code | level(cpl), BIG);
    this.descriptor(LEVEL_DATA, 0, 0xfffff, Access.data | level(cpl), BIG);
    this.push(LEVEL_DATA | cpl, STACK3, eflags, LEVEL_CODE | cpl, CODE);
    this.expectDone(0xcf);
    this.set(EAX, LEVEL_DATA | cpl);
    this.expectDone(0x8e, 0xd8); // mov ds, ax
    this.expectDone(0x8e, 0xc0); // mov es, ax
    this.set(EAX, 0);
    this.cpu.eip = CODE;
    return this;
  }

  /** Goes to virtual-8086 mode by IRET: CS 1000, IP 0, SS:SP 3000:0, the others 4000. */
  toVirtual8086(eflags = 0x2_0202): this {
    const data = DATA >> 4;
    this.push(data, data, data, data, STACK3 >> 4, 0, eflags | 0x2_0000, CODE >> 4, 0);
    this.expectDone(0xcf);
    return this;
  }

  /** Real mode at CS 1000, IP 0, SS:SP 2000:0, DS and ES 4000, vectors at 0. Gets there from RESET, with code at the start of memory. */
  realMode(): this {
    this.state.set(at.IDTR_LIMIT, 0x3ff);
    setRealModeSegment(this.cpu, at.CS, 0);
    this.cpu.eip = 0x600;
    for (const [n, selector] of [
      [at.SS, STACK0 >> 4],
      [at.DS, DATA >> 4],
      [at.ES, DATA >> 4],
    ]) {
      this.set(EAX, selector);
      this.expectDone(0x8e, 0xc0 | (n << 3));
    }
    this.expectDone(0xea, 0, 0, (CODE >> 4) & 0xff, CODE >> 12);
    this.set(EAX, 0);
    return this;
  }

  /** Pushes 32-bit words on the present flat stack. */
  push(...words: number[]): void {
    for (const word of words) {
      this.set(ESP, this.reg(ESP) - 4);
      this.put(this.reg(ESP), word);
    }
  }
  /** Word `i` from the top of the stack, by SS:ESP. */
  stack(i: number, size = 4): number {
    const mask = this.state.get(at.STACK_MASK);
    return this.get(this.state.segment(at.SS, Seg.base) + ((this.reg(ESP) & mask) >>> 0) + i * size, size);
  }

  // Execution

  /** Puts an instruction at CS:EIP and executes it. Gives the exception that it raised, which is not delivered; `undefined`: none. */
  exec(...bytes: number[]): Raised | undefined {
    this.raised = undefined;
    const { cpu } = this;
    const deliver = cpu.deliverFault;
    cpu.deliverFault = () => {
      this.raised = { vector: this.state.get(at.FAULT_VECTOR), error: this.state.i32[at.FAULT_ERROR >> 2] };
      return true;
    };
    this.place(bytes);
    if (cpu.beforeInstruction()) {
      this.interpreter.step();
      if (!this.raised) cpu.afterInstruction();
    } else this.raised = { vector: Vector.DB, error: NO_ERROR_CODE };
    cpu.deliverFault = deliver;
    return this.raised;
  }
  /** The same, and the exception is delivered. False: triple fault. */
  execDelivering(...bytes: number[]): boolean {
    this.place(bytes);
    return this.interpreter.step() !== "tripleFault";
  }
  /** The real loop over code at CS:EIP, where every handler of `protectedMode` begins with HLT. */
  runToHandler(...code: number[]): void {
    this.cpu.clearEvents(Event.Halted);
    this.place(code);
    for (let vector = 0; vector < 256; vector++) this.put(handlerOf(vector), HLT, 1);
    this.interpreter.run(1000);
  }
  /** Goes on with code in place of the HLT where `runToHandler` stopped; it lies elsewhere, so that the handler can be reached again. */
  goOn(...code: number[]): void {
    this.cpu.clearEvents(Event.Halted);
    this.cpu.eip = CONTINUATION;
    this.place(code);
    this.interpreter.run(1000);
  }
  /** Whether `runToHandler` or `goOn` stopped at the first instruction of a handler. */
  isAtHandler(vector: number): boolean {
    return this.eip === handlerOf(vector) + 1;
  }
  private expectDone(...bytes: number[]): void {
    const raised = this.exec(...bytes);
    if (raised) throw new Error(`the fixture itself raised #${raised.vector}(${raised.error})`);
  }
  private place(bytes: readonly number[]): void {
    noteExecuted(bytes);
    this.bytes(this.state.segment(at.CS, Seg.base) + this.cpu.eip, bytes);
  }
}
