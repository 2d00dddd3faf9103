import * as at from "../cpu/layout.js";
import { Emitter } from "../isa/emitter.js";
import { entryIn, hostBy } from "../isa/tlb-access.js";
import type { FunctionBuilder, Label } from "../wasm/function.js";
import { ModuleBuilder } from "../wasm/module.js";
import { Mem, Op, ValueType } from "../wasm/opcodes.js";
import { CoreFunctions, emitBudgetCheck, emitJumpTail, JUMPS, UNWINDS } from "./core-functions.js";
import { ExitReason } from "./exit.js";
import { FIRST_REGION, handlers, hotCount, SPECIALS, Special } from "./handlers.js";
import { Rec } from "./record.js";
import { coldContinuation, hotContinuation, InterpreterStage } from "./stage.js";

/*
 * The core module: every handler, emitted from the definitions, and the dispatch loop.
 *
 * Dispatch is a hybrid (isa.md, section 2): the hot handlers stand in one function behind a `br_table`; its default arm calls the others
 * through the table. V8 gives functions of more than 8,192 virtual registers a poorer register allocator, so the hot function has a budget
 * of HOT_BYTES: a hot set that grows past it makes everything slower. `tests/vmm/core-module.test.ts` holds it there. The set is chosen by
 * counting handlers over a real boot (`npm run bench -- hot-set`): 130 of them are 99.8 % of its dispatches. Measured over whole boots, best of
 * two, CPU seconds: 90 handlers 19.7, 130 17.3, 150 20.0; 170 lose a third on simple kernels.
 */
export const HOT_BYTES = 44_000;

const { i32 } = ValueType;

export interface CoreModule {
  bytes: Uint8Array<ArrayBuffer>;
  /** Size of the hot function's code. */
  hotBytes: number;
}

/** Custom section: names of callouts by the number that emitted code passes, a line each. The module is all that an engine needs. */
const CALLOUTS = "callouts";

export function calloutNames(core: WebAssembly.Module): string[] {
  const [section] = WebAssembly.Module.customSections(core, CALLOUTS);
  return new TextDecoder().decode(section).split("\n");
}

/**
 * One module for machines of any size.
 * @param profile count every dispatch in the u32 words at PROFILE, by handler number: for choosing the hot set, not for use.
 */
export function emitCoreModule(profile = false): CoreModule {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", at.wasmPages(0));
  const core = new CoreFunctions(module);
  const callouts: string[] = [];
  const numbers = new Map<string, number>();
  const calloutNumber = (name: string): number => {
    let number = numbers.get(name);
    if (number === undefined) {
      number = callouts.push(name) - 1;
      numbers.set(name, number);
    }
    return number;
  };
  const handlerType = module.type([i32], [i32]);
  const run = module.function([i32], [], "run");
  emitHot(run.f, core, handlerType, calloutNumber, profile);

  // Table element = handler number. The hot ones' elements are never called.
  const table: number[] = Array<number>(SPECIALS + hotCount).fill(run.index);
  for (const handler of handlers.slice(hotCount)) {
    const { index, f } = module.function([i32], [i32]);
    const stage = new InterpreterStage(f, 0, core, coldContinuation(f, core), calloutNumber);
    stage.handler(handler);
    f.op(Op.unreachable);
    table.push(index);
  }
  module.elements(table, "table");
  core.exportAll();
  module.custom(CALLOUTS, new TextEncoder().encode(callouts.join("\n")));
  return { bytes: module.build(), hotBytes: run.f.size };
}

