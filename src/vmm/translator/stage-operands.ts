import * as at from "../cpu/layout.js";
import type { Value, Vector, Wide } from "../isa/emitter.js";
import type { Operand } from "../isa/stage.js";
import { Op, SimdLane, ValueType } from "../wasm/opcodes.js";
import type { Place } from "./instruction.js";
import { MemoryStage } from "./stage-memory.js";
import { UNCONDITIONAL } from "./stage-site.js";
import type { VectorFacts } from "./vector-facts.js";

/** Operands and registers of the translating stage: constants, locals, and what has to be in memory for the length of an instruction. */
export abstract class OperandStage extends MemoryStage {
  protected vectors!: VectorFacts;
  /** XMM and MMX registers that the instruction works on in memory. */
  private readonly exposed: number[] = [];
  private readonly exposedMmx: number[] = [];

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
  protected takeExposed(): void {
    if (this.exposed.length > 0) {
      for (const n of this.exposed) this.setVector(n, this.loadHostVector(at.XMM + 16 * n));
      this.exposed.length = 0;
    }
    if (this.exposedMmx.length > 0) {
      for (const n of this.exposedMmx)
        this.x87.putPhysical(n, { sig: this.loadHostWide(at.X87 + 16 * n), se: this.loadHost(at.X87 + 16 * n, 2, 8) });
      this.exposedMmx.length = 0;
    }
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
}
