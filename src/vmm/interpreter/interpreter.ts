import { type Callout, Outcome } from "../cpu/callout.js";
import { systemCallouts } from "../cpu/callouts.js";
import type { Cpu } from "../cpu/cpu.js";
import { Event } from "../cpu/events.js";
import { NO_ERROR_CODE, RUN_ALONE, Vector } from "../cpu/exceptions.js";
import { savedFlags } from "../cpu/interruption.js";
import * as at from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import { Decoder, MAX_LENGTH, NEEDS_MORE } from "../decode/decoder.js";
import { IF } from "../isa/flags.js";
import { enterGate } from "../isa/gate-entry.js";
import type { Mmu } from "../mmu/mmu.js";
import { sseCallouts } from "../sse/callouts.js";
import { newTranslatorCounters, type TranslatorCounters } from "../translator/counters.js";
import type { TranslatorPort } from "../translator/port.js";
import { type HandlerTable, TranslationCache, type TranslationOptions } from "../translator/translation-cache.js";
import { x87Callouts } from "../x87/callouts.js";
import { Budget } from "./budget.js";
import { CodeCache, LONGEST_RUN } from "./code-cache.js";
import { CoreExport, type CoreImports } from "./core-functions.js";
import { calloutNames, emitCoreModule } from "./core-module.js";
import { ExitReason } from "./exit.js";
import { handlers, SPECIALS, Special } from "./handlers.js";
import { HotSamples } from "./hot-samples.js";
import { InsnView } from "./insn-view.js";
import { JumpCaches } from "./jump-cache.js";
import { type CodeMode, fillRecord, fillSpecial } from "./predecoder.js";
import { RECORD_SIZE, Rec } from "./record.js";

/** Why the engine stopped executing. */
export const Stopped = {
  /** The budget is used up. */
  Budget: "budget",
  /** `Event.Stop` is set: somebody wants the processor at rest. */
  Requested: "requested",
  /** HLT: nothing to do before an interrupt. */
  Halted: "halted",
  /** A fault while delivering a double fault: the processor shuts down. */
  TripleFault: "tripleFault",
} as const;
export type Stopped = (typeof Stopped)[keyof typeof Stopped];

/** What a timer interrupt takes of an idle guest is over before it is looked at. */
const STRETCHES_AFTER_REST = 10;

/**
 * Of a budget that is longer than this, what is left when regions can't be sure to have enough is not worth interpreting: they are up to some hundred
 * instructions long.
 */
const LONG = 100_000;
const REMAINDER = 1000;

const TWO_PAGES = 2 * at.PAGE_SIZE;

/** Acknowledges INTR: the vector that the interrupt controller gives. */
export type Acknowledge = () => number;

/**
 * The first engine: runs predecoded instructions with the emitted core module. Its state is that of the `Cpu`; between calls of `run` all of
 * it is in memory (EIP included), so engines can take turns.
 */
export class Interpreter {
  /** Called before code runs on after something that decoded code or the decision engine depends on may have changed. */
  onDispatch: () => void = () => undefined;
  /** Interrupts and exceptions delivered. */
  interrupts = 0;
  exceptions = 0;
  /** What was attended to at the cost of budget: deliveries, and attempts at them. */
  charged = 0;

  get translator(): TranslatorCounters {
    const counters = this.translations?.counters ?? newTranslatorCounters();
    return { ...counters, instructions: this.budget.translated };
  }
  readonly budget: Budget;
  readonly cache: CodeCache;
  private readonly jumps: JumpCaches;
  private readonly state: CpuState;
  private readonly insn: InsnView;
  private readonly callouts: readonly Callout[];
  private readonly execute: (record: number) => void;
  private readonly decoder = new Decoder();
  private readonly bytes = new Uint8Array(MAX_LENGTH);
  /** Of system code, and of code of CPL 3: which it is, CPL says. Emitted code changes that by itself. */
  private systemMode: CodeMode = { code32: false, flat: false, user: false, direct: false };
  private userMode: CodeMode = { ...this.systemMode, user: true };
  /** Whether code of CPL 3 is executed directly, as the decision engine has it. */
  private direct = false;
  /** Hot code in translation; none: all of it is interpreted. */
  private translations?: TranslationCache;
  private samples?: HotSamples;
  private readonly instance: WebAssembly.Instance;
  /** The guest had nothing to do before this run. */
  private rested = false;
  private codeBase = 0;
  private codeLimit = 0;
  /** Record of the callout in progress: what precedes it in its run has retired, though BUDGET doesn't say so yet. */
  private inCallout = 0;

