import * as at from "../cpu/layout.js";
import type { Temp, Value, Vector, Wide } from "../isa/emitter.js";
import type { AccessKind } from "../isa/stage.js";
import { entryIn, hostBy, invalid, misfit } from "../isa/tlb-access.js";
import { Access } from "../mmu/mmu.js";
import { ANY_MAY_BEGIN, lessFor, Recent, recentPage } from "../mmu/recent-pages.js";
import { VALID } from "../mmu/tlb-entry.js";
import { MODE_BITS, PE } from "../sse/mxcsr.js";
import { Mem, Op, SimdMem, ValueType } from "../wasm/opcodes.js";
import type { Addresses, Group } from "./addresses.js";
import { FlagStage } from "./stage-flags.js";
import { UNCONDITIONAL } from "./stage-site.js";

/** A host address in a region: a local, and what an access adds to it. */
interface HostTemp extends Temp {
  readonly offset?: number;
}

/** Words of state that a region demands to be 0 when it is entered, and that nothing in it changes. */
const GATES: ReadonlySet<number> = new Set([at.X87_GATE, at.MMX_GATE, at.SSE_GATE]);
const X87_MASKS = 0x3f;

/**
 * Stores of so many bytes may go to two pages without leaving, for which each is asked behind it. What is smaller is nearly always aligned in its page, and
 * there is so much of it in a kernel that the question would tell.
 */
const STRADDLING = 8;

/**
 * Wider accesses are nearly all of floating point, which waits for itself and not for addresses, and whose loops make the largest regions: one that is cut for its
 * size takes up to three times as long (an n-body problem in SSE2).
 */
const WIDEST_NEAR = 4;

/** More bytes than this are not checked together: an object that straddles pages would leave the region too often. */
const WIDEST_GROUP = 256;

/** Memory in the translating stage: one look into the TLB for an access, or for a group of them; what isn't plain leaves. */
export abstract class MemoryStage extends FlagStage {
  protected addresses!: Addresses;
  /** Places that accesses go by, numbered. */
  private readonly sites = new Map<number, number>();
  /** Host address of a store that may have gone to a scratch cell. */
  private scratched?: Temp;

  // Host addresses

  override put(v: Value): void {
    super.put(v);
    if (typeof v === "object" && (v as HostTemp).offset) this.f.i32((v as HostTemp).offset ?? 0).op(Op.i32_add);
  }
  /** Pushes the address without its offset, and gives that. */
  private base(address: Value, offset: number): number {
    if (typeof address === "number") {
      this.f.i32(0);
      return address + offset;
    }
    this.f.get(address.local);
    return ((address as HostTemp).offset ?? 0) + offset;
  }
  override loadHost(address: Value, size: number, offset = 0): Value {
    const known = typeof address === "number" ? this.known(address + offset) : undefined;
    if (known !== undefined) return known;
    const at_ = this.base(address, offset);
    this.f.mem(size === 1 ? Mem.i32_load8_u : size === 2 ? Mem.i32_load16_u : Mem.i32_load, at_);
    return this.take();
  }
  override storeHost(address: Value, size: number, v: Value, offset = 0): void {
    const at_ = this.base(address, offset);
    this.put(v);
    this.f.mem(size === 1 ? Mem.i32_store8 : size === 2 ? Mem.i32_store16 : Mem.i32_store, at_);
  }
  override loadHostWide(address: Value, offset = 0): Wide {
    this.f.mem(Mem.i64_load, this.base(address, offset));
    return this.take(ValueType.i64);
  }
  override storeHostWide(address: Value, v: Wide, offset = 0): void {
    const at_ = this.base(address, offset);
    this.putWide(v);
    this.f.mem(Mem.i64_store, at_);
  }
  override loadHostVector(address: Value, offset = 0): Vector {
    this.f.simdMem(SimdMem.v128_load, this.base(address, offset));
    return this.take(ValueType.v128);
  }
  override loadHostLow(address: Value, size: number, offset = 0): Vector {
    this.f.simdMem(size === 4 ? SimdMem.v128_load32_zero : SimdMem.v128_load64_zero, this.base(address, offset));
    return this.take(ValueType.v128);
  }
  override storeHostVector(address: Value, v: Vector, offset = 0): void {
    const at_ = this.base(address, offset);
    this.f.get(v.local).simdMem(SimdMem.v128_store, at_);
  }

