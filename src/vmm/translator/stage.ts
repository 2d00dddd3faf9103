import { Event } from "../cpu/events.js";
import * as at from "../cpu/layout.js";
import type { Temp, Value, Vector, Wide } from "../isa/emitter.js";
import type { Elements } from "../isa/sse-elements.js";
import { type AccessKind, type Condition, type FlagsKind, type Helper, type Operand, type Requirement, Stage } from "../isa/stage.js";
import { Access } from "../mmu/mmu.js";
import { MODE_BITS, PE } from "../sse/mxcsr.js";
import type { FunctionBuilder, Label } from "../wasm/function.js";
import { Mem, Op, SimdLane, SimdMem, ValueType } from "../wasm/opcodes.js";
import { Addresses, type Group } from "./addresses.js";
import type { BlockFacts, InstructionFacts } from "./facts.js";
import type { Instruction, Place } from "./instruction.js";
import { carryOf, conditionOf, Flag, flagsOfCondition, localsOf, overflowIn, type Pending, words, writeWords } from "./pending-flags.js";
import { RegionX87, type X87Locals } from "./region-x87.js";
import { VectorFacts } from "./vector-facts.js";

/** How control leaves a block; given by whoever lays the region's code out. */
export interface Ways {
  /** Leaves the region before the present instruction, which then is the interpreter's. */
  leaveBefore(instruction: number): void;
  /** Leaves behind the present instruction; and with the monitor looking at events. */
  leaveBehind(instruction: number): void;
  leaveForEvents(instruction: number): void;
  /** To the instruction at this offset, inside the region or not. */
  goTo(offset: number): void;
  /** To an EIP. */
  goToEip(target: Value): void;
  /** Calls what begins at an EIP, and goes on when that returns to `offset`. */
  call(target: Value, offset: number): void;
  returnTo(target: Value): void;
  /** What the budget has left, at least 0. */
  budgetLeft(): Value;
  /** What is left of it behind this instruction of the block. */
  leftBehind(instruction: number): Value;
  /** So many iterations of the instruction are done: another begins at the label, if the budget has something left; otherwise `settle`, and leave. */
  again(iterations: Value, instruction: number, repeat: Label, settle: () => void): void;
}

/** Indices of functions in the module being built. */
export interface Linked {
  /** (linear, size, access) -> host address, below RAM_BASE a scratch cell, or 0: a fault. () carries a store to a scratch cell out. */
  readonly miss: number;
  readonly commit: number;
  readonly translate: number;
  readonly arithmeticFlags: number;
  readonly setArithmeticFlags: number;
  helper(helper: Helper): number;
}

/** What a region is made for, beside its bytes. */
export interface RegionMode {
  readonly user: boolean;
  /** Direct execution: what is sensitive traps. */
  readonly direct: boolean;
  /** Flags that only a fault or interrupt frame could show are kept, too. */
  readonly strict: boolean;
  /** What WebAssembly can't do with floating point numbers is done by calls. Otherwise it leaves the region, which is left out of the way of the rest. */
  readonly exactCalls: boolean;
  /** Demands PE in MXCSR, so that inexact results change nothing. */
  readonly inexact: boolean;
  /** Regions tell how they are left. */
  readonly profile: boolean;
  /** Offsets of instructions whose accesses are calls. */
  readonly slow: ReadonlySet<number>;
}

/** Locals of the general, the XMM and the x87 registers. */
export interface Registers extends X87Locals {
  readonly general: readonly number[];
  readonly vector: readonly number[];
}
export function newRegisters(f: FunctionBuilder): Registers {
  const eight = (type: ValueType) => Array.from({ length: 8 }, () => f.local(type));
  return {
    general: eight(ValueType.i32),
    vector: eight(ValueType.v128),
    significand: eight(ValueType.i64),
    signExponent: eight(ValueType.i32),
  };
}

/** A host address in a region: a local, and what an access adds to it. */
interface HostTemp extends Temp {
  readonly offset?: number;
}

/** Words of state that a region demands to be 0 when it is entered, and that nothing in it changes. */
const GATES: ReadonlySet<number> = new Set([at.X87_GATE, at.MMX_GATE, at.SSE_GATE]);
const X87_MASKS = 0x3f;

