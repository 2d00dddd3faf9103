import { EFER_NXE } from "../cpu/control-bits.js";
import { CR0, CR4, EFER, PDPTE } from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import { CR0_WP, CR4_PGE, type Level, type PagingMode, PHYSICAL_BITS, pagingMode, rootTable } from "./paging-mode.js";
import type { PhysicalMemory } from "./physical.js";

/** Bits of the error code of #PF (SDM vol. 3, 4.7); an access is described by those of them that it causes. */
export const PF_PRESENT = 1;
export const PF_WRITE = 2;
export const PF_USER = 4;
export const PF_RESERVED = 8;
export const PF_FETCH = 16;

/** Bits of paging-structure entries, low doubleword. */
const P = 1;
const RW = 2;
const US = 4;
const A = 0x20;
const D = 0x40;
const PS = 0x80;
const G = 0x100;
/** XD is bit 63: bit 31 of the high doubleword. */
const XD = 0x80000000;

const HIGH_ADDRESS = (1 << (PHYSICAL_BITS - 32)) - 1;
/** High doubleword of an 8-byte entry: what must be 0, XD aside. */
const HIGH_RESERVED = ~HIGH_ADDRESS & 0x7fffffff;
/** PDPTE of 32-bit PAE: bits 1-2 and 5-8 must be 0. */
const PDPTE_RESERVED = 0x1e6;

/**
 * Translates linear addresses by the guest's page tables, exactly as the manual has it: rights of all levels combined, reserved bits,
 * accessed and dirty flags. The result of the last successful `walk` is in the fields; nothing is allocated per walk.
 */
export class PageWalk {
  /** Physical address of the 4 KiB page. */
  page = 0;
  /** What the mapping allows beside this access: stores by the supervisor (CR0.WP applied), anything and stores by user code. */
  supervisorWritable = false;
  user = false;
  userWritable = false;
  global = false;
  /** The mapping is that of a 2 MiB or 4 MiB page. */
  large = false;
  /** Stores need no walk: the dirty flag is set. */
  dirty = false;
  /** Error code for #PF after an unsuccessful walk. */
  error = 0;

  private mode: PagingMode | null = null;
  /** IA32_EFER.NXE. Without it bit 63 is reserved and error codes have no fetch bit. */
  private noExecute = false;
  /** Addresses and values of the entries that a walk went through. */
  private readonly entryAddress = new Float64Array(4);
  private readonly entryValue = new Int32Array(4);
  private readonly entryHigh = new Int32Array(4);
  private lastDepth = 0;

  constructor(
    private readonly state: CpuState,
    private readonly memory: PhysicalMemory,
  ) {}

  get paging(): boolean {
    return this.mode !== null;
  }

  /** Takes over CR0, CR4 and IA32_EFER. */
  reload(): void {
    this.mode = pagingMode(this.state);
    this.noExecute = (this.state.get(EFER) & EFER_NXE) !== 0;
  }

  /**
   * Loads the PDPTE registers of PAE paging from physical memory: walks use those, never the table. False, and nothing changed, if a present
   * one has reserved bits: #GP(0).
   */
  loadPdptes(cr3: number): boolean {
    const table = (cr3 & 0xffffffe0) >>> 0;
    const loaded = Array.from({ length: 8 }, (_, i) => this.memory.read(table + 4 * i, 4));
    for (let i = 0; i < 8; i += 2) if (loaded[i] & P && (loaded[i] & PDPTE_RESERVED || loaded[i + 1] & ~HIGH_ADDRESS)) return false;
    loaded.forEach((word, i) => {
      this.state.set(PDPTE + 4 * i, word);
    });
    return true;
  }

