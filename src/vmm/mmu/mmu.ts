import { RUN_ALONE, Vector } from "../cpu/exceptions.js";
import {
  CR3,
  FAULT_ADDRESS,
  FAULT_ERROR,
  FAULT_VECTOR,
  JUMP_CACHE,
  JUMP_CACHE_SIZE,
  PAGE_SIZE,
  RAM_BASE,
  SCRATCH,
  TLB,
  TLB_SIZE,
  USER_JUMP_CACHE,
  VIEW_JUMP_CACHE,
  VIEW_READ,
  VIEW_WRITE,
} from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import { ScratchAccess } from "./access.js";
import { AddressSpaces, Kind } from "./address-space.js";
import { isAligned } from "./alignment.js";
import { DataBreakpoints } from "./data-breakpoints.js";
import { FetchCache } from "./fetch-cache.js";
import { PhysicalMemory, type Stores } from "./physical.js";
import { Tlb } from "./tlb.js";
import { hostBy, isValid } from "./tlb-entry.js";
import { PageWalk, PF_FETCH, PF_USER, PF_WRITE } from "./walk.js";

/** What an access of emitted code is for; the third argument of `slow`. */
export const Access = {
  read: 0,
  write: 1,
  modify: 2,
  /** Or-ed in: the operand's segment is flat, so running over 4 GiB breaks its limit. */
  flat: 4,
  /** Or-ed in with `flat`: the segment is SS. */
  stack: 8,
  /** Or-ed in with `read`: other accesses follow that may fault, so a device must not be read yet; who asks will ask again without this. */
  deferred: 32,
} as const;
const ACCESS_KIND = 3;

/**
 * What `onFlush` is told: which linear pages may be mapped differently from now on. With another address space those that are not global are; but
 * if it is `warm`, user code lies where it did when that space was left.
 */
export type FlushKind = "all" | "space" | "warmSpace" | "page";

const FOUR_GIB = 0x100000000;

/**
 * The memory side of the processor: turns linear addresses into host addresses through the software TLB, fills it by page walks (a hidden
 * fault), and reports what the guest's own mapping forbids (a true fault). Nothing here throws: a #PF is recorded in FAULT_VECTOR,
 * FAULT_ERROR and FAULT_ADDRESS, and the method says that it failed.
 */
export class Mmu {
  readonly memory: PhysicalMemory;
  /** Called after every flush; whoever keeps something derived from linear addresses (jump caches) drops it there. */
  onFlush: (kind: FlushKind, linear: number) => void = () => undefined;
  /** The guest's mapping was fine, ours was missing. */
  hiddenFaults = 0;
  /** #PF found, delivered by whoever asked. */
  trueFaults = 0;
  tlbFlushes = 0;
  /** The engine runs one instruction alone: a data breakpoint that an access of emitted code meets need not stop it before. */
  runsAlone = false;

  private readonly walker: PageWalk;
  private readonly tlb: Tlb;
  private readonly scratch: ScratchAccess;
  private readonly fetched: FetchCache;
  private readonly breakpoints: DataBreakpoints;
  private readonly spaces = new AddressSpaces();
  private alignment = false;
  /** Accesses of emitted code are not only translated: alignment is checked, or data breakpoints are set. */
  private inspecting = false;

  constructor(
    private readonly state: CpuState,
    ramBytes: number,
  ) {
    this.memory = new PhysicalMemory(state, ramBytes);
    this.walker = new PageWalk(state, this.memory);
    this.fetched = new FetchCache(state);
    this.tlb = new Tlb(state);
    this.scratch = new ScratchAccess(state, this.memory);
    this.breakpoints = new DataBreakpoints(state);
    this.showSpace();
  }

  /** Stores to pages with predecoded code. */
  get tracedWrites(): number {
    return this.memory.tracedWrites;
  }

  // Modes

  /** Selects the TLB tables and the jump cache of a privilege level; the CPL word itself is the processor's. */
  setPrivilege(cpl: number): void {
    const { state } = this;
    const view = cpl === 3 ? 1 : 0;
    state.set(VIEW_JUMP_CACHE, view ? state.get(USER_JUMP_CACHE) : JUMP_CACHE);
    state.set(VIEW_READ, TLB + 2 * view * TLB_SIZE);
    state.set(VIEW_WRITE, TLB + (2 * view + 1) * TLB_SIZE);
  }

  /** Whose view it is at present: emitted code changes it, too. */
  private get user(): boolean {
    return this.state.i32[VIEW_READ >> 2] > TLB;
  }
  private showSpace(): void {
    this.state.set(USER_JUMP_CACHE, JUMP_CACHE + (1 + this.spaces.current.index) * JUMP_CACHE_SIZE);
    this.setPrivilege(this.user ? 3 : 0);
  }