/** More bytes than this are not checked together: an object that straddles pages would leave the region too often. */
const WIDEST_GROUP = 256;

const UNCONDITIONAL = 0;
const REPEATED = /^rep(|e|ne)_/;
/** Instructions that may leave the region for something else behind their access. */
const UNSETTLED = /^(call|movToSegment|pop[EDFG]s)$/;

/**
 * The stage that translates: operands are constants and locals, general registers are locals, flags are statements (pending-flags.ts), and
 * whatever is not plain leaves the region before the instruction. Every block is staged twice: once to learn (`facts`, with the code thrown away), once to emit.
 */
export class RegionStage extends Stage {
  readonly x87: RegionX87;
  private instruction!: Instruction;
  private number = 0;
  private facts!: InstructionFacts;
  private block!: BlockFacts;
  private pending: Pending = words;
  /** As it was when the instruction began: what a leave before it must write. */
  private before: Pending = words;
  private nesting = UNCONDITIONAL;
  private addresses!: Addresses;
  private vectors!: VectorFacts;
  /** XMM registers that the instruction works on in memory. */
  private readonly exposed: number[] = [];
  private readonly exposedMmx: number[] = [];
  /** Host address of a store that may have gone to a scratch cell. */
  private scratched?: Temp;
  /** Where another iteration of a repeated string instruction begins. */
  private repeat?: Label;

  constructor(
    f: FunctionBuilder,
    private readonly registers: Registers,
    private readonly mode: RegionMode,
    private readonly link: Linked,
    private readonly ways: Ways,
    private readonly learning: boolean,
  ) {
    super(f);
    this.x87 = new RegionX87(this, registers);
  }

  // Course of a block

  startBlock(block: BlockFacts): void {
    this.block = block;
    this.addresses = new Addresses();
    this.vectors = new VectorFacts();
    this.pending = words;
    this.x87.startBlock(block);
    for (const group of block.groups.values()) group.local = undefined;
  }

  /** Emits one instruction. */
  emit(instruction: Instruction, number: number, facts: InstructionFacts): void {
    this.instruction = instruction;
    this.number = number;
    this.facts = facts;
    // Flags that change on some paths only are kept in memory.
    if (!this.learning && facts.conditional && (facts.liveAfter || this.mode.strict)) this.settle();
    this.before = this.pending;
    this.x87.startInstruction(instruction.offset);
    const { definition, size, entry } = instruction;
    const repeats = REPEATED.test(entry.name);
    if (repeats) this.repeat = this.f.loop();
    definition.body(this, size, ...entry.roles.map((role) => ({ role })));
    if (repeats) this.f.end();
    this.takeExposed();
    this.commit();
    this.recycleTemporaries();
  }

  private recycleTemporaries(): void {
    this.before = this.pending;
    this.addresses.forgetTemporaries();
    this.vectors.forgetTemporaries();
    this.recycle(new Set(localsOf(this.pending)));
  }

  /** The block ends: what is pending goes into memory, flags if somebody behind this point may read one of `live`. */
  settleFor(live: number): void {
    if (live || this.mode.strict) writeWords(this, this.pending);
    this.x87.flush();
  }

  /** What is known at the end of a block, so that code of other blocks can be emitted in between. */
  saved(): () => void {
    const { block, addresses, vectors, pending, before, instruction, number, facts, nesting } = this;
    const kept = new Set([...localsOf(pending), ...localsOf(before)]);
    const resumeX87 = this.x87.saved();
    return () => {
      resumeX87();
      Object.assign(this, { block, addresses, vectors, pending, before, instruction, number, facts, nesting });
      this.retake(kept);
    };
  }

  private leave(): void {
    if (this.learning) return;
    this.settleBefore();
    this.ways.leaveBefore(this.number);
  }
  /** What is pending goes into memory as it was when the instruction began. */
  private settleBefore(): void {
    if (this.facts.liveBefore || this.mode.strict) writeWords(this, this.before);
    this.x87.flushBefore();
  }

