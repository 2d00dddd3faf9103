import type { Ports, TimeStampCounter } from "../../../src/vmm/cpu/connections.js";
import { CR0_AM, CR0_ET, CR0_MP, CR0_NE, CR0_PE, CR0_PG, CR0_WP, CR4_OSFXSR, CR4_OSXMMEXCPT } from "../../../src/vmm/cpu/control-bits.js";
import { Cpu } from "../../../src/vmm/cpu/cpu.js";
import { Event } from "../../../src/vmm/cpu/events.js";
import { setFlatSegment } from "../../../src/vmm/cpu/hidden-part.js";
import * as at from "../../../src/vmm/cpu/layout.js";
import { CpuState } from "../../../src/vmm/cpu/state.js";
import { compileCore, Interpreter, Stopped } from "../../../src/vmm/interpreter/interpreter.js";
import { Mmu } from "../../../src/vmm/mmu/mmu.js";
import { newWords } from "../arena.js";
import type { Case, IsaEngine, Result } from "../case.js";
import { CODE_LIMIT, CROSSING_WINDOW, EDGE_WINDOW, EXIT, HLT, PAGE, tail, USER_CS, USER_DS, writablePages } from "../layout.js";
import { loadFx, saveFx } from "./fx.js";
import * as guest from "./guest.js";

/** Instructions after which a case counts as endless. */
const BUDGET = 100_000;

/** Cases after which the TLB is emptied, as a guest's kernel would: each case makes a page of code of what it has just written. */
const FLUSH_INTERVAL = 64;

const FRAME_WORDS = 17;
const HALTS = new Uint8Array(CODE_LIMIT + tail.length).fill(HLT);

const SP = 4;
const PAGE_FAULT = 14;
/** Error code of #PF: the page is present. */
const PRESENT = 1;
const withErrorCode = new Set([8, 10, 11, 12, 13, 14, 17]);

const ports: Ports = { read: () => 0xffffffff, write: () => {} };
const tsc: TimeStampCounter = { low: 0, high: 0, window: 0, read: () => {}, write: () => {} };

/** A page that cases may write to, and what it holds when a case starts; each as bytes and as words. */
interface WatchedPage {
  readonly address: number;
  readonly now: Uint8Array;
  readonly image: Uint8Array;
  readonly words: Int32Array;
  readonly imageWords: Int32Array;
}

/**
 * The interpreter as it runs in a machine: a guest in ring 0 enters each case by IRET and sees its end as an exception through the IDT, so
 * frames are those that a guest's kernel would see. Only registers that no kernel stub loads (x87, SSE) are put into the state directly.
 */
export class InterpreterEngine implements IsaEngine {
  readonly name: string = "interpreter";
  readonly lacks = {};
  readonly #state: CpuState;
  readonly #cpu: Cpu;
  readonly #mmu: Mmu;
  protected readonly interpreter: Interpreter;
  /** What the writable pages hold when a case starts. */
  readonly #images: Uint8Array;
  readonly #pages: readonly WatchedPage[];
  /** What the stub pops. */
  readonly #frame: Uint32Array;