  constructor(
    private readonly cpu: Cpu,
    private readonly mmu: Mmu,
    private readonly acknowledge: Acknowledge,
    core: WebAssembly.Module,
  ) {
    this.state = cpu.state;
    this.budget = new Budget(cpu.state);
    this.insn = new InsnView(cpu.state);
    this.jumps = new JumpCaches(cpu.state);
    this.cache = new CodeCache(cpu.state, (page) => mmu.protectCode(page));
    mmu.memory.codeWatch = this.cache;
    mmu.onFlush = (kind, linear) => this.jumps.flushed(kind, linear);
    cpu.onModeChange = () => this.modeChanged();
    this.callouts = calloutNames(core).map((name) => {
      const callout = systemCallouts[name] ?? x87Callouts[name] ?? sseCallouts[name];
      if (!callout) throw new Error(`no callout is called ${name}`);
      return callout;
    });
    const imports: CoreImports = {
      slow: (linear, size, access) => mmu.slow(linear, size, access),
      commit: () => mmu.commit(),
      segmentFault: (segment) => {
        cpu.raise(segment === at.SS ? Vector.SS : Vector.GP, 0);
      },
      callout: (record, id) => this.callout(record, id),
      lookup: (eip, record) => this.lookup(eip >>> 0, record),
      redecode: (record) => this.redecode(record),
      crossing: (record) => this.crossing(record),
    };
    this.instance = new WebAssembly.Instance(core, { env: { memory: cpu.state.memory, ...imports } });
    this.execute = this.instance.exports.run as (record: number) => void;
    const enter = this.instance.exports[CoreExport.helper(enterGate.name)] as (...words: number[]) => number;
    cpu.entersGate = (what) => {
      const { vector, error, returnEip } = what;
      const hasError = error === NO_ERROR_CODE ? 0 : 1;
      if (enter(vector, error, hasError, returnEip, savedFlags(cpu, what), this.budget.left) === 0) return false;
      cpu.stepping = false;
      return true;
    };
    this.modeChanged();
  }

  /** From now on hot code is translated by whoever is behind the port. */
  translateBy(port: TranslatorPort, options: TranslationOptions): TranslationCache {
    const { exports } = this.instance;
    this.budget.quantum = options.quantum;
    // Code that has been decoded before is to be looked up once more.
    this.cache.flush();
    this.jumps.clear();
    const table = exports.table as unknown as HandlerTable;
    const fetchedFrom = (linear: number) => this.mmu.lastFetched(linear);
    this.translations = new TranslationCache(this.state, this.cache, table, exports, port, fetchedFrom, options);
    this.samples = new HotSamples(this.state, this.jumps, this.translations, fetchedFrom);
    return this.translations;
  }

  /** The guest has nothing to do for a while. */
  idle(): void {
    this.translations?.rest();
    this.rested = true;
  }

  /** Instructions retired up to the end of the last run; and up to this moment, also while a callout runs. */
  get retired(): number {
    return this.budget.retired;
  }
  get retiredNow(): number {
    const before = this.inCallout ? this.state.i32[(this.inCallout + Rec.position) >> 2] : 0;
    return this.budget.retiredNow + before;
  }
  /** Dispatches by handler, most frequent first, where the core module was emitted for profiling. */
  get dispatches(): { handler: string; count: number }[] {
    const counts = handlers.map(({ key }, i) => ({ handler: key, count: this.state.get(at.PROFILE + 4 * (SPECIALS + i)) }));
    return counts.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  }