  override when(c: Value, then: () => void, otherwise?: () => void): void {
    if (typeof c === "number") {
      super.when(c, then, otherwise);
      return;
    }
    const { shape } = this.x87;
    this.nesting++;
    super.when(c, then, otherwise);
    this.nesting--;
    if (this.x87.shape.top !== shape.top || this.x87.shape.tags !== shape.tags)
      throw new Error("TOP and tags are the same whatever way code takes");
  }

  /** Ends the translated part of the region: the instruction is the interpreter's. */
  private untranslated(): void {
    if (this.nesting === UNCONDITIONAL) this.facts.leaves = true;
    this.leave();
  }

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
    if (address === at.X87_CONTROL) this.when(this.xor(this.and(v, X87_MASKS), X87_MASKS), () => this.leave());
    // Nor may the mode change that other instructions, and callers, rely on.
    if (address === at.MXCSR) this.when(this.and(this.xor(this.state(at.MXCSR), v), MODE_BITS | PE), () => this.leave());
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
    if (place && this.learning) this.block.note(place, size, write, this.instruction.offset);
    const group = place && this.block.groups.get(place.key);
    if (place && group && this.together(group)) {
      group.local ??= this.checked(this.add(linear, group.low - place.delta), group);
      return { local: group.local, offset: place.delta - group.low } as HostTemp;
    }
    const entry = this.tlbEntry(linear, write);
    if (size === 1) this.invalid(entry);
    else this.when(this.and(this.or(linear, entry), size - 1), () => this.unaligned(linear, entry, size));
    return this.add(linear, entry);
  }
  /** Whether the accesses of a group are checked at once: not where that kept failing, as with an object that straddles pages. */
  private together({ count, low, high, sites }: Group): boolean {
    if (this.learning || count === 1 || high - low > WIDEST_GROUP) return false;
    for (const site of sites) if (this.mode.slow.has(site)) return false;
    return true;
  }
  /** The check of a single byte, which has no end to lie in another page. */
  private invalid(entry: Value): void {
    this.when(this.and(entry, 1), () => this.leave());
  }
  /** Of two bytes at least: the first byte of a page would get by with an invalid entry. */
  /**
   * The instruction kept leaving a region: its access is a call, whatever it finds. Only for instructions with one access: a device that has been
   * read must not be read again because something else faults.
   */
  private get slow(): boolean {
    const { offset, entry } = this.instruction;
    return (
      this.mode.slow.has(offset) && this.facts.accesses === 1 && !this.learning && !REPEATED.test(entry.name) && !UNSETTLED.test(entry.name)
    );
  }
  private called(linear: Value, size: number, write: boolean): Value {
    const entry = this.tlbEntry(linear, write);
    const host = this.variable(this.add(linear, entry));
    this.when(size === 1 ? this.and(entry, 1) : this.and(this.or(linear, entry), size - 1), () => {
      this.put(linear);
      this.f
        .i32(size)
        .i32((write ? Access.modify : Access.read) | Access.flat)
        .call(this.link.miss)
        .set(host.local);
      this.when(this.eqz(host), () => this.leave());
    });
    if (write) this.scratched = host;
    return host;
  }
  /** A store went to a scratch cell: it is carried out, and what that may have changed (code, events) is looked at before the next instruction. */
  private commit(): void {
    const { scratched } = this;
    if (!scratched) return;
    this.scratched = undefined;
    this.when(this.ltU(scratched, at.RAM_BASE), () => {
      this.f.call(this.link.commit);
      this.settleFor(this.facts.liveAfter);
      this.ways.leaveBehind(this.number);
    });
  }
  private unaligned(linear: Value, entry: Value, size: number): void {
    this.when(this.gtU(this.add(this.and(linear, 0xfff), this.and(entry, 0xfff)), 0x1000 - size), () => this.leave());
  }
  /** Checks all bytes of a group at once and gives the local that holds the host address of the lowest. */
  private checked(lowest: Value, group: Group): number {
    const entry = this.tlbEntry(lowest, group.write);
    const bytes = group.high - group.low;
    if (bytes === 1) this.invalid(entry);
    else this.unaligned(lowest, entry, bytes);
    const local = this.f.local(ValueType.i32);
    this.put(lowest);
    this.put(entry);
    this.f.op(Op.i32_add).set(local);
    return local;
  }
  private tlbEntry(linear: Value, write: boolean): Value {
    const table = at.TLB + ((this.mode.user ? 2 : 0) + (write ? 1 : 0)) * at.TLB_SIZE;
    return this.loadHost(this.shl(this.shrU(linear, 12), 2), 4, table);
  }

  /** An access that a segment's base and limits come into. */
  private based(segment: number, offset: Value, size: number, access: number): Value {
    this.put(segment);
    this.put(offset);
    this.f.i32(size).i32(access).call(this.link.translate);
    const host = this.take();
    // Below RAM lies the scratch cell, which is the interpreter's to use.
    this.when(this.ltU(host, at.RAM_BASE), () => this.leave());
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
  private operandAccess(size: number, kind: AccessKind, offset: Value, aligned: boolean): Value {
    const address = this.add(this.effectiveAddress(), offset);
    if (aligned) this.when(this.and(address, 15), () => this.leave());
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

  // Operands

  isMemory(operand: Operand): boolean {
    return operand.role === "rm" && this.instruction.memory;
  }
  private place(operand: Operand): Place {
    if (operand.role === "rm") return this.instruction.rm;
    if (operand.role === "r") return this.instruction.reg;
    if (operand.role === "register") return { kind: "general", n: operand.number, high: false };
    throw new Error("an immediate has no register");
  }
  registerAddress(operand: Operand): Value {
    const place = this.place(operand);
    if (place.kind === "general") throw new Error("general registers have no address in a region");
    if (place.kind === "cell") return this.cell(place.address);
    // An XMM register is in memory for the length of this instruction.
    const address = at.XMM + 16 * place.n;
    if (this.exposed.includes(place.n)) return address;
    this.storeHostVector(address, { local: this.vectorOf(place.n) });
    this.exposed.push(place.n);
    return address;
  }
  /** A cell of state: of MMX registers, which are x87 registers too, the same holds. */
  private cell(address: number): number {
    if (address >= at.X87 && address < at.X87_CONTROL) this.exposeMmx((address - at.X87) >> 4);
    return address;
  }
  private exposeMmx(n: number): void {
    if (this.exposedMmx.includes(n)) return;
    const { sig, se } = this.x87.loadPhysical(n);
    this.storeHostWide(at.X87 + 16 * n, sig);
    this.storeHost(at.X87 + 16 * n, 2, se, 8);
    this.exposedMmx.push(n);
  }
  private takeExposed(): void {
    for (const n of this.exposed) this.setVector(n, this.loadHostVector(at.XMM + 16 * n));
    for (const n of this.exposedMmx)
      this.x87.putPhysical(n, { sig: this.loadHostWide(at.X87 + 16 * n), se: this.loadHost(at.X87 + 16 * n, 2, 8) });
    this.exposed.length = 0;
    this.exposedMmx.length = 0;
  }
  private vectorOf(n: number): number {
    this.block.usedVectors |= 1 << n;
    return this.registers.vector[n];
  }
  private setVector(n: number, v: Vector): void {
    this.block.dirtyVectors |= 1 << n;
    this.vectors.assigned(n, v.local, this.nesting !== UNCONDITIONAL);
    this.f.get(v.local).set(this.registers.vector[n]);
  }
  private readRegister(place: Place, size: number): Value {
    if (place.kind === "cell") return this.loadHost(this.cell(place.address), size);
    if (place.kind === "vector") {
      this.f.get(this.vectorOf(place.n)).simdLane(SimdLane.i32x4_extract_lane, 0);
      return this.trunc(this.take(), size);
    }
    return place.high ? this.and(this.shrU(this.reg(place.n), 8), 0xff) : this.reg(place.n, size);
  }
  private writeRegister(place: Place, size: number, v: Value): void {
    if (place.kind === "cell") this.storeHost(this.cell(place.address), size, v);
    else if (place.kind === "vector") {
      if (size !== 4) throw new Error("no instruction writes less of an XMM register");
      this.f.get(this.vectorOf(place.n));
      this.put(v);
      this.f.simdLane(SimdLane.i32x4_replace_lane, 0);
      this.setVector(place.n, this.take(ValueType.v128));
    } else if (place.high) this.setLocal(place.n, this.or(this.and(this.reg(place.n), ~0xff00), this.shl(this.and(v, 0xff), 8)));
    else this.setReg(place.n, size, v);
  }

  read(operand: Operand, size: number): Value {
    if (operand.role === "i") return this.trunc(this.instruction.immediate, size);
    if (this.isMemory(operand)) return this.loadHost(this.translateOperand(size, "read"), size);
    return this.readRegister(this.place(operand), size);
  }
  write(operand: Operand, size: number, v: Value): void {
    if (this.isMemory(operand)) this.store(this.translateOperand(size, "write"), size, v);
    else this.writeRegister(this.place(operand), size, v);
  }
  modify(operand: Operand, size: number): { v: Value; store(r: Value): void } {
    if (this.isMemory(operand)) {
      const host = this.translateOperand(size, "modify");
      return { v: this.loadHost(host, size), store: (r) => this.store(host, size, r) };
    }
    const place = this.place(operand);
    return { v: this.readRegister(place, size), store: (r) => this.writeRegister(place, size, r) };
  }
  readWide(operand: Operand): Wide {
    if (this.isMemory(operand)) return this.loadHostWide(this.translateOperand(8, "read"));
    const place = this.place(operand);
    if (place.kind !== "vector") return this.loadHostWide(this.registerAddress(operand));
    this.f.get(this.vectorOf(place.n)).simdLane(SimdLane.i64x2_extract_lane, 0);
    return this.take(ValueType.i64);
  }
  writeWide(operand: Operand, v: Wide): void {
    const place = this.place(operand);
    if (this.isMemory(operand)) this.storeWide(this.translateOperand(8, "write"), v);
    else if (place.kind !== "vector") this.storeHostWide(this.registerAddress(operand), v);
    else {
      this.f.get(this.vectorOf(place.n));
      this.putWide(v);
      this.f.simdLane(SimdLane.i64x2_replace_lane, 0);
      this.setVector(place.n, this.take(ValueType.v128));
    }
  }
  readVector(operand: Operand, unaligned = false): Vector {
    if (this.isMemory(operand)) return this.loadHostVector(this.operandAccess(16, "read", 0, !unaligned));
    const place = this.place(operand);
    if (place.kind !== "vector") return this.loadHostVector(this.registerAddress(operand));
    this.f.get(this.vectorOf(place.n));
    const copy = this.take(ValueType.v128);
    this.vectors.isCopy(copy.local, place.n);
    return copy;
  }
  writeVector(operand: Operand, v: Vector, unaligned = false): void {
    const place = this.place(operand);
    if (this.isMemory(operand)) this.storeVector(this.operandAccess(16, "write", 0, !unaligned), v);
    else if (place.kind !== "vector") this.storeHostVector(this.registerAddress(operand), v);
    else {
      if (this.nesting !== UNCONDITIONAL) this.vectorOf(place.n);
      this.setVector(place.n, v);
    }
  }

  reg(n: number, size = 4): Value {
    this.block.used |= 1 << n;
    this.f.get(this.registers.general[n]);
    if (size !== 4) this.f.i32(size === 1 ? 0xff : 0xffff).op(Op.i32_and);
    const copy = this.take();
    if (size === 4) this.addresses.isCopy(copy, n);
    return copy;
  }
  setReg(n: number, size: number, v: Value): void {
    if (size === 4) this.setLocal(n, v);
    else this.setLocal(n, this.or(this.and(this.reg(n), size === 1 ? ~0xff : ~0xffff), this.trunc(v, size)));
  }
  private setLocal(n: number, v: Value): void {
    this.block.dirty |= 1 << n;
    if (this.nesting !== UNCONDITIONAL) this.block.used |= 1 << n;
    this.put(v);
    this.f.set(this.registers.general[n]);
    this.addresses.assigned(n, v, this.nesting !== UNCONDITIONAL);
  }

  stringsAreFlat(): boolean {
    return this.instruction.plain;
  }
  addressMask(): Value {
    return this.instruction.address16 ? 0xffff : -1;
  }
  stackMask(): Value {
    return -1;
  }
  pushStack(size: number, v: Value | (() => Value), stored = size): void {
    const offset = this.sub(this.reg(4), size);
    const host = this.translate(at.SS, offset, stored, "write");
    this.store(host, stored, typeof v === "function" ? v() : v);
    this.setReg(4, 4, offset);
  }
  peekStack(size: number, offset = 0): Value {
    return this.loadHost(this.translate(at.SS, this.add(this.reg(4), offset), size, "read"), size);
  }
  dropStack(bytes: Value): void {
    this.setReg(4, 4, this.add(this.reg(4), bytes));
  }

  // Flags

  private uses(flags: number): void {
    if (this.learning) this.facts.reads |= flags & ~this.facts.writes;
  }
  /** False: nobody will read what the instruction says. */
  private sets(flags: number): boolean {
    if (this.learning) {
      if (this.nesting === UNCONDITIONAL) this.facts.writes |= flags;
      else {
        this.facts.conditional = true;
        // As when it is emitted. A condition that is known only while learning would hide what depends on it.
        this.pending = words;
      }
      return true;
    }
    return this.facts.liveAfter !== 0 || this.mode.strict;
  }
  /** Flags that are set on one path only go into memory at once. */
  private become(pending: Pending): void {
    if (this.nesting === UNCONDITIONAL) this.pending = pending;
    else writeWords(this, pending);
  }
  private settle(): void {
    writeWords(this, this.pending);
    this.pending = words;
  }
  private needs(flags: number): boolean {
    return this.learning || this.mode.strict || (this.facts.liveAfter & flags) !== 0;
  }

  flags(op: FlagsKind, size: number, { a = 0, b = 0, r }: { a?: Value; b?: Value; r: Value }): void {
    if (this.sets(Flag.all)) this.become({ kind: "result", op, size, a, b, r });
  }
  flagsKeepCarry(op: "add" | "sub", size: number, { r }: { a: Value; b: Value; r: Value }): void {
    if (!this.sets(Flag.overflow | Flag.rest)) return;
    const carry = this.needs(Flag.carry) ? carryOf(this, this.pending) : 0;
    this.become({ kind: "step", op, size, r, carry });
  }
  flagsResult(size: number, r: Value, cf: Value, of: Value): void {
    if (this.sets(Flag.all)) this.become({ kind: "shift", size, r, cf, of });
  }
  setCarry(cf: Value): void {
    if (!this.sets(Flag.carry)) return;
    if (this.needs(Flag.overflow | Flag.rest)) this.replaceCarryOverflow(cf, overflowIn(this, this.pending));
    else this.become({ kind: "carryOverflow", cf, of: 0 });
  }
  setCarryOverflow(cf: Value, of: Value): void {
    if (!this.sets(Flag.carry | Flag.overflow)) return;
    if (this.needs(Flag.rest)) this.replaceCarryOverflow(cf, of);
    else this.become({ kind: "carryOverflow", cf, of });
  }
  private replaceCarryOverflow(cf: Value, of: Value): void {
    if (this.nesting === UNCONDITIONAL) this.settle();
    const kept = this.and(this.state(at.FLAGS_AUX), 0x3fff_ffff);
    this.setState(at.FLAGS_AUX, this.or(kept, this.or(this.shl(cf, 31), this.shl(this.xor(cf, of), 30))));
  }
  arithmeticFlags(): Value {
    this.uses(Flag.all);
    this.settle();
    this.f.call(this.link.arithmeticFlags);
    return this.take();
  }
  setArithmeticFlags(image: Value): void {
    if (this.learning && this.nesting === UNCONDITIONAL) this.facts.writes |= Flag.all;
    this.put(image);
    this.f.call(this.link.setArithmeticFlags);
    this.pending = words;
  }
  override flagsOfNumbers(width: 4 | 8, a: Vector, b: Vector): void {
    if (!this.sets(Flag.all)) return;
    const number = (v: Vector) => {
      this.putElement(width, v);
      return this.take(width === 4 ? ValueType.f32 : ValueType.f64);
    };
    this.become({ kind: "numbers", width, a: number(a), b: number(b) });
  }
  carry(): Value {
    this.uses(Flag.carry);
    return carryOf(this, this.pending);
  }
  condition(cc: Condition): Value {
    this.uses(flagsOfCondition(cc));
    return conditionOf(this, cc, this.pending);
  }

  // Floating point

  override usualMode(inexact: boolean): Value {
    if (this.mode.exactCalls) return super.usualMode(inexact);
    this.block.usualMode = true;
    return this.mode.inexact || !inexact ? 1 : this.and(this.state(at.MXCSR), PE);
  }
  override shortcut(requirements: readonly Requirement[], short: () => void, long: () => void): void {
    this.nesting++;
    if (this.mode.exactCalls) super.shortcut(requirements, short, long);
    else {
      const met = this.f.block();
      const unmet = this.f.block();
      this.demand(requirements, unmet);
      this.f.br(met).end();
      this.leave();
      this.f.end();
    }
    this.nesting--;
    if (!this.mode.exactCalls) short();
  }
  override knowsOrdinary(v: Vector, elements: Elements): boolean {
    return this.vectors.knows(v.local, elements);
  }
  override learnOrdinary(v: Vector, elements: Elements): void {
    if (this.nesting === UNCONDITIONAL) this.vectors.learn(v.local, elements);
  }

  // Control

  private eip(offset: number): Value {
    return this.add(this.state(at.EIP_PAGE), offset);
  }
  currentEip(): Value {
    return this.eip(this.instruction.offset);
  }
  nextEip(): Value {
    return this.eip(this.instruction.offset + this.instruction.length);
  }
  private targetOffset(): number {
    return this.instruction.offset + this.instruction.length + this.instruction.immediate;
  }
  relativeTarget(size: number): Value {
    return this.trunc(this.eip(this.targetOffset()), size);
  }
  checkTarget(): void {
    // The code segment has no limit in the mode that regions are made for.
  }
  jumpRelative(size: number): void {
    if (size !== 4) this.untranslated();
    else if (this.instruction.definition.name === "call") this.callTo(this.relativeTarget(4));
    else this.ways.goTo(this.targetOffset());
  }
  branch(c: Value, size: number): void {
    if (size !== 4) {
      this.untranslated();
      return;
    }
    if (typeof c === "number") {
      if (c) this.jumpRelative(size);
      return;
    }
    this.put(c);
    this.f.if();
    const back = this.saved();
    this.ways.goTo(this.targetOffset());
    back();
    this.f.end();
  }
  jumpTo(target: Value): void {
    const { name } = this.instruction.definition;
    if (name === "callIndirect") {
      this.callTo(target);
      return;
    }
    this.settleFor(Flag.all);
    if (name === "ret") {
      this.ways.returnTo(target);
      return;
    }
    this.ways.goToEip(target);
  }
  private callTo(target: Value): void {
    this.settleFor(Flag.all);
    this.ways.call(target, this.instruction.offset + this.instruction.length);
    this.pending = words;
  }
  budgetLeft(): Value {
    return this.ways.budgetLeft();
  }
  leftBehind(): Value {
    return this.ways.leftBehind(this.number);
  }
  again(iterations: Value = 1): void {
    if (!this.learning) this.ways.again(iterations, this.number, this.repeat as Label, () => this.settleBefore());
  }
  endBlock(shadow = false): void {
    const leave = () => {
      if (!this.learning) this.ways.leaveForEvents(this.number);
    };
    this.facts.endsBlock = true;
    this.settleFor(Flag.all);
    if (!shadow) leave();
    else
      this.when(this.or(this.state(at.EVENTS), this.state(at.INTERRUPT_LINE)), () => {
        this.setState(at.EVENTS, this.or(this.state(at.EVENTS), Event.Shadow));
        leave();
      });
  }
  raise(): void {
    this.untranslated();
  }
  callout(): void {
    this.untranslated();
  }
  callHelper(helper: Helper): void {
    this.f.call(this.link.helper(helper));
  }
  sensitive(): void {
    if (this.mode.direct) this.untranslated();
  }
}