  constructor() {
    const wasmPages = at.wasmPages(guest.RAM_SIZE);
    this.#state = new CpuState(new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages, shared: true }));
    this.#mmu = new Mmu(this.#state, guest.RAM_SIZE);
    this.#mmu.memory.writeBytes(0, guest.guestImage().subarray(0, 0xa0000));
    this.#cpu = new Cpu(this.#state, this.#mmu, ports, tsc);
    this.interpreter = new Interpreter(this.#cpu, this.#mmu, () => 0, compileCore());
    const first = at.RAM_BASE + guest.CASE_PHYSICAL;
    const ram = this.#state.u8;
    const images = Uint8Array.from(ram.subarray(first, first + writablePages.length * PAGE));
    this.#images = images;
    this.#pages = writablePages.map(({ address }, i) => ({
      address,
      now: new Uint8Array(ram.buffer, first + i * PAGE, PAGE),
      image: new Uint8Array(images.buffer, i * PAGE, PAGE),
      words: new Int32Array(ram.buffer, first + i * PAGE, PAGE / 4),
      imageWords: new Int32Array(images.buffer, i * PAGE, PAGE / 4),
    }));
    const stackTop = at.RAM_BASE + guest.kernelPhysical(guest.STACK_TOP);
    this.#frame = new Uint32Array(this.#state.u8.buffer, stackTop - 4 * FRAME_WORDS, FRAME_WORDS);
    this.#enterKernel();
  }

  run(cases: readonly Case[]): Result[] {
    return cases.map((c, i) => {
      if (i % FLUSH_INTERVAL === 0) this.#mmu.flushAll();
      return this.#runCase(c);
    });
  }

  close(): void {}

  protected get memory(): Uint8Array {
    return this.#state.u8;
  }

  /** Ring 0, paging on, tables set: where every case starts from. */
  #enterKernel(): void {
    const state = this.#state;
    this.#cpu.reset();
    state.set(at.CR0, (CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG) >>> 0);
    state.set(at.CR3, guest.pageDirectory);
    state.set(at.CR4, CR4_OSFXSR | CR4_OSXMMEXCPT);
    state.set(at.GDTR_BASE, guest.gdt.base);
    state.set(at.GDTR_LIMIT, guest.gdt.limit);
    state.set(at.IDTR_BASE, guest.idt.base);
    state.set(at.IDTR_LIMIT, guest.idt.limit);
    setFlatSegment(this.#cpu, at.CS, guest.KERNEL_CS, 0x1_c09b);
    for (const n of [at.ES, at.SS, at.DS, at.FS, at.GS]) setFlatSegment(this.#cpu, n, guest.KERNEL_DS, 0x1_c093);
    state.setSegment(at.TR, at.Seg.selector, guest.tss.selector);
    state.setSegment(at.TR, at.Seg.base, guest.tss.base);
    state.setSegment(at.TR, at.Seg.limit, guest.tss.limit);
    state.setSegment(at.TR, at.Seg.access, 0x1_008b);
    // No LDT.
    state.setSegment(at.LDTR, at.Seg.selector, 0);
    state.setSegment(at.LDTR, at.Seg.access, 0);
    this.#cpu.restored();
  }

  #runCase(c: Case): Result {
    const codeLength = c.code.length + tail.length;
    this.#place(c.eip, c.code);
    this.#place(c.eip + c.code.length, tail);
    this.#place(CROSSING_WINDOW, c.crossing);
    this.#place(EDGE_WINDOW, c.edge);
    loadFx(this.#cpu, c.fx);

    // As the stub pops it: GS FS ES DS, EDI ESI EBP - EBX EDX ECX EAX, EIP CS EFLAGS ESP SS.
    const state = this.#state;
    const { gpr } = c;
    const frame = this.#frame;
    frame[0] = frame[1] = 0;
    frame[2] = frame[3] = USER_DS;
    for (let r = 0; r < 8; r++) frame[11 - r] = gpr[r];
    frame[12] = c.eip;
    frame[13] = USER_CS;
    frame[14] = c.eflags;
    frame[15] = gpr[SP];
    frame[16] = USER_DS;
    state.setReg(SP, guest.STACK_TOP - 4 * FRAME_WORDS);
    this.#cpu.eip = guest.ENTER;
    this.#cpu.clearEvents(Event.Halted);
    const stopped = this.interpreter.run(BUDGET);
    const result = this.#result(c, stopped);
    this.#place(c.eip, HALTS.subarray(0, codeLength));
    return result;
  }

  #result(c: Case, stopped: Stopped): Result {
    const state = this.#state;
    const vector = stopped === Stopped.Halted ? guest.vectorAt(this.#cpu.eip) : undefined;
    const fx = saveFx(state);
    const gpr = newWords(8);
    for (let r = 0; r < 8; r++) gpr[r] = state.reg(r);
    const segments = new Uint16Array(6);
    for (let s = 0; s < 6; s++) segments[s] = state.segment(s, at.Seg.selector);
    const writes = this.#writes();
    const common = { gpr, segments, fx, writes };
    if (vector === undefined) {
      if (stopped === Stopped.TripleFault)
        throw new Error(`the case made the guest's kernel fault: ${Buffer.from(c.code).toString("hex")}`);
      const endless: Result = {
        ending: "endless",
        vector: 0,
        errorCode: 0,
        cr2: 0,
        eip: this.#cpu.eip,
        eflags: this.#cpu.flags,
        ...common,
      };
      this.#enterKernel();
      return endless;
    }
    let frame = at.RAM_BASE + guest.kernelPhysical(state.reg(SP));
    let errorCode = 0;
    if (withErrorCode.has(vector)) {
      errorCode = state.load(frame, 4);
      frame += 4;
    }
    const eip = state.load(frame, 4);
    const cs = state.load(frame + 4, 2);
    gpr[SP] = state.load(frame + 12, 4);
    segments[at.CS] = cs;
    segments[at.SS] = state.load(frame + 16, 2);
    const eflags = state.load(frame + 8, 4);
    // The far jump of `tail` has arrived.
    if (eip === EXIT && cs !== USER_CS) {
      segments[at.CS] = USER_CS;
      return { ending: "done", vector: 0, errorCode: 0, cr2: 0, eip: c.eip + c.code.length, eflags, ...common };
    }
    const cr2 = vector === PAGE_FAULT ? state.get(at.CR2) : 0;
    // Where this guest's kernel lies, the host has nothing.
    if (guest.isKernel(cr2)) errorCode &= ~PRESENT;
    return { ending: "fault", vector, errorCode, cr2, eip, eflags, ...common };
  }

  /** Puts bytes into the case's pages and their image. */
  #place(linear: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const here = Math.min(bytes.length - done, PAGE - ((linear + done) % PAGE));
      const part = bytes.subarray(done, done + here);
      const physical = guest.physicalOf(linear + done);
      this.#mmu.memory.writeBytes(physical, part);
      this.#images.set(part, physical - guest.CASE_PHYSICAL);
      done += here;
    }
  }

  /** What the case has written; it is put back. */
  #writes(): Uint32Array {
    const pairs: number[] = [];
    for (const page of this.#pages) if (Buffer.compare(page.now, page.image) !== 0) this.#pageWrites(page, pairs);
    if (pairs.length === 0) return NONE;
    const writes = newWords(pairs.length);
    for (let i = 0; i < pairs.length; i++) writes[i] = pairs[i];
    return writes;
  }

  #pageWrites({ address, words, imageWords }: WatchedPage, pairs: number[]): void {
    const physical = guest.physicalOf(address);
    for (let w = 0; w < words.length; w++) {
      if (words[w] === imageWords[w]) continue;
      pairs.push(address + 4 * w, words[w]);
      this.#mmu.memory.write(physical + 4 * w, 4, imageWords[w]);
    }
  }
}

const NONE = new Uint32Array(0);