  /** A word of state that is a constant inside the region. */
  private known(address: number): number | undefined {
    if (!GATES.has(address)) return undefined;
    this.block.gates.add(address);
    return 0;
  }
  override setState(address: number, v: Value): void {
    // Behind FLDCW, too, no x87 exception may be unmasked.
    if (address === at.X87_CONTROL) this.seldom(this.xor(this.and(v, X87_MASKS), X87_MASKS), () => this.leave());
    // Nor may the mode change that other instructions, and callers, rely on.
    if (address === at.MXCSR) this.seldom(this.and(this.xor(this.state(at.MXCSR), v), MODE_BITS | PE), () => this.leave());
    super.setState(address, v);
  }
  override gate(address: number): void {
    this.known(address);
  }

  // Arithmetic that addresses are followed through

  override add(a: Value, b: Value): Value {
    return this.addresses.sum(super.add(a, b), a, b);
  }
  override sub(a: Value, b: Value): Value {
    const difference = super.sub(a, b);
    return typeof b === "number" ? this.addresses.sum(difference, a, -b) : difference;
  }
  override shl(a: Value, n: Value): Value {
    return this.addresses.scaled(super.shl(a, n), a, n);
  }

  // Memory

  private access(linear: Value, size: number, write: boolean): Value {
    if (this.learning) this.facts.accesses++;
    if (this.slow) return this.called(linear, size, write);
    const place = this.nesting === UNCONDITIONAL ? this.addresses.of(linear) : undefined;
    if (place && this.learning) this.block.note(place, size, write);
    const group = place && this.block.groups.get(place.key);
    if (place && group && this.together(group)) {
      group.local ??= this.checked(this.add(linear, group.low - place.delta), group, size);
      return { local: group.local, offset: place.delta - group.low } as HostTemp;
    }
    // What is smaller leaves where it straddles pages.
    const straddles = size > 1 && (!write || (size >= STRADDLING && this.facts.accesses === 1));
    const elsewhere = (host: Temp) => (straddles ? this.ask(this.link.straddle, host, linear, size, write) : this.leave());
    const near = size <= WIDEST_NEAR ? this.near(linear, size, write, elsewhere) : undefined;
    const host = near ?? this.inTlb(linear, size, write, elsewhere);
    if (write && straddles) this.scratched = host;
    return host;
  }
  /** What doesn't fit at first sight (it isn't aligned) is looked at again. */
  private inTlb(linear: Value, size: number, write: boolean, elsewhere: (host: Temp) => void): Temp {
    const entry = this.tlbEntry(linear, write);
    const host = this.variable(hostBy(this, entry, linear));
    const look = () => (size === 1 ? elsewhere(host) : this.when(this.notInPage(linear, entry, size), () => elsewhere(host)));
    this.seldom(misfit(this, entry, linear, host, size), look);
    return host;
  }
  /**
   * In the page that the instruction was in before (mmu/recent-pages.ts); what isn't is asked of the TLB, and remembered. That, too, is in line, though it makes
   * regions larger: as a call, CRC-32 took twice as long in some runs.
   */
  private near(linear: Value, bytes: number, write: boolean, elsewhere: (host: Temp) => void): Temp | undefined {
    if (!this.mode.user || typeof linear === "number") return undefined;
    const slot = recentPage(write, this.site());
    const distance = this.variable(this.sub(linear, this.state(slot + Recent.page)));
    const host = this.variable(this.add(distance, this.state(slot + Recent.host)));
    this.seldom(this.beyond(distance, this.state(slot + Recent.limit), bytes), () => {
      const entry = this.variable(this.tlbEntry(linear, write));
      this.assign(host, hostBy(this, entry, linear));
      const remember = () => {
        const page = this.variable(this.and(linear, -at.PAGE_SIZE));
        this.setState(slot + Recent.page, page);
        this.setState(slot + Recent.host, hostBy(this, entry, page));
        this.setState(slot + Recent.limit, ANY_MAY_BEGIN);
      };
      this.when(this.notInPage(linear, entry, bytes), () => elsewhere(host), remember, true);
    });
    return host;
  }
  /** Not 0 where so many bytes at a distance from a page's start are not in the page, by its limit, or that is 0. */
  private beyond(distance: Value, limit: Value, bytes: number): Value {
    const less = lessFor(bytes);
    if (less === 0) return this.eqz(this.ltU(distance, limit));
    // None of these may be negative. The last is asked for itself: where the limit is 0, the difference may wrap round.
    const last = this.sub(limit, less + 1);
    return this.ltS(this.or(this.or(distance, this.sub(last, distance)), last), 0);
  }
  /** Accesses by the same registers, and around the same place, are likely to be to one page. */
  private site(): number {
    const { base, index, displacement } = this.instruction;
    const by = ((displacement + at.PAGE_SIZE / 2) & -at.PAGE_SIZE) | ((base + 1) << 4) | (index + 1);
    const known = this.sites.get(by);
    if (known !== undefined) return known;
    this.sites.set(by, this.sites.size);
    return this.sites.size - 1;
  }
  /**
   * Whether the accesses of a group are checked at once: nowhere in a region that kept being left for an access, as for that to an object that
   * straddles pages: if one loop works on it, it is in the groups of all its blocks.
   */
  private together({ count, low, high }: Group): boolean {
    return !this.learning && count > 1 && high - low <= WIDEST_GROUP && this.mode.slow.size === 0;
  }
  /**
   * The instruction kept leaving a region: its access is a call, whatever it finds. Only for instructions with one access: a device that has been
   * read must not be read again because something else faults.
   */
  private get slow(): boolean {
    const { offset, kind } = this.instruction;
    return this.mode.slow.has(offset) && this.facts.accesses === 1 && !this.learning && !kind.repeats && !kind.unsettled;
  }
  private called(linear: Value, size: number, write: boolean): Value {
    const entry = this.tlbEntry(linear, write);
    const host = this.variable(hostBy(this, entry, linear));
    this.seldom(misfit(this, entry, linear, host, size), () => this.ask(this.link.miss, host, linear, size, write));
    if (write) this.scratched = host;
    return host;
  }
  /** A function of the core gives the host address, or 0: the interpreter has to find out. */
  private ask(f: number, host: Temp, linear: Value, size: number, write: boolean): void {
    this.put(linear);
    this.f
      .i32(size)
      .i32((write ? Access.modify : Access.read) | Access.flat)
      .call(f)
      .set(host.local);
    this.seldom(this.eqz(host), () => this.leave());
  }
  /** A store went to a scratch cell: it is carried out, and if that may have changed something (code, events), that is looked at before the next instruction. */
  protected commit(): void {
    const { scratched } = this;
    if (!scratched) return;
    this.scratched = undefined;
    this.seldom(this.ltU(scratched, at.RAM_BASE), () => {
      this.f.call(this.link.commit);
      this.seldom(this.take(), () => {
        this.settleFor(this.facts.liveAfter);
        this.ways.leaveBehind(this.number);
      });
    });
  }
  /** Not 0 where the entry isn't valid, or not all of so many bytes are in its page. */
  private notInPage(linear: Value, entry: Value, size: number): Value {
    // What is asked of more bytes, the first one of a page would get by with.
    if (size === 1) return invalid(this, entry);
    return this.gtU(this.add(this.and(linear, 0xfff), this.and(this.sub(entry, VALID), 0xfff)), 0x1000 - size);
  }
  /** Checks all bytes of a group at once and gives the local that holds the host address of the lowest. */
  private checked(lowest: Value, { low, high, write }: Group, size: number): number {
    const bytes = high - low;
    let host = size <= WIDEST_NEAR ? this.near(lowest, bytes, write, () => this.leave()) : undefined;
    if (!host) {
      const entry = this.tlbEntry(lowest, write);
      this.seldom(this.notInPage(lowest, entry, bytes), () => this.leave());
      host = hostBy(this, entry, lowest) as Temp;
    }
    const local = this.f.local(ValueType.i32);
    this.put(host);
    this.f.set(local);
    return local;
  }
  private tlbEntry(linear: Value, write: boolean): Value {
    const table = at.TLB + ((this.mode.user ? 2 : 0) + (write ? 1 : 0)) * at.TLB_SIZE;
    return entryIn(this, 0, linear, table);
  }

