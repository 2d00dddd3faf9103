import type { Ports, TimeStampCounter } from "../../../src/vmm/cpu/connections.js";
import { CR0_AM, CR0_ET, CR0_MP, CR0_NE, CR0_PE, CR0_PG, CR0_WP, CR4_OSFXSR, CR4_OSXMMEXCPT } from "../../../src/vmm/cpu/control-bits.js";
import { Cpu } from "../../../src/vmm/cpu/cpu.js";
import { Event } from "../../../src/vmm/cpu/events.js";
import { setFlatSegment } from "../../../src/vmm/cpu/hidden-part.js";
import * as at from "../../../src/vmm/cpu/layout.js";
import { CpuState } from "../../../src/vmm/cpu/state.js";
import { compileCore, Interpreter, Stopped } from "../../../src/vmm/interpreter/interpreter.js";
import { Mmu } from "../../../src/vmm/mmu/mmu.js";
import type { Case, IsaEngine, Result } from "../case.js";
import { CROSSING_WINDOW, EDGE_WINDOW, EXIT, HLT, PAGE, tail, USER_CS, USER_DS, writablePages } from "../layout.js";
import { loadFx, saveFx } from "./fx.js";
import * as guest from "./guest.js";

/** Instructions after which a case counts as endless. */
const BUDGET = 100_000;

const SP = 4;
const PAGE_FAULT = 14;
const withErrorCode = new Set([8, 10, 11, 12, 13, 14, 17]);

const NO_AC = "alignment checks (#AC) are not implemented";

const ports: Ports = { read: () => 0xffffffff, write: () => {} };
const tsc: TimeStampCounter = { low: 0, high: 0, read: () => {}, write: () => {} };

/**
 * The interpreter as it runs in a machine: a guest in ring 0 enters each case by IRET and sees its end as an exception through the IDT, so
 * frames are those that a guest's kernel would see. Only registers that no kernel stub loads (x87, SSE) are put into the state directly.
 */
export class InterpreterEngine implements IsaEngine {
  readonly name = "interpreter";
  readonly lacks = { alignment: NO_AC, "AC checks alignment in ring 3": NO_AC };
  readonly #state: CpuState;
  readonly #cpu: Cpu;
  readonly #mmu: Mmu;
  readonly #interpreter: Interpreter;
  /** What the writable pages hold when a case starts. */
  readonly #images: Uint8Array;
  readonly #pages: Uint8Array;

  constructor() {
    const wasmPages = at.wasmPages(guest.RAM_SIZE);
    this.#state = new CpuState(new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages, shared: true }));
    this.#mmu = new Mmu(this.#state, guest.RAM_SIZE);
    this.#mmu.memory.writeBytes(0, guest.guestImage().subarray(0, 0xa0000));
    this.#cpu = new Cpu(this.#state, this.#mmu, ports, tsc);
    this.#interpreter = new Interpreter(this.#cpu, this.#mmu, () => 0, compileCore(wasmPages));
    const first = at.RAM_BASE + guest.CASE_PHYSICAL;
    this.#pages = this.#state.u8.subarray(first, first + writablePages.length * PAGE);
    this.#images = Uint8Array.from(this.#pages);
    this.#enterKernel();
  }

  run(cases: readonly Case[]): Result[] {
    return cases.map((c) => this.#runCase(c));
  }

  close(): void {}

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
    const words = [
      0,
      0,
      USER_DS,
      USER_DS,
      gpr[7],
      gpr[6],
      gpr[5],
      0,
      gpr[3],
      gpr[2],
      gpr[1],
      gpr[0],
      c.eip,
      USER_CS,
      c.eflags,
      gpr[SP],
      USER_DS,
    ];
    const stack = guest.STACK_TOP - 4 * words.length;
    const host = at.RAM_BASE + guest.kernelPhysical(stack);
    words.forEach((word, i) => {
      state.store(host + 4 * i, 4, word);
    });
    state.setReg(SP, stack);
    this.#cpu.eip = guest.ENTER;
    this.#cpu.clearEvents(Event.Halted);
    const stopped = this.#interpreter.run(BUDGET);
    const result = this.#result(c, stopped);
    this.#place(c.eip, new Uint8Array(codeLength).fill(HLT));
    return result;
  }

  #result(c: Case, stopped: Stopped): Result {
    const state = this.#state;
    const vector = stopped === Stopped.Halted ? guest.vectorAt(this.#cpu.eip) : undefined;
    const fx = saveFx(state);
    const gpr = new Uint32Array(8);
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
    return { ending: "fault", vector, errorCode, cr2: vector === PAGE_FAULT ? state.get(at.CR2) : 0, eip, eflags, ...common };
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
    if (Buffer.compare(this.#pages, this.#images) === 0) return NONE;
    const pairs: number[] = [];
    writablePages.forEach((page, i) => {
      const from = i * PAGE;
      if (Buffer.compare(this.#pages.subarray(from, from + PAGE), this.#images.subarray(from, from + PAGE)) === 0) return;
      const now = new Int32Array(this.#pages.buffer, this.#pages.byteOffset + from, PAGE / 4);
      const before = new Int32Array(this.#images.buffer, from, PAGE / 4);
      for (let w = 0; w < PAGE / 4; w++) {
        if (now[w] === before[w]) continue;
        pairs.push(page.address + 4 * w, now[w]);
        this.#mmu.memory.write(guest.CASE_PHYSICAL + from + 4 * w, 4, before[w]);
      }
    });
    return Uint32Array.from(pairs);
  }
}

const NONE = new Uint32Array(0);