  /**
   * Executes until about `budget` instructions have retired (a run of decoded code goes on to its end, LONGEST_RUN at most) or something else comes
   * up. Events that wait are attended first. What is delivered uses up budget too.
   *
   * `exact`: never more than `budget` retire, whichever way code is run. What is left of them at last is run by run of
   * records, as they fit, then stepped; and at their end nothing is attended to: what devices do at that time comes first.
   */
  run(budget: number, exact = false): Stopped {
    const { state } = this;
    const stepped = exact ? LONGEST_RUN : 0;
    const enough = !exact && budget > LONG ? REMAINDER : -stepped;
    this.budget.set(budget - stepped, 0);
    // What time has passed meanwhile, no instruction tells.
    state.set(at.TSC_WINDOW, 0);
    this.translations?.exchange();
    this.budget.refill(this.rested ? STRETCHES_AFTER_REST : 1);
    this.rested = false;
    for (;;) {
      if (exact && this.budget.left + stepped <= 0) return this.rest(Stopped.Budget);
      if (state.get(at.EVENTS) & ~Event.Resume) {
        const stopped = this.attend();
        if (stopped) return this.rest(stopped);
      }
      if (this.budget.left <= enough) return this.rest(Stopped.Budget);
      const sampling = this.budget.stretch <= 0 && this.budget.left > 0;
      if (sampling) this.budget.refill();
      // What was attended to may have raised another event, which comes before the next instruction.
      if (state.get(at.EVENTS) !== 0) {
        if (state.get(at.EVENTS) === Event.Resume) this.cpu.endResume();
        continue;
      }
      this.onDispatch();
      const record = this.resume(this.cpu.eip);
      if (record && this.budget.left <= 0 && !this.fits(record, this.budget.left + stepped)) {
        if (this.step() === "tripleFault") return this.rest(Stopped.TripleFault);
        continue;
      }
      if (record) {
        if (sampling) this.samples?.take(record, this.cpu.eip, this.codeBase, this.mode);
        this.enter(record);
      }
      if (!this.leave()) return this.rest(Stopped.TripleFault);
    }
  }

  /**
   * Executes the translated region that begins at EIP, until it is left or there are no more of `budget` instructions than it has; where none begins,
   * a single instruction, exactly. For whoever wants to look at the state behind each region.
   */
  runRegion(budget: number): Stopped {
    const { state } = this;
    const record = state.get(at.EVENTS) === 0 ? this.lookup(this.cpu.eip, 0) : 0;
    if (!record || !this.translations?.begins(record)) return this.run(1, true);
    this.onDispatch();
    // All of it in reserve: the region is entered all the same, and whatever comes behind it leaves.
    this.budget.set(0, budget);
    const masked = (state.get(at.EFLAGS) & IF) === 0;
    this.enter(record);
    let alive = this.leave();
    // It may have been left right behind STI, whose shadow nothing but running on keeps where no event waits.
    if (alive && masked && state.get(at.EFLAGS) & IF && state.get(at.EVENTS) === 0) alive = this.step() !== "tripleFault";
    return this.rest(alive ? Stopped.Budget : Stopped.TripleFault);
  }

  /** Whether no more than so many instructions retire from this record to the end of its run. A record that is to be decoded again is none yet. */
  private fits(record: number, left: number): boolean {
    const length = this.cache.runLength(record);
    return length > 0 && length <= left;
  }

  private rest(stopped: Stopped): Stopped {
    this.budget.account();
    // The word is cleared by a reset: between runs it must not count.
    this.budget.set(0, 0);
    return stopped;
  }
  /** Runs from a record; positions of runs are added to the budget on the way in and taken off on the way out. */
  private enter(record: number): void {
    const { i32 } = this.state;
    i32[at.BUDGET >> 2] += i32[(record + Rec.position) >> 2];
    this.execute(record);
    const exit = i32[at.EXIT_RECORD >> 2];
    if (exit) {
      i32[at.BUDGET >> 2] -= i32[(exit + Rec.position) >> 2];
      i32[at.EIP >> 2] = i32[at.EIP_PAGE >> 2] + this.state.u16[(exit + Rec.offset) >> 1];
      // For these two reasons run is left at an instruction only if that is to be repeated.
      const reason = i32[at.EXIT_REASON >> 2];
      if (reason === ExitReason.Budget || reason === ExitReason.Events) this.cpu.betweenIterations();
    }
  }

