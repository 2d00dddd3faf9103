import * as at from "../cpu/layout.js";
import { Emitter, type Value } from "../isa/emitter.js";
import { AF, CF, OF, PF, SF, ZF } from "../isa/flags.js";
import { enterGate } from "../isa/gate-entry.js";
import type { Helper, HelperLinker } from "../isa/stage.js";
import { entryIn, hostBy, invalid } from "../isa/tlb-access.js";
import { Access } from "../mmu/mmu.js";
import { NOTHING, VALID } from "../mmu/tlb-entry.js";
import type { ModuleBuilder } from "../wasm/module.js";
import { Op, ValueType } from "../wasm/opcodes.js";
import { ExitReason } from "./exit.js";
import { FIRST_REGION } from "./handlers.js";
import { Rec, RecFlag } from "./record.js";

const { i32 } = ValueType;

/**
 * Parameters of a region's function: the entry's record (in a call of the region by itself, of any of its entries), where a return is expected, how deep this call is
 * (0: none, by its record), and the entry's number, which its record has as immediate. It gives the next record, 0 to leave, RETURNED, JUMPS or UNWINDS.
 */
export const REGION_PARAMETERS = [i32, i32, i32, i32] as const;
/** What a region gives that is no record: the guest has returned to where the caller expects that; or it goes on at LANDING_EIP. */
export const RETURNED = 1;
export const JUMPS = 2;
/** The same, but nobody may wait for the return any more: it is for the dispatch loop to go on there. */
export const UNWINDS = 3;

/** Or-ed into an `Access` of the MMU for `translate`: must lie on a 16-byte boundary, else #GP(0). */
export const ALIGNED = 16;

/** Names under which the core module exports what translated regions and the processor call. */
export const CoreExport = {
  call: "call",
  miss: "miss",
  straddle: "straddle",
  commit: "commitAccess",
  translate: "translate",
  arithmeticFlags: "arithmeticFlags",
  setArithmeticFlags: "setArithmeticFlags",
  helper: (name: string) => `helper ${name}`,
} as const;

/** The functions that the core module imports: all in TypeScript, all off the hot path. */
export interface CoreImports {
  /** Host address for an access that the TLB does not answer, or 0 with an exception recorded. */
  slow(linear: number, size: number, access: number): number;
  /** After a store to a scratch cell of the MMU: writes it through to where it belongs. */
  commit(): void;
  /** Records the exception of an access outside its segment. */
  segmentFault(segment: number): void;
  /** Runs callout number `id` for the record. Gives the next record, or 0: leave (EXIT_* are set). */
  callout(record: number, id: number): number;
  /** Record for the instruction at `eip`, reached from `record`; 0: leave (EXIT_* are set). Sets EIP_PAGE. */
  lookup(eip: number, record: number): number;
  /** The record's page was written to: its instruction, decoded again; or 0. */
  redecode(record: number): number;
  /** The second page of a crossing instruction is not known to be in place: the record to go on with, or 0. */
  crossing(record: number): number;
}

/** Declares imports and emits the functions that handlers share; remembers their indices. Helpers of definitions are added on first use. */
export class CoreFunctions implements HelperLinker {
  readonly slow: number;
  /** () -> whether code, or what waits for attention, may have changed: after a store at a host address below RAM_BASE, writes it through to where it belongs. */
  readonly commit: number;
  readonly segmentFault: number;
  readonly callout: number;
  readonly lookup: number;
  readonly redecode: number;
  readonly crossing: number;
  /** (linear, size, access) -> host or 0: the cold arm of every access. */
  readonly miss: number;
  /** (linear, size, access) -> host or 0: an access to two pages, which isn't for this if either is anything but plain RAM that the TLB knows. */
  private readonly straddle: number;
  /** (segment, offset, size, access) -> host or 0: with limits and base. */
  readonly translate: number;
  /** (record) -> offset of the memory operand. */
  readonly effectiveAddress: number;
  /** () -> EFLAGS image of the arithmetic flags. */
  readonly arithmeticFlags: number;
  /** (image) */
  readonly setArithmeticFlags: number;
  /** (target) -> record or 0: what the jump cache knows in other places than the first one. */
  readonly find: number;
  /** (target, record) -> record or 0: a jump whose budget is charged already. */
  readonly jump: number;
  /** (target, where its return is expected, how deep the call is) -> what a region answers: a call from one region to what may be another. */
  readonly call: number;
  /** By name, which says all of what a helper does. */
  private readonly helpers = new Map<string, number>();

