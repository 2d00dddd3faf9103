import * as at from "../../src/vmm/cpu/layout.js";
import { CpuState } from "../../src/vmm/cpu/state.js";
import { Mmu } from "../../src/vmm/mmu/mmu.js";
import { hostBy, isValid } from "../../src/vmm/mmu/tlb-entry.js";

export const RAM = 4 << 20;
export const MiB = 1 << 20;

/** Entry bits. */
export const P = 1;
export const RW = 2;
export const US = 4;
export const A = 0x20;
export const D = 0x40;
export const PS = 0x80;
export const G = 0x100;

export const CR0_PE = 1;
export const CR0_WP = 0x10000;
export const CR0_PG = 0x80000000;
export const CR4_PSE = 0x10;
export const CR4_PAE = 0x20;
export const CR4_PGE = 0x80;

/** A machine of 4 MiB with page tables that a test writes by hand: directory (or PDPT) at 0x1000, the rest where it likes. */
export class MmuGuest {
  readonly state: CpuState;
  readonly mmu: Mmu;

  constructor(ramBytes = RAM) {
    const memory = new WebAssembly.Memory({ initial: at.wasmPages(ramBytes), maximum: at.wasmPages(ramBytes), shared: true });
    this.state = new CpuState(memory);
    this.mmu = new Mmu(this.state, ramBytes);
  }

  put(physical: number, value: number): void {
    this.mmu.memory.write(physical, 4, value);
  }
  get(physical: number): number {
    return this.mmu.memory.read(physical, 4);
  }

  /** Paging on with the root table at `cr3`. */
  paging(cr4 = 0, cr0 = CR0_WP, cr3 = 0x1000): void {
    this.state.set(at.CR3, cr3);
    this.state.set(at.CR4, cr4);
    this.state.set(at.CR0, (CR0_PE | CR0_PG | cr0) >>> 0);
    if (cr4 & CR4_PAE) this.mmu.loadPdptes(cr3);
    this.mmu.pagingChanged();
  }

  /** CR3 is written. */
  root(cr3: number): void {
    this.state.set(at.CR3, cr3);
    if (this.state.get(at.CR4) & CR4_PAE) this.mmu.loadPdptes(cr3);
    this.mmu.rootChanged();
  }

  /** The #PF that was recorded. */
  fault(): { vector: number; error: number; address: number } {
    return { vector: this.state.get(at.FAULT_VECTOR), error: this.state.get(at.FAULT_ERROR), address: this.state.get(at.FAULT_ADDRESS) };
  }

  /** What emitted code does: ask the TLB tables of the present view, as isa.md has it, and the slow path if they don't answer. */
  translate(linear: number, size: number, kind: number): { host: number; fast: boolean } {
    const table = this.state.get(kind === 0 ? at.VIEW_READ : at.VIEW_WRITE);
    const entry = this.state.i32[(table >> 2) + (linear >>> 12)];
    if (isValid(entry) && (linear & (size - 1)) === 0) return { host: hostBy(entry, linear), fast: true };
    return { host: this.mmu.slow(linear | 0, size, kind) >>> 0, fast: false };
  }
}
