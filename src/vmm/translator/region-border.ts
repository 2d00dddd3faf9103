import * as at from "../cpu/layout.js";
import { JUMPS, UNWINDS } from "../interpreter/core-functions.js";
import { ExitReason } from "../interpreter/exit.js";
import { Rec } from "../interpreter/record.js";
import type { Emitter, Temp, Value } from "../isa/emitter.js";
import { MODE_BITS, PE, USUAL } from "../sse/mxcsr.js";
import type { FunctionBuilder } from "../wasm/function.js";
import { Op, SimdMem, ValueType } from "../wasm/opcodes.js";
import type { Block, CodePage } from "./blocks.js";
import type { Region } from "./region.js";
import type { X87Shape } from "./region-x87.js";
import { type Linked, newRegisters, type Registers } from "./surroundings.js";
import { OFFSET_BITS, Way } from "./ways.js";

const { i32 } = ValueType;

/** Functions that a region's code calls. */
export interface LinkedFunctions extends Linked {
  /** The region's own function. */
  readonly self: number;
  /** (target EIP, where a return is expected, depth) -> what a region gives: interpreter/core-functions.ts. */
  readonly call: number;
  /** (request, way, instructions): exit-counts.ts. */
  readonly profile?: number;
}

/** Parameters (interpreter/core-functions.ts). */
export const RECORD = { local: 0 };
export const EXPECTED = { local: 1 };
export const DEPTH = { local: 2 };
export const ENTRY = { local: 3 };

/** All x87 exceptions masked: then none becomes pending inside a region. */
const X87_MASKS = 0x3f;

/**
 * Where a region's function begins and ends: what the code was made for must hold; registers and the budget come out of memory, and go back there; and what
 * is counted for whoever decides which regions to make again.
 */
export class RegionBorder {
  readonly registers: Registers;
  readonly budget: Temp;
  /** Where to, on the way out: an offset, or for `Way.indirect` an EIP. */
  readonly target: Temp;
  readonly way: Temp;
  /** JUMPS, or UNWINDS where what waits for the return may not be what it was. */
  readonly answer: Temp;
  /** Instructions of the present block that were charged and have not retired. */
  readonly refund: Temp;
  /** What may retire between two looks at the budget. */
  readonly longest: number;
  private readonly f: FunctionBuilder;

  constructor(
    private readonly e: Emitter,
    private readonly link: LinkedFunctions,
    private readonly region: Region,
  ) {
    const { f } = e;
    this.f = f;
    this.longest = region.instructionCount;
    this.registers = newRegisters(f);
    this.budget = { local: f.local(i32) };
    this.target = { local: f.local(i32) };
    this.refund = { local: f.local(i32) };
    this.way = { local: f.local(i32) };
    this.answer = { local: f.local(i32) };
  }

  enter(): void {
    this.guard();
    this.load();
    this.e.assign(this.answer, JUMPS);
  }
  unwind(): void {
    this.e.assign(this.answer, UNWINDS);
  }

  /** What the code was made for must hold; otherwise the entry is the interpreter's. */
  private guard(): void {
    const { e } = this;
    const gates = new Set<number>();
    for (const { facts } of this.region.blocks.values()) for (const gate of facts.gates) gates.add(gate);
    let bad = e.eqz(e.gtS(e.state(at.RESERVE), this.longest));
    for (const gate of gates) bad = e.or(bad, e.state(gate));
    const { entries, blocks } = this.region;
    const head = blocks.get(this.head) as Block;
    for (const distance of head.pages) if (distance !== 0) bad = e.or(bad, this.isElsewhere(distance));
    if (this.region.asksShape)
      for (const [i, offset] of entries.entries()) {
        const differs = this.shapeDiffers((blocks.get(offset) as Block).facts.shape);
        bad = e.or(bad, entries.length === 1 ? differs : e.select(e.eq(ENTRY, i), differs, 0));
      }
    if (gates.has(at.X87_GATE)) bad = e.or(bad, e.xor(e.and(e.state(at.X87_CONTROL), X87_MASKS), X87_MASKS));
    if (this.region.asksMode) {
      const precision = this.region.source.mode.inexact ? PE : 0;
      bad = e.or(bad, e.xor(e.and(e.state(at.MXCSR), MODE_BITS | precision), USUAL | precision));
    }
    e.seldom(bad, () => this.giveEntry());
    e.recycle();
  }

  private get head(): number {
    return this.region.entries[0];
  }
  /** Not 0 where TOP and tags aren't these. */
  shapeDiffers({ top, tags }: X87Shape): Value {
    const { e } = this;
    return e.or(e.xor(e.state(at.X87_TOP), top), e.xor(e.state(at.X87_TAGS), tags));
  }