  constructor(readonly module: ModuleBuilder) {
    const load = (name: string, params: number, results: number) =>
      module.importFunction("env", name, Array<typeof i32>(params).fill(i32), Array<typeof i32>(results).fill(i32));
    this.slow = load("slow", 3, 1);
    const commit = load("commit", 0, 0);
    this.segmentFault = load("segmentFault", 1, 0);
    this.callout = load("callout", 2, 1);
    this.lookup = load("lookup", 2, 1);
    this.redecode = load("redecode", 1, 1);
    this.crossing = load("crossing", 1, 1);
    this.commit = this.emitCommit(commit);
    this.straddle = this.emitStraddle();
    this.miss = this.emitMiss();
    this.translate = this.emitTranslate();
    this.effectiveAddress = this.emitEffectiveAddress();
    this.arithmeticFlags = this.emitArithmeticFlags();
    this.setArithmeticFlags = this.emitSetArithmeticFlags();
    this.find = this.emitFind();
    this.jump = this.emitJump();
    this.call = this.emitCall();
  }

  helper(helper: Helper): number {
    const known = this.helpers.get(helper.name);
    if (known !== undefined) return known;
    const { index, f } = this.module.function(helper.params, helper.results);
    this.helpers.set(helper.name, index);
    helper.emit(new Emitter(f), this);
    return index;
  }

  /** What translated regions call, and the processor where it delivers. */
  exportAll(): void {
    const { module } = this;
    this.helper(enterGate);
    module.exportFunction(CoreExport.call, this.call);
    module.exportFunction(CoreExport.miss, this.miss);
    module.exportFunction(CoreExport.straddle, this.straddle);
    module.exportFunction(CoreExport.commit, this.commit);
    module.exportFunction(CoreExport.translate, this.translate);
    module.exportFunction(CoreExport.arithmeticFlags, this.arithmeticFlags);
    module.exportFunction(CoreExport.setArithmeticFlags, this.setArithmeticFlags);
    for (const [name, index] of this.helpers) module.exportFunction(CoreExport.helper(name), index);
  }

  /** What the TLB has an answer for is answered here, unaligned or across two pages (34 ns and more by way of TypeScript, isa.md section 4); the rest goes out. */
  private emitMiss(): number {
    const { index, f } = this.module.function([i32, i32, i32], [i32]);
    const e = new Emitter(f);
    const [linear, size, access] = [{ local: 0 }, { local: 1 }, { local: 2 }];
    const table = e.select(e.and(access, 3), e.state(at.VIEW_WRITE), e.state(at.VIEW_READ));
    const entry = entryIn(e, table, linear);
    const inside = e.eqz(e.gtU(e.add(e.and(linear, 0xfff), size), 0x1000));
    e.when(e.and(inside, e.and(entry, VALID)), () => {
      e.put(hostBy(e, entry, linear));
      f.op(Op.return);
    });
    e.when(e.eqz(inside), () => {
      f.get(0).get(1).get(2).call(this.straddle);
      const host = e.take();
      e.when(host, () => {
        e.put(host);
        f.op(Op.return);
      });
    });
    const traced = e.and(e.and(inside, invalid(e, entry)), e.ne(entry, NOTHING));
    e.when(e.and(traced, e.ne(e.and(access, 3), Access.read)), () => this.storeBetweenCode(e, linear, size, table, entry));
    f.get(0).get(1).get(2).call(this.slow);
    return index;
  }
  /** A store to a page with decoded code (mmu/tlb-entry.ts): plain where none of the code lies. Once there is no more code, so is the entry. */
  private storeBetweenCode(e: Emitter, linear: Value, size: Value, table: Value, entry: Value): void {
    const host = e.add(linear, entry);
    const lines = e.loadHost(e.shl(e.shrU(e.sub(host, at.RAM_BASE), 12), 2), 4, at.CODE_LINES);
    e.when(e.eqz(lines), () => e.storeHost(e.add(table, e.shl(e.shrU(linear, 12), 2)), 4, e.add(entry, VALID)));
    const line = (address: Value) => e.shrU(lines, e.and(e.shrU(address, at.CODE_LINE_SHIFT), 31));
    e.when(e.eqz(e.and(e.or(line(host), line(e.sub(e.add(host, size), 1))), 1)), () => {
      e.put(host);
      e.f.op(Op.return);
    });
  }