  /**
   * An access that a segment's base comes into, and its limits, if it has any: then the instruction leaves, until a region is made in which it is a call.
   * (FS or GS of current systems covers 4 GiB.)
   */
  private based(segment: number, offset: Value, size: number, access: number): Value {
    if (this.mode.slow.has(this.instruction.offset)) return this.bounded(segment, offset, size, access);
    const write = (access & 3) !== Access.read;
    const register = at.SEGMENT + segment * at.SEGMENT_SIZE;
    const low = this.state(register + (write ? at.Seg.writeLow : at.Seg.readLow));
    const high = this.state(register + (write ? at.Seg.writeHigh : at.Seg.readHigh));
    const runsOver = this.gtU(offset, 2 ** 32 - size);
    this.seldom(this.or(this.or(low, this.xor(high, -1)), runsOver), () => this.leave());
    return this.access(this.add(this.state(register + at.Seg.base), offset), size, write);
  }
  private bounded(segment: number, offset: Value, size: number, access: number): Value {
    this.put(segment);
    this.put(offset);
    this.f.i32(size).i32(access).call(this.link.translate);
    const host = this.take();
    // Below RAM lies the scratch cell, which is the interpreter's to use.
    this.seldom(this.ltU(host, at.RAM_BASE), () => this.leave());
    return host;
  }