  /** Acts on the reason for which `run` or `lookup` gave up. False: triple fault. */
  private leave(): boolean {
    switch (this.state.get(at.EXIT_REASON)) {
      case ExitReason.Fault:
        return this.state.get(at.FAULT_VECTOR) === RUN_ALONE ? this.stepAlone() : this.deliverFault();
      case ExitReason.Events:
        this.cpu.updateEvents();
        return true;
      case ExitReason.Step:
        return this.step() !== "tripleFault";
      case ExitReason.Flush:
        this.cache.makeRoom();
        this.jumps.clear();
        return true;
      default:
        return true;
    }
  }

  private deliverFault(): boolean {
    this.exceptions++;
    this.charge();
    return this.cpu.deliverFault();
  }

  /**
   * What is delivered uses up budget, though nothing retires: a guest whose handlers fault at their first instruction, each in the other or
   * in itself, must not keep `run` from returning.
   */
  private charge(): void {
    this.charged++;
    this.budget.charge();
  }

  /** Attends to EVENTS in order of priority (cpu/events.ts). Gives a reason to stop, if there is one. */
  private attend(): Stopped | undefined {
    const { cpu, state } = this;
    const events = state.get(at.EVENTS);
    if (events & Event.Stop) return Stopped.Requested;
    let alive = true;
    const open = !(events & Event.StackShadow);
    if (events & (Event.Debug | Event.Nmi | Event.Intr)) this.charge();
    if (open && events & Event.Debug) alive = cpu.deliverDebugTrap();
    else if (open && events & Event.Nmi) alive = cpu.deliverNmi();
    else if (events & Event.Intr && cpu.interruptible()) {
      this.interrupts++;
      alive = cpu.deliverInterrupt(this.acknowledge());
    } else if (events & Event.Halted) return Stopped.Halted;
    else if (events & Event.VirtualInterrupt && cpu.virtualInterruptRaised()) alive = this.deliverFault();
    else if (events & (Event.SingleStep | Event.Shadow | Event.Breakpoints | Event.VirtualInterrupt)) alive = this.stepAlone();
    else cpu.updateEvents();
    return alive ? undefined : Stopped.TripleFault;
  }

  /** One instruction under `SingleStep`, `Shadow` or `Breakpoints`, or one that meets a data breakpoint. False: triple fault. */
  private stepAlone(): boolean {
    if (!this.cpu.beforeInstruction()) return true;
    const outcome = this.step();
    if (outcome === "retired") this.cpu.afterInstruction();
    return outcome !== "tripleFault";
  }

  // What emitted code asks for

  private exit(reason: ExitReason, record: number): 0 {
    this.state.set(at.EXIT_RECORD, record);
    this.state.set(at.EXIT_REASON, reason);
    return 0;
  }

  private callout(record: number, id: number): number {
    const { state, cpu, insn } = this;
    const { i32 } = state;
    i32[at.EIP >> 2] = i32[at.EIP_PAGE >> 2] + state.u16[(record + Rec.offset) >> 1];
    insn.record = record;
    this.inCallout = record;
    const outcome = this.callouts[id](cpu, insn);
    this.inCallout = 0;
    switch (outcome) {
      case Outcome.Next:
        if (state.get(at.EVENTS) === 0) return record + RECORD_SIZE;
        i32[at.EIP >> 2] += state.u8[record + Rec.length];
        i32[at.BUDGET >> 2] -= i32[(record + Rec.position) >> 2] + 1;
        return this.exit(ExitReason.Events, 0);
      case Outcome.Jump: {
        i32[at.BUDGET >> 2] -= i32[(record + Rec.position) >> 2] + 1;
        if (state.get(at.EVENTS) !== 0) return this.exit(ExitReason.Events, 0);
        if (i32[at.BUDGET >> 2] <= 0) return this.exit(ExitReason.Budget, 0);
        this.onDispatch();
        const next = this.resume(cpu.eip);
        if (next) i32[at.BUDGET >> 2] += i32[(next + Rec.position) >> 2];
        return next;
      }
      case Outcome.Again:
        i32[at.BUDGET >> 2] -= 1;
        if (state.get(at.EVENTS) !== 0) return this.exit(ExitReason.Events, record);
        if (i32[at.BUDGET >> 2] <= i32[(record + Rec.position) >> 2]) return this.exit(ExitReason.Budget, record);
        return record;
      case Outcome.FaultInNewTask:
        i32[at.BUDGET >> 2] -= i32[(record + Rec.position) >> 2] + 1;
        return this.exit(ExitReason.Fault, 0);
      default:
        return this.exit(ExitReason.Fault, record);
    }
  }