  /** Registers and budget out of memory, and back there. */
  load(): void {
    const { e } = this;
    const { general, vector, significand, signExponent } = this.registers;
    const { used, usedVectors, usedX87 } = this.region;
    for (let n = 0; n < 8; n++) {
      if (used & (1 << n)) e.assign({ local: general[n] }, e.state(at.GPR + 8 * n));
      if (usedVectors & (1 << n)) this.assignVector(vector[n], at.XMM + 16 * n);
      if (usedX87 & (1 << n)) {
        e.assignWide({ local: significand[n] }, e.loadHostWide(0, at.X87 + 16 * n));
        e.assign({ local: signExponent[n] }, e.loadHost(0, 2, at.X87 + 16 * n + 8));
      }
    }
    e.assign(this.budget, e.state(at.RESERVE));
    e.recycle();
  }
  private assignVector(local: number, address: number): void {
    this.f.i32(0).simdMem(SimdMem.v128_load, address).set(local);
  }
  store(how?: Value): void {
    const { e } = this;
    const { general, vector, significand, signExponent } = this.registers;
    const { dirty, dirtyVectors, dirtyX87 } = this.region;
    for (let n = 0; n < 8; n++) {
      if (dirty & (1 << n)) e.setState(at.GPR + 8 * n, { local: general[n] });
      if (dirtyVectors & (1 << n)) e.storeHostVector(0, { local: vector[n] }, at.XMM + 16 * n);
      if (dirtyX87 & (1 << n)) {
        e.storeHostWide(0, { local: significand[n] }, at.X87 + 16 * n);
        e.storeHost(0, 2, { local: signExponent[n] }, at.X87 + 16 * n + 8);
      }
    }
    if (how !== undefined && this.link.profile !== undefined) {
      for (const v of [this.region.source.id, how, e.sub(e.state(at.RESERVE), this.budget)]) e.put(v);
      this.f.call(this.link.profile);
    }
    e.setState(at.RESERVE, this.budget);
    e.recycle();
  }

  /** Gives the entry to the interpreter: its copy, or where the region has called itself and another entry's record is known, by way of its head. */
  private giveEntry(): void {
    const { f, e } = this;
    e.when(e.eq(e.loadHost(RECORD, 4, Rec.immediate), ENTRY), () => {
      e.setState(at.BUDGET, e.add(e.state(at.BUDGET), e.loadHost(RECORD, 4, Rec.position)));
      e.put(e.loadHost(RECORD, 4, Rec.target));
      f.op(Op.return);
    });
    this.jump(e.add(e.state(at.EIP_PAGE), this.head), JUMPS);
  }
  private jump(eip: Value, answer: Value): void {
    this.e.setState(at.LANDING_EIP, eip);
    this.e.put(answer);
    this.f.op(Op.return);
  }

  leave(): void {
    const { f, e } = this;
    e.assign(this.budget, e.add(this.budget, this.refund));
    this.store(this.way);
    const switches = [...this.region.blocks.values()].some((block) => block.switches);
    const exits = e.shl(this.way, 3);
    e.storeHostWide(exits, e.addWide(e.loadHostWide(exits, at.REGION_EXITS), 1n), at.REGION_EXITS);
    e.when(e.ltU(this.way, switches ? Way.events : Way.indirect), () => this.countLeave());
    e.when(e.eq(this.way, Way.entry), () => this.giveEntry());
    e.when(e.ne(this.way, Way.indirect), () => e.assign(this.target, e.add(this.target, e.state(at.EIP_PAGE))));
    e.when(e.eq(this.way, Way.events), () => {
      e.setState(at.EIP, this.target);
      e.setState(at.EXIT_RECORD, 0);
      e.setState(at.EXIT_REASON, ExitReason.Events);
      f.i32(0).op(Op.return);
    });
    this.jump(this.target, this.answer);
    f.op(Op.unreachable);
  }

  /** For whoever decides what to translate again: returns to somebody who no longer waits for them can't be helped. */
  private countLeave(): void {
    const { e } = this;
    const offset = e.sub(this.target, e.select(e.eq(this.way, Way.indirect), e.state(at.EIP_PAGE), 0));
    this.count(at.LEAVES, e.or(e.shl(this.way, OFFSET_BITS), e.and(offset, (1 << OFFSET_BITS) - 1)));
  }

  /**
   * Counts in the word that this region has there, and puts down the last case in the word behind it. The entry's record says which they are, so that the code
   * is the same whenever it is made; if that isn't the region's any more, it may be another's.
   */
  count(words: number, last?: Value): void {
    const { e } = this;
    const slot = e.and(e.loadHost(RECORD, 4, Rec.displacement), 8 * (at.LEAVES_SLOTS - 1));
    e.storeHost(slot, 4, e.add(e.loadHost(slot, 4, words), 1), words);
    if (last !== undefined) e.storeHost(slot, 4, last, words + 4);
  }

  /** Not 0 where the guest's page at this distance is not the one that the code was made from any more. */
  isElsewhere(distance: number): Value {
    const { e } = this;
    const { pages, mode } = this.region.source;
    const page = e.shrU(e.add(e.state(at.EIP_PAGE), distance * at.PAGE_SIZE), 12);
    const slot = e.shl(e.and(page, at.FETCH_CACHE_SLOTS - 1), 3);
    const tag = e.or(e.shl(page, 1), mode.user ? 1 : 0);
    const host = (pages.get(distance) as CodePage).host;
    return e.or(e.xor(e.loadHost(slot, 4, at.FETCH_CACHE), tag), e.xor(e.loadHost(slot, 4, at.FETCH_CACHE + 4), host | 0));
  }
}