  /**
   * An object that lies across two pages, as one on the stack may for as long as a program runs, costs every access to it a microsecond if TypeScript puts
   * it together. Both ends are copied whole, and the address is where they meet: no byte needs a decision.
   */
  private emitStraddle(): number {
    const { index, f } = this.module.function([i32, i32, i32], [i32]);
    const e = new Emitter(f);
    const [linear, size, access] = [{ local: 0 }, { local: 1 }, { local: 2 }];
    const next = e.variable(e.add(e.and(linear, -at.PAGE_SIZE), at.PAGE_SIZE));
    const writes = e.variable(e.ne(e.and(access, 3), Access.read));
    const table = e.variable(e.select(writes, e.state(at.VIEW_WRITE), e.state(at.VIEW_READ)));
    const [first, second] = [linear, next].map((address) => e.variable(entryIn(e, table, address)));
    const unknown = invalid(e, e.and(first, second));
    // At the end of the address space limits come into it.
    e.when(e.or(e.or(unknown, e.eqz(next)), e.and(access, Access.deferred)), () => f.i32(0).op(Op.return));
    const before = e.variable(e.sub(next, linear));
    const cell = e.temp();
    e.when(
      writes,
      () => {
        e.assign(cell, at.STRADDLE_WRITE);
        e.setState(at.STRADDLE_BYTES, size);
        e.setState(at.STRADDLE_BEFORE, before);
        e.setState(at.STRADDLE_FIRST, hostBy(e, first, linear));
        e.setState(at.STRADDLE_SECOND, hostBy(e, second, next));
      },
      () => {
        e.setState(at.STRADDLE_TURN, e.xor(e.state(at.STRADDLE_TURN), 32));
        e.assign(cell, e.add(e.state(at.STRADDLE_TURN), at.STRADDLE_READ));
      },
    );
    e.storeHostVector(cell, e.loadHostVector(e.sub(hostBy(e, first, next), 16)));
    e.storeHostVector(e.add(cell, 16), e.loadHostVector(hostBy(e, second, next)));
    e.put(e.sub(e.add(cell, 16), before));
    return index;
  }

  /** Byte by byte where it straddles pages: its neighbours may be written to by other threads. */
  private emitCommit(commit: number): number {
    const { index, f } = this.module.function([], [i32]);
    const e = new Emitter(f);
    const bytes = e.variable(e.state(at.STRADDLE_BYTES));
    e.when(e.eqz(bytes), () => f.call(commit).i32(1).op(Op.return));
    e.setState(at.STRADDLE_BYTES, 0);
    const before = e.variable(e.state(at.STRADDLE_BEFORE));
    const [first, second] = [at.STRADDLE_FIRST, at.STRADDLE_SECOND].map((word) => e.variable(e.state(word)));
    const i = e.variable(0);
    e.loop((again) => {
      const there = e.select(e.ltU(i, before), e.add(first, i), e.add(second, e.sub(i, before)));
      e.storeHost(there, 1, e.loadHost(e.add(e.sub(i, before), at.STRADDLE_WRITE + 16), 1));
      e.assign(i, e.add(i, 1));
      e.when(e.ltU(i, bytes), again);
    });
    f.i32(0);
    return index;
  }

  private emitTranslate(): number {
    const { index, f } = this.module.function([i32, i32, i32, i32], [i32]);
    const e = new Emitter(f);
    const [segment, offset, size, access] = [{ local: 0 }, { local: 1 }, { local: 2 }, { local: 3 }];
    const register = e.add(e.shl(segment, 5), at.SEGMENT);
    const bounds = e.add(register, e.shl(e.ne(e.and(access, 3), 0), 3));
    const low = e.loadHost(bounds, 4, at.Seg.readLow);
    const high = e.loadHost(bounds, 4, at.Seg.readHigh);
    const last = e.sub(e.add(offset, size), 1);
    const bad = e.or(e.or(e.ltU(offset, low), e.gtU(last, high)), e.ltU(last, offset));
    e.when(bad, () => {
      f.get(0).call(this.segmentFault).i32(0).op(Op.return);
    });
    const linear = e.add(e.loadHost(register, 4, at.Seg.base), offset);
    e.when(e.and(e.shrU(e.and(access, ALIGNED), 4), e.ne(e.and(linear, 15), 0)), () => {
      // ES stands for "not the stack": a misaligned operand is #GP(0) in every segment.
      f.i32(at.ES).call(this.segmentFault).i32(0).op(Op.return);
    });
    const table = e.select(e.and(access, 3), e.state(at.VIEW_WRITE), e.state(at.VIEW_READ));
    const entry = entryIn(e, table, linear);
    e.when(e.eqz(e.or(e.and(linear, e.sub(size, 1)), invalid(e, entry))), () => {
      e.put(hostBy(e, entry, linear));
      f.op(Op.return);
    });
    e.put(linear);
    f.get(2).get(3).call(this.miss);
    return index;
  }

