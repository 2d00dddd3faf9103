import { Event } from "../cpu/events.js";
import * as at from "../cpu/layout.js";
import type { Temp, Value, Vector, Wide } from "../isa/emitter.js";
import { auxiliary, carryOverflow, conditionOfWords, overflowOf, stepAuxiliary } from "../isa/flag-words.js";
import { type AccessKind, type Condition, type FlagsKind, type Helper, type Operand, Stage } from "../isa/stage.js";
import { entryIn, hostBy, misfit } from "../isa/tlb-access.js";
import { X87InMemory } from "../isa/x87-file.js";
import { Access } from "../mmu/mmu.js";
import type { FunctionBuilder, Label } from "../wasm/function.js";
import { Mem, Op } from "../wasm/opcodes.js";
import { ALIGNED, type CoreFunctions, flatAddress } from "./core-functions.js";
import { ExitReason } from "./exit.js";
import { GENERAL, type Handler, MEMORY } from "./handlers.js";
import { RECORD_SIZE, Rec, RecFlag } from "./record.js";

/** Where a handler's code goes on, in the hot function or in a function of its own. */
export interface Continuation {
  /** Goes on at the record on the wasm stack. */
  goTo(): void;
  /** A jump to the EIP on the wasm stack; its budget is charged. */
  jump(): void;
  /** Leaves `run`; EXIT_* are set. */
  leave(): void;
  /** Leaves `run` with a fault at the present record. */
  fault(): void;
}

/** Inside the hot function: `record` is its parameter, and going on is a branch to the head of the dispatch loop. */
export function hotContinuation(
  f: FunctionBuilder,
  locals: { record: number; target: number },
  labels: { loop: Label; jump: Label; fault: Label },
): Continuation {
  return {
    goTo: () => f.set(locals.record).br(labels.loop),
    jump: () => f.set(locals.target).br(labels.jump),
    leave: () => f.op(Op.return),
    fault: () => f.br(labels.fault),
  };
}

/** A handler as a function (record) -> next record, 0 to leave. */
export function coldContinuation(f: FunctionBuilder, core: CoreFunctions): Continuation {
  return {
    goTo: () => f.op(Op.return),
    jump: () => f.get(0).call(core.jump).op(Op.return),
    leave: () => f.i32(0).op(Op.return),
    fault: () => {
      f.i32(0).get(0).mem(Mem.i32_store, at.EXIT_RECORD);
      f.i32(0).i32(ExitReason.Fault).mem(Mem.i32_store, at.EXIT_REASON);
      f.i32(0).op(Op.return);
    },
  };
}

const ACCESS: Record<AccessKind, number> = {
  read: Access.read,
  write: Access.write,
  modify: Access.modify,
  deferredRead: Access.read | Access.deferred,
};

/** The stage that emits handlers: operands are fields of the record, registers are in memory, flags are the two words in memory. */
export class InterpreterStage extends Stage {
  readonly x87 = new X87InMemory(this);
  private kind = 0;
  private readonly record: Temp;

  constructor(
    f: FunctionBuilder,
    recordLocal: number,
    private readonly core: CoreFunctions,
    private readonly to: Continuation,
    private readonly calloutNumber: (name: string) => number,
  ) {
    super(f);
    this.record = { local: recordLocal };
  }

  /** Emits a whole handler. */
  handler({ form, kind }: Handler): void {
    this.kind = kind;
    form.definition.body(this, form.size, ...form.roles.map((role) => ({ role })));
    this.next();
    this.recycle();
  }

  private get general(): boolean {
    return (this.kind & GENERAL) !== 0;
  }

  private next(): void {
    this.put(this.record);
    this.f.i32(RECORD_SIZE).op(Op.i32_add);
    this.to.goTo();
  }

  field(size: number, offset: number): Value {
    return this.loadHost(this.record, size, offset);
  }

  // Memory