  get alignmentChecked(): boolean {
    return this.alignment;
  }

  /** CR0.AM, EFLAGS.AC and CPL 3 are all set, or not. User code has no TLB entries then: all that it accesses comes to `slow`. */
  setAlignmentChecked(checked: boolean): void {
    if (checked === this.alignment) return;
    this.alignment = checked;
    if (checked) this.tlb.flushUser();
    this.inspecting = checked || this.breakpoints.armed;
  }

  /** DR0-DR3 or DR7 have changed. */
  breakpointsChanged(): void {
    this.breakpoints.reload((page) => this.tlb.flushPage(page));
    this.inspecting = this.alignment || this.breakpoints.armed;
  }

  setA20(enabled: boolean): void {
    if (enabled === this.memory.a20Enabled) return;
    this.memory.setA20(enabled);
    this.flushAll();
  }

  /** Puts another ROM in place, or none: see `PhysicalMemory.mapRom`. */
  mapRom(bytes: number): void {
    this.memory.mapRom(bytes);
    this.flushAll();
  }

  /** CR0 (PG, WP), CR4 (PSE, PAE, PGE) or IA32_EFER (NXE) has changed. */
  pagingChanged(): void {
    this.walker.reload();
    this.flushAll();
  }

  /** Loads the PDPTEs that CR3 (or a new value of it) points to, under PAE; false: reserved bits are set, raise #GP(0) and change nothing. */
  loadPdptes(cr3: number): boolean {
    return this.walker.loadPdptes(cr3);
  }

  // Flushes

  flushAll(): void {
    this.tlb.flushAll();
    this.fetched.flushAll();
    this.spaces.clear();
    this.spaces.enter(this.state.get(CR3));
    this.showSpace();
    this.flushed("all", 0);
  }

  /** CR3 was written: forgets what is not global, and remembers what still holds of what was known under this value. */
  rootChanged(): void {
    this.tlb.flushNonGlobal();
    this.fetched.flushNonGlobal();
    const space = this.spaces.enter(this.state.get(CR3));
    this.showSpace();
    const warm = !this.inspecting && space.revive(this.state.i32);
    if (!this.inspecting) {
      this.tlb.revive(space, this.memory);
      this.fetched.revive(space);
    }
    this.flushed(warm ? "warmSpace" : "space", 0);
  }

  /** INVLPG: the whole of the page that `linear` lies in, if it is a large one. */
  flushPage(linear: number): void {
    if (this.tlb.flushLargePage(linear >>> 12)) {
      this.fetched.flushAll();
      this.flushed("all", linear);
      return;
    }
    this.tlb.flushPage(linear >>> 12);
    this.fetched.flushPage(linear >>> 12);
    this.flushed("page", linear);
  }

  private flushed(kind: FlushKind, linear: number): void {
    this.tlbFlushes++;
    this.onFlush(kind, linear);
  }

  /** A page of RAM (host address, counted from RAM_BASE, / 4096) holds predecoded code from now on: stores to it must come through the slow path. */
  protectCode(page: number): void {
    this.tlb.protect(page);
  }

  // Accesses of emitted code, with the rights of the present privilege

  /**
   * What emitted code asks when the TLB did not answer: fills it and gives the host address of `size` (1 to 16) bytes at `linear`. An
   * address below RAM_BASE (compare unsigned) is a scratch cell: after a store there `commit` must be called. 0: a fault is recorded, or
   * RUN_ALONE in its place.
   */
  slow(linear: number, size: number, kind: number): number {
    const address = linear >>> 0;
    const write = (kind & ACCESS_KIND) !== Access.read;
    const access = (write ? PF_WRITE : 0) | (this.user ? PF_USER : 0);
    const offset = address % PAGE_SIZE;
    if (this.inspecting && !this.inspect(address, size, write)) return 0;
    if (offset + size <= PAGE_SIZE) {
      const entry = write ? this.tlb.writeEntry(this.user, address >>> 12) : this.tlb.readEntry(this.user, address >>> 12);
      if (isValid(entry)) return hostBy(entry, address) | 0;
      const traced = write ? this.tlb.tracedPage(this.user, address >>> 12) : -1;
      if (traced >= 0) return this.throughScratch(traced - RAM_BASE + offset, 0, size, kind);
      const page = this.resolve(address, access);
      if (page < 0) return 0;
      const host = this.memory.host(page);
      if (host !== 0 && !(write && this.memory.traced(host))) return host + offset;
      return this.throughScratch(page + offset, 0, size, kind);
    }
    if (address + size > FOUR_GIB && kind & Access.flat) return this.limitViolation((kind & Access.stack) !== 0);
    const page = this.pageOf(address, access);
    if (page < 0) return 0;
    const next = this.pageOf((address - offset + PAGE_SIZE) % FOUR_GIB, access);
    if (next < 0) return 0;
    return this.throughScratch(page + offset, next, size, kind);
  }