  effectiveAddress(): Value {
    const { base, index, scale, displacement, address16 } = this.instruction;
    let sum: Value = index < 0 ? 0 : this.shl(this.reg(index), scale);
    if (base >= 0) sum = this.add(this.reg(base), sum);
    sum = this.add(sum, displacement);
    return address16 ? this.and(sum, 0xffff) : sum;
  }
  translateOperand(size: number, kind: AccessKind, offset: Value = 0): Value {
    return this.operandAccess(size, kind, offset, false);
  }
  protected operandAccess(size: number, kind: AccessKind, offset: Value, aligned: boolean): Value {
    const address = this.add(this.effectiveAddress(), offset);
    if (aligned) this.seldom(this.and(address, 15), () => this.leave());
    return this.at(address, size, kind, this.instruction.segment);
  }
  /** The implied segments are flat in the mode that regions are made for. */
  translate(_segment: number, offset: Value, size: number, kind: AccessKind): Value {
    return this.access(offset, size, kind === "write" || kind === "modify");
  }
  translateSource(offset: Value, size: number, kind: "read" | "deferredRead" = "read"): Value {
    return this.at(offset, size, kind, this.instruction.segment);
  }
  private at(address: Value, size: number, kind: AccessKind, segment: number): Value {
    const write = kind === "write" || kind === "modify";
    if (this.instruction.plain) return this.access(address, size, write);
    const masked = this.instruction.address16 ? this.and(address, 0xffff) : address;
    return this.based(segment, masked, size, write ? (kind === "write" ? Access.write : Access.modify) : Access.read | Access.deferred);
  }
  override deferRead(size: number, translate: (kind: "read" | "deferredRead") => Value): () => Value {
    const host = translate("read");
    return () => this.loadHost(host, size);
  }
  store(host: Value, size: number, v: Value): void {
    this.storeHost(host, size, v);
  }
  storeWide(host: Value, v: Wide): void {
    this.storeHostWide(host, v);
  }
  storeVector(host: Value, v: Vector): void {
    this.storeHostVector(host, v);
  }
}