  /** The access at a linear address, by the TLB in line. `bySegment`: of the memory operand, whose segment says which fault running over 4 GiB is. */
  private translateFlat(linear: Value, size: number, access: number, bySegment = false): Value {
    const table = this.state((access & 3) === Access.read ? at.VIEW_READ : at.VIEW_WRITE);
    const entry = entryIn(this, table, linear);
    const host = this.variable(hostBy(this, entry, linear));
    this.when(misfit(this, entry, linear, host, size), () => {
      this.put(linear);
      this.f.i32(size);
      this.put(bySegment ? this.or(this.shl(this.eq(this.field(1, Rec.segment), at.SS), 3), access) : access);
      this.f.call(this.core.miss).tee(host.local).op(Op.i32_eqz);
      this.f.if();
      this.to.fault();
      this.f.end();
    });
    return host;
  }

  private translateGeneral(segment: Value, offset: Value, size: number, access: number): Value {
    this.put(segment);
    this.put(offset);
    this.f.i32(size).i32(access).call(this.core.translate);
    const host = this.take();
    this.when(this.eqz(host), () => this.to.fault());
    return host;
  }

  effectiveAddress(): Value {
    if (!this.general) return flatAddress(this, this.record);
    this.put(this.record);
    this.f.call(this.core.effectiveAddress);
    return this.take();
  }

  translateOperand(size: number, kind: AccessKind, offset: Value = 0): Value {
    return this.operandAccess(size, ACCESS[kind], offset);
  }

  private operandAccess(size: number, access: number, offset: Value): Value {
    const address = this.add(this.effectiveAddress(), offset);
    if (!this.general) {
      if (access & ALIGNED) this.raiseIf(this.and(address, 15), 13, 0);
      return this.translateFlat(address, size, (access & ~ALIGNED) | Access.flat, true);
    }
    const masked = offset === 0 ? address : this.and(address, this.addressMask());
    return this.translateGeneral(this.field(1, Rec.segment), masked, size, access);
  }

  translate(segment: number, offset: Value, size: number, kind: AccessKind): Value {
    if (this.general) return this.translateGeneral(segment, offset, size, ACCESS[kind]);
    return this.translateFlat(offset, size, ACCESS[kind] | Access.flat | (segment === at.SS ? Access.stack : 0));
  }

  translateSource(offset: Value, size: number, kind: "read" | "deferredRead" = "read"): Value {
    if (this.general) return this.translateGeneral(this.field(1, Rec.segment), offset, size, ACCESS[kind]);
    return this.translateFlat(offset, size, ACCESS[kind] | Access.flat, true);
  }

  private commit(host: Value): void {
    this.when(this.ltU(host, at.RAM_BASE), () => this.f.call(this.core.commit).op(Op.drop));
  }
  store(host: Value, size: number, v: Value): void {
    this.storeHost(host, size, v);
    this.commit(host);
  }
  storeWide(host: Value, v: Wide): void {
    this.storeHostWide(host, v);
    this.commit(host);
  }
  storeVector(host: Value, v: Vector): void {
    this.storeHostVector(host, v);
    this.commit(host);
  }

  // Operands

  isMemory(operand: Operand): boolean {
    return operand.role === "rm" && (this.kind & MEMORY) !== 0;
  }

  registerAddress(operand: Operand): Value {
    if (operand.role === "rm") return this.field(2, Rec.a);
    if (operand.role === "r") return this.field(2, Rec.b);
    if (operand.role === "register") return at.GPR + 8 * operand.number;
    throw new Error("an immediate has no register");
  }