  /** Record to go on at, by the jump cache where it knows. */
  private resume(eip: number): number {
    this.codeSegmentChanged();
    const record = this.jumps.find(eip);
    if (record === 0) return this.lookup(eip, 0);
    const { i32, u16 } = this.state;
    i32[at.EIP >> 2] = eip;
    i32[at.EIP_PAGE >> 2] = eip - u16[(record + Rec.offset) >> 1];
    return record;
  }

  private lookup(eip: number, from: number): number {
    const { state, mmu, cache } = this;
    const { i32 } = state;
    this.codeSegmentChanged();
    i32[at.EIP >> 2] = eip;
    if (eip > this.codeLimit) {
      this.cpu.raise(Vector.GP, 0);
      return this.exit(ExitReason.Fault, 0);
    }
    if (!cache.hasRoom()) return this.exit(ExitReason.Flush, 0);
    const linear = (eip + this.codeBase) >>> 0;
    const page = mmu.translateFetch(linear);
    if (page < 0) return this.exit(ExitReason.Fault, 0);
    const offset = linear & 0xfff;
    const eipPage = (eip - offset) | 0;
    const host = mmu.memory.host(page);
    // A page that is no memory, or that the code segment ends in, is stepped.
    if (host === 0 || eip + 0xfff - offset > this.codeLimit) return this.exit(ExitReason.Step, 0);
    const record = cache.find(host - at.RAM_BASE + offset, this.mode);
    // A direct branch is linked when its target turns out to lie in its own page: one link must not outlive the other end.
    if (from && i32[at.EIP_PAGE >> 2] === eipPage && cache.standsIn(from, host - at.RAM_BASE, this.mode))
      i32[(from + Rec.target) >> 2] = record;
    i32[at.EIP_PAGE >> 2] = eipPage;
    this.jumps.enter(eip, record, linear, mmu.fetchedGlobally(linear));
    this.samples?.found(record, host + offset, linear, this.mode);
    return record;
  }

  private redecode(record: number): number {
    const { i32, u16 } = this.state;
    i32[at.BUDGET >> 2] -= i32[(record + Rec.position) >> 2];
    const eip = (i32[at.EIP_PAGE >> 2] + u16[(record + Rec.offset) >> 1]) >>> 0;
    if (i32[at.BUDGET >> 2] <= 0) {
      i32[at.EIP >> 2] = eip;
      return this.exit(ExitReason.Budget, 0);
    }
    const next = this.lookup(eip, 0);
    if (next) i32[at.BUDGET >> 2] += i32[(next + Rec.position) >> 2];
    return next;
  }

  private crossing(record: number): number {
    const { state, mmu, cache } = this;
    const { i32 } = state;
    // Where the code segment ends, the instruction's first bytes alone decide.
    if ((this.codeLimit - i32[at.EIP_PAGE >> 2]) >>> 0 < TWO_PAGES - 1) return this.exit(ExitReason.Step, record);
    const first = (i32[at.EIP_PAGE >> 2] + this.codeBase) >>> 0;
    const next = (first + at.PAGE_SIZE) >>> 0;
    const page = mmu.translateFetch(next);
    // They may also be enough to fault on; and a page that is no memory can't be decoded ahead.
    const host = page < 0 ? 0 : mmu.memory.host(page);
    if (host === 0 || !cache.hasRoom()) return this.exit(ExitReason.Step, record);
    const here = mmu.translateFetch(first);
    if (here < 0) return this.exit(ExitReason.Step, record);
    // Enters the page into the read TLB, where emitted code looks it up. Not an access of the guest's.
    mmu.read(next, 1, this.cpu.cpl === 3);
    if ((host | 0) === i32[(record + Rec.immediate) >> 2]) return i32[(record + Rec.target) >> 2];
    const own = mmu.memory.host(here) - at.RAM_BASE;
    // It may have been reached by a mapping that is no more.
    if (!cache.standsIn(record, own, this.mode)) return this.exit(ExitReason.Step, record);
    return cache.decodeCrossing(record, own + state.u16[(record + Rec.offset) >> 1], host - at.RAM_BASE, this.mode);
  }