  /** Physical page of an access that straddles two: of RAM, by the TLB, where it knows; else by a walk. -1: a fault is recorded. */
  private pageOf(address: number, access: number): number {
    const entry = access & PF_WRITE ? this.tlb.writeEntry(this.user, address >>> 12) : this.tlb.readEntry(this.user, address >>> 12);
    const page = hostBy(entry, address - (address % PAGE_SIZE)) - RAM_BASE;
    return isValid(entry) && page < this.memory.ramBytes ? page : this.resolve(address, access);
  }

  /** After emitted code stored to a scratch cell. */
  commit(): void {
    this.scratch.commit();
  }

  /** Physical address of the page that instructions at `linear` are fetched from, A20 applied, in RAM or not; -1: a fault is recorded. */
  translateFetch(linear: number): number {
    const address = linear >>> 0;
    const cached = this.fetched.find(address >>> 12, this.user);
    if (cached >= 0) return cached;
    const page = this.resolve(address, PF_FETCH | (this.user ? PF_USER : 0));
    if (page < 0) return -1;
    return this.fetched.enter(address >>> 12, this.user, this.memory.gated(page), this.memory.host(page), this.walker.global);
  }

  /** Host address of the page that instructions at `linear` have lately been fetched from; 0: not known, or no RAM. Changes nothing. */
  lastFetched(linear: number): number {
    return this.fetched.host(linear >>> 12, this.user);
  }

  /** Whether instructions at `linear`, which have just been fetched, lie in a page that stays when CR3 is written. */
  fetchedGlobally(linear: number): boolean {
    return this.fetched.isGlobal(linear >>> 12);
  }

  /** Copies instruction bytes at `linear` and says how many there are: less than asked for where a page cannot be fetched (fault recorded). */
  readBlock(linear: number, into: Uint8Array): number {
    for (let done = 0; done < into.length; ) {
      const address = (linear + done) >>> 0;
      const page = this.translateFetch(address);
      if (page < 0) return done;
      const count = Math.min(into.length - done, PAGE_SIZE - (address % PAGE_SIZE));
      this.memory.readBytes(page + (address % PAGE_SIZE), into.subarray(done, done + count));
      done += count;
    }
    return into.length;
  }

  // Accesses of callouts; `user` says with whose rights

  /** Unsigned value of 1, 2 or 4 bytes, or -1: a fault is recorded. */
  read(linear: number, size: number, user: boolean): number {
    const address = linear >>> 0;
    const offset = address % PAGE_SIZE;
    if (offset + size <= PAGE_SIZE) {
      const entry = this.tlb.readEntry(user, address >>> 12);
      if (isValid(entry)) return this.state.load(hostBy(entry, address), size);
      const page = this.resolve(address, user ? PF_USER : 0);
      return page < 0 ? -1 : this.memory.read(page + offset, size);
    }
    if (!this.probe(address, size, false, user)) return -1;
    let value = 0;
    for (let i = 0; i < size; i++) value += this.read(address + i, 1, user) * 2 ** (8 * i);
    return value;
  }

  /** Stores 1, 2 or 4 bytes. False: a fault is recorded and nothing was stored. */
  write(linear: number, size: number, value: number, user: boolean): boolean {
    const address = linear >>> 0;
    const offset = address % PAGE_SIZE;
    if (offset + size <= PAGE_SIZE) {
      const entry = this.tlb.writeEntry(user, address >>> 12);
      if (isValid(entry)) {
        this.state.store(hostBy(entry, address), size, value);
        return true;
      }
      const page = this.resolve(address, PF_WRITE | (user ? PF_USER : 0));
      if (page < 0) return false;
      this.memory.write(page + offset, size, value);
      return true;
    }
    if (!this.probe(address, size, true, user)) return false;
    for (let i = 0; i < size; i++) this.write(address + i, 1, (value >>> (8 * i)) & 0xff, user);
    return true;
  }

  readU8(linear: number, user = false): number {
    return this.read(linear, 1, user);
  }
  readU16(linear: number, user = false): number {
    return this.read(linear, 2, user);
  }
  readU32(linear: number, user = false): number {
    return this.read(linear, 4, user);
  }

  /** Whether all of `size` bytes may be accessed; false: the fault of the first page that may not is recorded. */
  probe(linear: number, size: number, write: boolean, user: boolean): boolean {
    const access = (write ? PF_WRITE : 0) | (user ? PF_USER : 0);
    const address = linear >>> 0;
    for (let at = address; at < address + size; at += PAGE_SIZE - (at % PAGE_SIZE)) {
      const page = (at % FOUR_GIB) >>> 12;
      const entry = write ? this.tlb.writeEntry(user, page) : this.tlb.readEntry(user, page);
      if (!isValid(entry) && this.resolve(at % FOUR_GIB, access) < 0) return false;
    }
    return true;
  }