  private emitEffectiveAddress(): number {
    const { index, f } = this.module.function([i32], [i32]);
    const e = new Emitter(f);
    const record = { local: 0 };
    const sum = e.add(flatAddress(e, record), 0);
    const mask = e.select(e.and(e.loadHost(record, 1, Rec.flags), RecFlag.address16), 0xffff, -1);
    e.put(e.and(sum, mask));
    return index;
  }

  private emitArithmeticFlags(): number {
    const { index, f } = this.module.function([], [i32]);
    const e = new Emitter(f);
    const result = e.state(at.FLAGS_RESULT);
    const aux = e.state(at.FLAGS_AUX);
    let image = e.shrU(aux, 31);
    const odd = e.and(e.popcnt(e.and(e.xor(result, e.shrU(aux, 8)), 0xff)), 1);
    image = e.or(image, e.shl(e.xor(odd, 1), 2));
    image = e.or(image, e.and(e.shl(aux, 1), AF));
    image = e.or(image, e.shl(e.eqz(result), 6));
    image = e.or(image, e.and(e.shl(e.xor(e.shrU(result, 31), e.and(e.shrU(aux, 7), 1)), 7), SF));
    image = e.or(image, e.shl(e.shrU(e.add(aux, 0x4000_0000), 31), 11));
    e.put(image);
    return index;
  }

  private emitSetArithmeticFlags(): number {
    const { index, f } = this.module.function([i32], []);
    const e = new Emitter(f);
    const image = { local: 0 };
    const result = e.eqz(e.and(image, ZF));
    const cf = e.and(image, CF);
    const of = e.ne(e.and(image, OF), 0);
    const odd = e.eqz(e.and(image, PF));
    let aux = e.or(e.shl(cf, 31), e.shl(e.xor(cf, of), 30));
    aux = e.or(aux, e.and(e.shrU(image, 1), 8));
    aux = e.or(aux, e.and(image, SF));
    aux = e.or(aux, e.shl(e.xor(odd, result), 8));
    e.setState(at.FLAGS_RESULT, result);
    e.setState(at.FLAGS_AUX, aux);
    return index;
  }

  /**
   * Into the region at the target on the caller's stack, if the jump cache knows one; otherwise a jump, with nobody waiting for the return. Where that region
   * goes on by a jump (an eighth to a third of all entries in a kernel's system calls are such), it is in the place of the one that was called: who gave up
   * waiting for it, and all who wait for that, would have each of their returns looked up.
   */
  private emitCall(): number {
    const { index, f } = this.module.function([i32, i32, i32], [i32]);
    const e = new Emitter(f);
    const [target, expected, depth] = [{ local: 0 }, { local: 1 }, { local: 2 }];
    const view = e.variable(e.state(at.VIEW_JUMP_CACHE));
    e.loop((again) => {
      const next = emitFindIn(e, target, this.find);
      e.when(next, () => {
        const handler = e.loadHost(next, 2, Rec.handler);
        e.when(e.eqz(e.ltU(handler, FIRST_REGION)), () => {
          e.setState(at.EIP_PAGE, e.sub(target, e.loadHost(next, 2, Rec.offset)));
          this.enterRegion(e, { record: next, handler, expected, depth });
          const answer = e.take();
          e.when(e.ne(answer, JUMPS), () => {
            e.put(answer);
            f.op(Op.return);
          });
          e.assign(target, e.state(at.LANDING_EIP));
          // Another privilege must not return into code that waits: what it may fetch is not asked again there.
          e.when(e.eq(e.state(at.VIEW_JUMP_CACHE), view), again);
        });
      });
    });
    e.setState(at.LANDING_EIP, target);
    f.i32(UNWINDS);
    return index;
  }