  // Modes

  private modeChanged(): void {
    const { cpu, state } = this;
    const code32 = (state.segment(at.CS, at.Seg.access) & 0x4000) !== 0;
    const flat =
      state.get(at.STACK_MASK) !== 0xffff &&
      state.segment(at.CS, at.Seg.limit) === 0xffff_ffff &&
      cpu.isFlat(at.ES) &&
      cpu.isFlat(at.SS) &&
      cpu.isFlat(at.DS);
    // The jump caches of the two privileges are apart.
    if (code32 === this.systemMode.code32 && flat === this.systemMode.flat) return;
    this.jumps.clear();
    this.systemMode = { code32, flat, user: false, direct: false };
    this.userMode = { code32, flat, user: true, direct: this.direct };
  }
  private get mode(): CodeMode {
    return this.cpu.cpl === 3 ? this.userMode : this.systemMode;
  }

  /** The decision engine has decided otherwise about code of CPL 3. */
  setDirect(direct: boolean): void {
    if (direct === this.direct) return;
    this.direct = direct;
    this.jumps.clear();
    this.userMode = { ...this.userMode, direct };
  }

  /** The jump caches go by EIP, so they hold for one base and limit of CS. */
  private codeSegmentChanged(): void {
    const base = this.state.segment(at.CS, at.Seg.base);
    const limit = this.state.segment(at.CS, at.Seg.limit);
    if (base === this.codeBase && limit === this.codeLimit) return;
    this.codeBase = base;
    this.codeLimit = limit;
    this.jumps.clear();
  }

  /**
   * Executes exactly one instruction (or one iteration of a repeated one) at EIP, from its bytes in linear memory and past every cache:
   * for single step, interrupt shadows, breakpoints, code outside RAM, and code near the limit of its segment.
   */
  step(): "retired" | "faulted" | "tripleFault" {
    const { state, cpu, mmu, decoder, bytes } = this;
    const { i32 } = state;
    this.codeSegmentChanged();
    const eip = cpu.eip;
    // Nothing is fetched from beyond the segment: with a limit of 4 GiB - 1, an instruction that runs over the top is #GP(0), not a page fault.
    const room = Math.min(MAX_LENGTH, this.codeLimit - eip + 1);
    const linear = (eip + this.codeBase) >>> 0;
    const here = Math.min(room, at.PAGE_SIZE - (linear & 0xfff));
    let available = room > 0 ? mmu.readBlock(linear, bytes.subarray(0, here)) : 0;
    let length = decoder.decode(bytes, 0, available, this.mode.code32);
    // The next page is looked at only for an instruction that goes on there: it may be a device's.
    if (length === NEEDS_MORE && available === here && here < room) {
      available += mmu.readBlock((linear + here) >>> 0, bytes.subarray(here, room));
      length = decoder.decode(bytes, 0, available, this.mode.code32);
    }
    if (length === NEEDS_MORE) {
      // Otherwise readBlock has recorded the #PF of the byte that is missing.
      if (available >= room) cpu.raise(Vector.GP, 0);
      return this.faulted();
    }
    fillRecord(state, at.STEP_RECORD, decoder, this.mode, 0, 0);
    fillSpecial(state, at.STEP_RECORD + RECORD_SIZE, Special.stop, decoder.length, 1);
    i32[at.EIP_PAGE >> 2] = eip;
    const { stretch, reserve } = this.budget;
    this.budget.account();
    // No budget: whatever transfers control leaves as soon as it has.
    this.budget.set(0, 0);
    mmu.runsAlone = true;
    this.enter(at.STEP_RECORD);
    mmu.runsAlone = false;
    const used = -this.budget.stretch;
    this.budget.account();
    this.budget.set(stretch - used, reserve);
    if (state.get(at.EXIT_REASON) === ExitReason.Fault) return this.faulted();
    if (state.get(at.EXIT_REASON) === ExitReason.Events) cpu.updateEvents();
    return "retired";
  }

  private faulted(): "faulted" | "tripleFault" {
    return this.deliverFault() ? "faulted" : "tripleFault";
  }
}

/** Emits and compiles the core module. */
export function compileCore(profile = false): WebAssembly.Module {
  return new WebAssembly.Module(emitCoreModule(profile).bytes);
}