  /** Host address of `size` bytes in one page of RAM that may be accessed so with nothing to be done beside; 0: the TLB doesn't say so. */
  hostOf(linear: number, size: number, write: boolean, user: boolean): number {
    const address = linear >>> 0;
    if ((address % PAGE_SIZE) + size > PAGE_SIZE) return 0;
    const entry = write ? this.tlb.writeEntry(user, address >>> 12) : this.tlb.readEntry(user, address >>> 12);
    return isValid(entry) ? hostBy(entry, address) : 0;
  }

  /** A callout makes this access for its instruction: data breakpoints look at it. */
  accessed(linear: number, size: number, write: boolean): void {
    if (this.breakpoints.armed) this.breakpoints.meet(linear, size, write);
  }

  // Inside

  /** What an access of emitted code is looked at for before it is made. False: it isn't to be made. */
  private inspect(address: number, size: number, write: boolean): boolean {
    if (this.alignment && !isAligned(address, size)) {
      this.state.set(FAULT_VECTOR, Vector.AC);
      this.state.set(FAULT_ERROR, 0);
      return false;
    }
    if (!this.breakpoints.armed) return true;
    if (this.runsAlone) {
      this.breakpoints.meet(address, size, write);
      return true;
    }
    if (!this.breakpoints.metBy(address, size, write)) return true;
    this.state.set(FAULT_VECTOR, RUN_ALONE);
    return false;
  }

  /** Walks for an access (error-code bits) and enters RAM into the TLB. Physical page, or -1: a fault is recorded. */
  private resolve(linear: number, access: number): number {
    if (!this.walker.walk(linear, access)) {
      this.trueFaults++;
      this.state.set(FAULT_VECTOR, Vector.PF);
      this.state.set(FAULT_ERROR, this.walker.error);
      this.state.set(FAULT_ADDRESS, linear);
      return -1;
    }
    this.hiddenFaults++;
    const { page } = this.walker;
    if (this.walker.large) this.tlb.markLarge(linear >>> 12);
    const host = this.memory.host(page);
    if (host !== 0) {
      this.note(linear >>> 12, host, access);
      this.fill(linear >>> 12, host, (access & PF_USER) !== 0);
    }
    return page;
  }

  /** For when its address space comes back. */
  private note(linearPage: number, host: number, access: number): void {
    const { walker, spaces } = this;
    const user = (access & PF_USER) !== 0;
    const userCode = user && (access & PF_FETCH) !== 0;
    if (walker.global && !userCode) return;
    if (this.memory.isRom(host)) {
      if (userCode) spaces.current.fetchesElsewhere();
      return;
    }
    let kind: number = access & PF_FETCH ? Kind.fetch : Kind.data;
    if (user) kind |= Kind.user;
    if (walker.large) kind |= Kind.large;
    if (walker.global) kind |= Kind.global;
    if (this.writable(user)) kind |= Kind.writable;
    spaces.current.note(linearPage, kind, host, walker);
  }
  /** Whether the last walk allows stores without another. */
  private writable(user: boolean): boolean {
    const { walker } = this;
    return walker.dirty && (user ? walker.userWritable : walker.supervisorWritable);
  }

  private fill(linearPage: number, host: number, user: boolean): void {
    const { walker } = this;
    if (this.inspecting && ((user && this.alignment) || this.breakpoints.watchesReads(linearPage))) return;
    const stores = this.storesTo(linearPage, host, user);
    if (this.tlb.fill(user, linearPage, host, stores, walker.global)) return;
    this.flushAll();
    this.tlb.fill(user, linearPage, host, stores, walker.global);
  }
  private storesTo(linearPage: number, host: number, user: boolean): Stores {
    if (!this.writable(user) || (this.inspecting && this.breakpoints.watchesWrites(linearPage))) return "none";
    return this.memory.storesTo(host);
  }

  private throughScratch(first: number, second: number, size: number, kind: number): number {
    if (kind & Access.deferred) return SCRATCH;
    const access = kind & ACCESS_KIND;
    return access === Access.read
      ? this.scratch.read(first, second, size)
      : this.scratch.write(first, second, size, access === Access.modify);
  }

  /** An operand of a flat segment that runs over 4 GiB lies beyond its limit: #SS(0) or #GP(0), not a page fault. */
  private limitViolation(stack: boolean): 0 {
    this.state.set(FAULT_VECTOR, stack ? Vector.SS : Vector.GP);
    this.state.set(FAULT_ERROR, 0);
    return 0;
  }
}