  read(operand: Operand, size: number): Value {
    if (operand.role === "i") return this.trunc(this.field(4, Rec.immediate), size);
    const address = this.isMemory(operand) ? this.translateOperand(size, "read") : this.registerAddress(operand);
    return this.loadHost(address, size);
  }
  write(operand: Operand, size: number, v: Value): void {
    if (this.isMemory(operand)) this.store(this.translateOperand(size, "write"), size, v);
    else this.storeHost(this.registerAddress(operand), size, v);
  }
  modify(operand: Operand, size: number): { v: Value; store(r: Value): void } {
    if (this.isMemory(operand)) {
      const host = this.translateOperand(size, "modify");
      return { v: this.loadHost(host, size), store: (r) => this.store(host, size, r) };
    }
    const address = this.registerAddress(operand);
    return { v: this.loadHost(address, size), store: (r) => this.storeHost(address, size, r) };
  }
  readWide(operand: Operand): Wide {
    return this.loadHostWide(this.isMemory(operand) ? this.translateOperand(8, "read") : this.registerAddress(operand));
  }
  writeWide(operand: Operand, v: Wide): void {
    if (this.isMemory(operand)) this.storeWide(this.translateOperand(8, "write"), v);
    else this.storeHostWide(this.registerAddress(operand), v);
  }
  readVector(operand: Operand, unaligned = false): Vector {
    const access = Access.read | (unaligned ? 0 : ALIGNED);
    return this.loadHostVector(this.isMemory(operand) ? this.operandAccess(16, access, 0) : this.registerAddress(operand));
  }
  writeVector(operand: Operand, v: Vector, unaligned = false): void {
    const access = Access.write | (unaligned ? 0 : ALIGNED);
    if (this.isMemory(operand)) this.storeVector(this.operandAccess(16, access, 0), v);
    else this.storeHostVector(this.registerAddress(operand), v);
  }

  reg(n: number, size = 4): Value {
    return this.loadHost(0, size, at.GPR + 8 * n);
  }
  setReg(n: number, size: number, v: Value): void {
    this.storeHost(0, size, v, at.GPR + 8 * n);
  }

  stringsAreFlat(): boolean {
    return !this.general;
  }
  addressMask(): Value {
    if (!this.general) return -1;
    return this.select(this.and(this.field(1, Rec.flags), RecFlag.address16), 0xffff, -1);
  }
  stackMask(): Value {
    return this.general ? this.state(at.STACK_MASK) : -1;
  }

  private setStackPointer(offset: Value, mask: Value): void {
    const old = mask === -1 ? 0 : this.and(this.reg(4), this.not(mask));
    this.setReg(4, 4, this.or(this.and(offset, mask), old));
  }
  pushStack(size: number, v: Value | (() => Value), stored = size): void {
    const mask = this.stackMask();
    const offset = this.and(this.sub(this.reg(4), size), mask);
    const host = this.translate(at.SS, offset, stored, "write");
    this.store(host, stored, typeof v === "function" ? v() : v);
    this.setStackPointer(offset, mask);
  }
  peekStack(size: number, offset = 0): Value {
    const at_ = this.and(this.add(this.reg(4), offset), this.stackMask());
    return this.loadHost(this.translate(at.SS, at_, size, "read"), size);
  }
  dropStack(bytes: Value): void {
    this.setStackPointer(this.add(this.reg(4), bytes), this.stackMask());
  }

  // Flags

  flags(kind: FlagsKind, size: number, { a = 0, b = 0, r }: { a?: Value; b?: Value; r: Value }): void {
    const aux = auxiliary(this, kind, size, a, b, r);
    this.setState(at.FLAGS_RESULT, this.sext(r, size));
    this.setState(at.FLAGS_AUX, aux);
  }
  flagsKeepCarry(kind: "add" | "sub", size: number, { r }: { a: Value; b: Value; r: Value }): void {
    const aux = stepAuxiliary(this, kind, size, r, this.state(at.FLAGS_AUX));
    this.setState(at.FLAGS_RESULT, this.sext(r, size));
    this.setState(at.FLAGS_AUX, aux);
  }
  flagsResult(size: number, r: Value, cf: Value, of: Value): void {
    this.setState(at.FLAGS_RESULT, this.sext(r, size));
    this.setState(at.FLAGS_AUX, carryOverflow(this, cf, of));
  }
  setCarry(cf: Value): void {
    this.setCarryOverflow(cf, overflowOf(this, this.state(at.FLAGS_AUX)));
  }
  setCarryOverflow(cf: Value, of: Value): void {
    const kept = this.and(this.state(at.FLAGS_AUX), 0x3fff_ffff);
    this.setState(at.FLAGS_AUX, this.or(kept, carryOverflow(this, cf, of)));
  }
  arithmeticFlags(): Value {
    this.f.call(this.core.arithmeticFlags);
    return this.take();
  }
  setArithmeticFlags(image: Value): void {
    this.put(image);
    this.f.call(this.core.setArithmeticFlags);
  }
  carry(): Value {
    return this.shrU(this.state(at.FLAGS_AUX), 31);
  }
  condition(cc: Condition): Value {
    return conditionOfWords(
      this,
      cc,
      () => this.state(at.FLAGS_RESULT),
      () => this.state(at.FLAGS_AUX),
    );
  }