  /** Leaves on the stack what the region gives. */
  enterRegion(e: Emitter, { record, handler, expected, depth }: Record<"record" | "handler" | "expected" | "depth", Value>): void {
    e.storeHostWide(0, e.addWide(e.loadHostWide(0, at.REGION_ENTRIES), 1n), at.REGION_ENTRIES);
    for (const v of [record, expected, depth, e.loadHost(record, 4, Rec.immediate), handler]) e.put(v);
    e.f.callIndirect(this.module.type(REGION_PARAMETERS, [i32]));
  }

  private emitFind(): number {
    const { index, f } = this.module.function([i32], [i32]);
    const e = new Emitter(f);
    const target = { local: 0 };
    const first = jumpSlot(e, target);
    for (let way = 1; way < at.JUMP_CACHE_WAYS; way++) {
      const slot = e.xor(first, way * JUMP_SLOT_SIZE);
      e.when(e.eq(e.loadHost(slot, 4), target), () => {
        e.put(e.loadHost(slot, 4, 4));
        f.op(Op.return);
      });
    }
    f.i32(0);
    return index;
  }

  private emitJump(): number {
    const { index, f } = this.module.function([i32, i32], [i32]);
    const e = new Emitter(f);
    const target = { local: 0 };
    emitJumpTail(e, target, { local: 1 }, this, {
      goTo: (record) => {
        e.setState(at.LANDING_EIP, target);
        e.setState(at.LANDING_VIEW, e.state(at.VIEW_JUMP_CACHE));
        record();
        f.op(Op.return);
      },
      leave: () => f.i32(0).op(Op.return),
    });
    f.op(Op.unreachable);
    return index;
  }
}

const JUMP_SLOT_SIZE = 8;

/** Of the jump cache of the present privilege: the first place where the target may stand. */
function jumpSlot(e: Emitter, target: Value): Value {
  const hash = e.shrU(e.mul(target, at.JUMP_CACHE_FACTOR), Math.clz32(at.JUMP_CACHE_ENTRIES) + 1 - 3);
  return e.add(e.state(at.VIEW_JUMP_CACHE), e.and(hash, 8 * (at.JUMP_CACHE_ENTRIES - 1)));
}

/** The record that the jump cache knows for a target, or 0. */
function emitFindIn(e: Emitter, target: Value, find: number): Value {
  const slot = jumpSlot(e, target);
  const next = e.temp();
  e.when(
    e.eq(e.loadHost(slot, 4), target),
    () => e.assign(next, e.loadHost(slot, 4, 4)),
    () => {
      e.put(target);
      e.f.call(find).set(next.local);
    },
  );
  return next;
}

/** base + (index << scale) + displacement, from the fields of a record. */
export function flatAddress(e: Emitter, record: Value): Value {
  const base = e.loadHost(e.loadHost(record, 2, Rec.a), 4);
  const index = e.loadHost(e.loadHost(record, 2, Rec.index), 4);
  const scaled = e.shl(index, e.loadHost(record, 1, Rec.scale));
  return e.add(e.add(base, scaled), e.loadHost(record, 4, Rec.displacement));
}

/** Leaves where the budget, as it is once the run of records has ended, is used up. `target` is EIP then. */
export function emitBudgetCheck(e: Emitter, budget: Value, target: Value, leave: () => void): void {
  e.when(e.ltS(budget, 1), () => {
    e.setState(at.EIP, target);
    e.setState(at.EXIT_RECORD, 0);
    e.setState(at.EXIT_REASON, ExitReason.Budget);
    leave();
  });
}

/**
 * The end of every jump that is not linked: leaves when the budget is used up (EIP is then the target), else finds the target by the jump
 * cache, else by `lookup`.
 */
export function emitJumpTail(
  e: Emitter,
  target: Value,
  record: Value,
  core: CoreFunctions,
  to: { goTo(record: () => void): void; leave(): void },
): void {
  const { f } = e;
  const budget = e.state(at.BUDGET);
  emitBudgetCheck(e, budget, target, () => to.leave());
  const next = emitFindIn(e, target, core.find);
  e.when(next, () => {
    e.setState(at.EIP_PAGE, e.sub(target, e.loadHost(next, 2, Rec.offset)));
    e.setState(at.BUDGET, e.add(budget, e.loadHost(next, 4, Rec.position)));
    to.goTo(() => e.put(next));
  });
  e.put(target);
  e.put(record);
  f.call(core.lookup);
  const found = e.take();
  e.when(
    found,
    () => {
      e.setState(at.BUDGET, e.add(budget, e.loadHost(found, 4, Rec.position)));
      to.goTo(() => e.put(found));
    },
    () => to.leave(),
  );
}