  /** Translates for an access given as error-code bits (write, user, fetch), setting A and D flags. False: `error` is set. */
  walk(linear: number, access: number): boolean {
    const { mode } = this;
    if (mode === null) return this.identity(linear);
    const { levels, entryBytes } = mode;
    let table = rootTable(this.state, mode);
    let rights = RW | US;
    let executable = true;
    let depth = 0;
    for (;;) {
      const level: Level = levels[depth];
      const index = (linear >>> level.shift) & level.indexMask;
      const address = table + index * entryBytes;
      const low = level.rights ? this.memory.read(address, 4) : this.state.get(PDPTE + 8 * index);
      const high = entryBytes === 4 ? 0 : level.rights ? this.memory.read(address + 4, 4) : this.state.get(PDPTE + 8 * index + 4);
      if ((low & P) === 0) return this.fault(access, 0);
      const last = depth === levels.length - 1 || (level.large && (low & PS) !== 0);
      if (this.reserved(level, last, low, high)) return this.fault(access, PF_PRESENT | PF_RESERVED);
      this.entryAddress[depth] = level.rights ? address : PDPTE + 8 * index;
      this.entryValue[depth] = low;
      this.entryHigh[depth] = high;
      if (level.rights) {
        rights &= low;
        if (high & XD) executable = false;
      }
      const physicalHigh = (high & HIGH_ADDRESS) * 0x100000000;
      if (last) {
        if (!this.permitted(access, rights, executable)) return this.fault(access, PF_PRESENT);
        this.frame(level, linear, low, physicalHigh, entryBytes);
        this.markUsed(levels, depth, (access & PF_WRITE) !== 0);
        this.describe(rights, this.entryValue[depth]);
        this.large = level.shift > 12;
        this.lastDepth = depth;
        return true;
      }
      table = physicalHigh + ((low & 0xfffff000) >>> 0);
      depth++;
    }
  }

  /**
   * What decided the last successful walk: for each doubleword its index in the machine's memory and its value, from `at` on, twelve numbers at
   * most. Says how many doublewords these are; 0: a paging structure lies outside RAM.
   */
  trace(into: Int32Array, at: number): number {
    const { mode } = this;
    if (mode === null) return 0;
    const wide = mode.entryBytes === 8;
    let next = at;
    for (let depth = 0; depth <= this.lastDepth; depth++) {
      const host = mode.levels[depth].rights ? this.memory.host(this.entryAddress[depth]) : this.entryAddress[depth];
      if (host === 0) return 0;
      into[next++] = host >> 2;
      into[next++] = this.entryValue[depth];
      if (!wide) continue;
      into[next++] = (host >> 2) + 1;
      into[next++] = this.entryHigh[depth];
    }
    return (next - at) / 2;
  }

  private identity(linear: number): boolean {
    this.page = (linear & 0xfffff000) >>> 0;
    this.supervisorWritable = this.user = this.userWritable = this.dirty = true;
    this.global = this.large = false;
    return true;
  }

  private reserved(level: Level, last: boolean, low: number, high: number): boolean {
    if (!level.rights) return false; // checked when the registers were loaded
    return (high & HIGH_RESERVED) !== 0 || ((high & XD) !== 0 && !this.noExecute) || (last && (low & level.reserved) !== 0);
  }

  /** SDM vol. 3, 4.6: supervisor accesses ignore U/S, and R/W too unless CR0.WP. */
  private permitted(access: number, rights: number, executable: boolean): boolean {
    if (access & PF_FETCH && !executable) return false;
    if (access & PF_USER) return (rights & US) !== 0 && ((access & PF_WRITE) === 0 || (rights & RW) !== 0);
    return (access & PF_WRITE) === 0 || (rights & RW) !== 0 || (this.state.get(CR0) & CR0_WP) === 0;
  }

  private frame(level: Level, linear: number, low: number, physicalHigh: number, entryBytes: number): void {
    const within = ~(-1 << level.shift);
    const above = entryBytes === 4 && level.shift > 12 ? ((low >>> 13) & HIGH_ADDRESS) * 0x100000000 : physicalHigh;
    const base = (low & ~within & 0xfffff000) >>> 0;
    this.page = above + base + (linear & within & 0xfffff000);
  }

  /** Sets A in every entry that was used, D in the last one for a store; only where clear, so that reads leave read-only tables alone. */
  private markUsed(levels: readonly Level[], lastDepth: number, write: boolean): void {
    for (let depth = 0; depth <= lastDepth; depth++) {
      if (!levels[depth].rights) continue;
      const value = this.entryValue[depth];
      const marked = value | A | (write && depth === lastDepth ? D : 0);
      if (marked === value) continue;
      this.memory.write(this.entryAddress[depth], 4, marked);
      this.entryValue[depth] = marked;
    }
  }

  private describe(rights: number, entry: number): void {
    const writable = (rights & RW) !== 0;
    this.supervisorWritable = writable || (this.state.get(CR0) & CR0_WP) === 0;
    this.user = (rights & US) !== 0;
    this.userWritable = this.user && writable;
    this.dirty = (entry & D) !== 0;
    this.global = (entry & G) !== 0 && (this.state.get(CR4) & CR4_PGE) !== 0;
  }

  private fault(access: number, bits: number): boolean {
    this.error = (this.noExecute && this.mode?.entryBytes === 8 ? access : access & ~PF_FETCH) | bits;
    return false;
  }
}