  // Control

  currentEip(): Value {
    return this.add(this.state(at.EIP_PAGE), this.field(2, Rec.offset));
  }
  nextEip(): Value {
    return this.add(this.currentEip(), this.field(1, Rec.length));
  }
  relativeTarget(size: number): Value {
    return this.trunc(this.add(this.nextEip(), this.field(4, Rec.immediate)), size);
  }
  checkTarget(target: Value): void {
    if (!this.general) return;
    const limit = this.state(at.SEGMENT + at.CS * at.SEGMENT_SIZE + at.Seg.limit);
    this.raiseIf(this.gtU(target, limit), 13, 0);
  }
  /** BUDGET as it will be once this instruction has retired and the run of records ends here. */
  private charged(): Value {
    return this.sub(this.sub(this.state(at.BUDGET), this.field(4, Rec.position)), 1);
  }
  jumpRelative(size: number): void {
    const budget = this.charged();
    const target = this.field(4, Rec.target);
    this.when(this.and(this.ne(target, 0), this.gtS(budget, 0)), () => {
      this.setState(at.BUDGET, this.add(budget, this.loadHost(target, 4, Rec.position)));
      this.put(target);
      this.to.goTo();
    });
    this.setState(at.BUDGET, budget);
    this.put(this.relativeTarget(size));
    this.to.jump();
  }
  branch(c: Value, size: number): void {
    this.when(c, () => {
      this.checkTarget(this.relativeTarget(size));
      this.jumpRelative(size);
    });
  }
  jumpTo(target: Value): void {
    this.setState(at.BUDGET, this.charged());
    this.put(target);
    this.to.jump();
  }
  budgetLeft(): Value {
    const left = this.sub(this.state(at.BUDGET), this.field(4, Rec.position));
    return this.select(this.gtS(left, 0), left, 0);
  }
  leftBehind(): Value {
    return this.add(this.charged(), this.state(at.RESERVE));
  }
  again(iterations: Value = 1): void {
    const budget = this.sub(this.state(at.BUDGET), iterations);
    this.setState(at.BUDGET, budget);
    this.when(this.gtS(budget, this.field(4, Rec.position)), () => {
      this.put(this.record);
      this.to.goTo();
    });
    this.exit(ExitReason.Budget, this.record);
  }
  private exit(reason: number, record: Value): void {
    this.setState(at.EXIT_RECORD, record);
    this.setState(at.EXIT_REASON, reason);
    this.to.leave();
  }
  endBlock(shadow = false): void {
    // With no event waiting, none can come before the next instruction ends, unless the budget does: the shadow of STI has nothing to hide then.
    const budget = this.charged();
    const leave = () => {
      this.setState(at.BUDGET, budget);
      this.setState(at.EIP, this.nextEip());
      this.exit(ExitReason.Events, 0);
    };
    if (shadow) {
      this.when(this.or(this.or(this.state(at.EVENTS), this.state(at.INTERRUPT_LINE)), this.ltS(budget, 1)), () => {
        this.setState(at.EVENTS, this.or(this.state(at.EVENTS), Event.Shadow));
        leave();
      });
    } else {
      leave();
    }
  }
  raise(vector: number, error = -1): void {
    this.setState(at.FAULT_VECTOR, vector);
    this.setState(at.FAULT_ERROR, error);
    this.to.fault();
  }
  callout(name: string): void {
    this.put(this.record);
    this.f.i32(this.calloutNumber(name)).call(this.core.callout);
    const next = this.take();
    this.when(this.eqz(next), () => this.to.leave());
    this.put(next);
    this.to.goTo();
  }
  callHelper(helper: Helper): void {
    this.f.call(this.core.helper(helper));
  }
  sensitive(): void {
    // The interpreter executes on the virtual state in every mode.
  }
}