/** `run(record)`: executes from that record until something makes it leave (EXIT_REASON). */
function emitHot(
  f: FunctionBuilder,
  core: CoreFunctions,
  handlerType: number,
  calloutNumber: (name: string) => number,
  profile: boolean,
): void {
  const record = { local: 0 };
  const target = { local: f.local(i32) };
  const handler = f.local(i32);
  const e = new Emitter(f);

  const loop = f.loop();
  const fault = f.block();
  const jump = f.block();
  const labels: Label[] = [];
  const count = SPECIALS + hotCount;
  const cold = f.block();
  for (let i = 0; i < count; i++) labels.unshift(f.block());
  if (profile) {
    const counter = e.shl(e.loadHost(record, 2, Rec.handler), 2);
    e.storeHost(counter, 4, e.add(e.loadHost(counter, 4, at.PROFILE), 1), at.PROFILE);
    e.recycle();
  }
  // labels[0] is now the innermost block: its end is where handler 0 begins.
  f.get(record.local).mem(Mem.i32_load16_u, Rec.handler).tee(handler).brTable(labels, cold);

  const to = hotContinuation(f, { record: record.local, target: target.local }, { loop, jump, fault });
  const stage = new InterpreterStage(f, record.local, core, to, calloutNumber);
  for (let i = 0; i < count; i++) {
    f.end();
    if (i >= SPECIALS) stage.handler(handlers[i - SPECIALS]);
    else {
      emitSpecial(i, e, record.local, core, loop);
      e.recycle();
    }
  }

  f.end(); // cold
  e.when(
    e.ltU({ local: handler }, FIRST_REGION),
    () => f.get(record.local).get(handler).callIndirect(handlerType).set(record.local),
    () => {
      // Without the record's position, which only the interpreter's runs have.
      e.setState(at.BUDGET, e.sub(e.state(at.BUDGET), e.loadHost(record, 4, Rec.position)));
      core.enterRegion(e, { record, handler: { local: handler }, expected: 0, depth: 0 });
      f.set(record.local);
      e.when(e.eq(e.or(record, JUMPS ^ UNWINDS), UNWINDS), () => {
        e.setState(at.LANDING_VIEW, e.state(at.VIEW_JUMP_CACHE));
        e.assign(target, e.state(at.LANDING_EIP));
        e.assign(record, 0);
        f.br(jump);
      });
    },
  );
  e.when(record, () => f.br(loop));
  f.op(Op.return);

  f.end(); // jump
  emitJumpTail(e, target, record, core, {
    goTo: (next) => {
      next();
      f.set(record.local).br(loop);
    },
    leave: () => f.op(Op.return),
  });
  f.op(Op.unreachable);

  f.end(); // fault
  e.setState(at.EXIT_RECORD, record);
  e.setState(at.EXIT_REASON, ExitReason.Fault);
  f.op(Op.return);
  f.end(); // loop
}

function emitSpecial(which: number, e: Emitter, recordLocal: number, core: CoreFunctions, loop: Label): void {
  const { f } = e;
  const record = { local: recordLocal };
  const goTo = (next: () => void) => {
    next();
    f.set(recordLocal).br(loop);
  };
  const leave = () => f.op(Op.return);
  switch (which) {
    case Special.goto: {
      const budget = e.sub(e.state(at.BUDGET), e.loadHost(record, 4, Rec.position));
      e.setState(at.BUDGET, budget);
      emitBudgetCheck(e, budget, e.add(e.state(at.EIP_PAGE), e.loadHost(record, 2, Rec.offset)), leave);
      const next = e.loadHost(record, 4, Rec.target);
      e.setState(at.BUDGET, e.add(budget, e.loadHost(next, 4, Rec.position)));
      goTo(() => e.put(next));
      break;
    }
    case Special.nextPage: {
      e.setState(at.BUDGET, e.sub(e.state(at.BUDGET), e.loadHost(record, 4, Rec.position)));
      const target = e.add(e.state(at.EIP_PAGE), e.loadHost(record, 2, Rec.offset));
      emitJumpTail(e, target, record, core, { goTo, leave });
      break;
    }
    case Special.redecode: {
      e.put(record);
      f.call(core.redecode).tee(recordLocal);
      e.when(e.take(), () => f.br(loop));
      leave();
      break;
    }
    case Special.crossing: {
      // In place if the read TLB maps the next linear page to where the second half was decoded from, and all of that page lies inside CS.
      const codeBase = e.state(at.SEGMENT + at.CS * at.SEGMENT_SIZE + at.Seg.base);
      const codeLimit = e.state(at.SEGMENT + at.CS * at.SEGMENT_SIZE + at.Seg.limit);
      const inside = e.gtU(e.sub(codeLimit, e.state(at.EIP_PAGE)), 2 * at.PAGE_SIZE - 2);
      const next = e.add(e.add(e.state(at.EIP_PAGE), codeBase), at.PAGE_SIZE);
      const entry = entryIn(e, e.state(at.VIEW_READ), next);
      const mapped = e.eq(hostBy(e, entry, next), e.loadHost(record, 4, Rec.immediate));
      e.when(e.and(inside, mapped), () => goTo(() => e.put(e.loadHost(record, 4, Rec.target))));
      e.put(record);
      f.call(core.crossing).tee(recordLocal);
      e.when(e.take(), () => f.br(loop));
      leave();
      break;
    }
    default:
      e.setState(at.EXIT_RECORD, record);
      e.setState(at.EXIT_REASON, ExitReason.Stop);
      leave();
  }
}
