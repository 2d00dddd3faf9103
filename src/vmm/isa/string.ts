import { EAX, ECX, EDI, ESI } from "../cpu/general-registers.js";
import { EFLAGS, ES } from "../cpu/layout.js";
import { define } from "./definition.js";
import type { Temp, Value } from "./emitter.js";
import { DF } from "./flags.js";
import type { Helper, Stage } from "./stage.js";
import { bulkCompare, bulkLoad, bulkMove, bulkScan, bulkStore } from "./string-bulk.js";

/*
 * String instructions. One iteration is one restartable step: registers change only after both accesses are translated, so a fault in
 * the middle of a REP leaves ECX, ESI and EDI at the iteration that faulted. A count of 0 touches no memory. Flags come from the last
 * iteration only, so a fault in any of them finds those from before the instruction (SDM vol. 2, REP).
 *
 * Where both pages are at hand, the iterations that are not the last one are done many at a time (string-bulk.ts). They are the same iterations:
 * each retires, and there are never more of them than the budget has left, so it shows nowhere.
 */

/** +size or -size by DF. */
function step(x: Stage, size: number): Value {
  return x.select(x.and(x.state(EFLAGS), DF), -size, size);
}

function advance(x: Stage, register: number, by: Value): void {
  const mask = x.addressMask();
  const old = x.reg(register);
  x.setReg(register, 4, x.or(x.and(x.add(old, by), mask), x.and(old, x.not(mask))));
}

function source(x: Stage, size: number, kind: "read" | "deferredRead" = "read"): Value {
  return x.translateSource(x.and(x.reg(ESI), x.addressMask()), size, kind);
}
function destination(x: Stage, size: number, kind: "read" | "write"): Value {
  return x.translate(ES, x.and(x.reg(EDI), x.addressMask()), size, kind);
}

/** Each iteration's work; gives the flags' operands where it compares. */
const iterations: Record<string, (x: Stage, size: number) => { a: Value; b: Value } | undefined> = {
  movs(x, size) {
    const read = x.deferRead(size, (kind) => source(x, size, kind));
    const to = destination(x, size, "write");
    const by = step(x, size);
    x.store(to, size, read());
    advance(x, ESI, by);
    advance(x, EDI, by);
    return undefined;
  },
  stos(x, size) {
    const to = destination(x, size, "write");
    x.store(to, size, x.reg(EAX, size));
    advance(x, EDI, step(x, size));
    return undefined;
  },
  lods(x, size) {
    const v = x.loadHost(source(x, size), size);
    x.setReg(EAX, size, v);
    advance(x, ESI, step(x, size));
    return undefined;
  },
  cmps(x, size) {
    const a = x.loadHost(source(x, size), size);
    const b = x.loadHost(destination(x, size, "read"), size);
    const by = step(x, size);
    advance(x, ESI, by);
    advance(x, EDI, by);
    return { a, b };
  },
  scas(x, size) {
    const b = x.loadHost(destination(x, size, "read"), size);
    advance(x, EDI, step(x, size));
    return { a: x.reg(EAX, size), b };
  },
};

function compareFlags(x: Stage, size: number, of: { a: Value; b: Value } | undefined): void {
  if (of) x.flags("sub", size, { ...of, r: x.trunc(x.sub(of.a, of.b), size) });
}

function countLeft(x: Stage): Value {
  return x.and(x.reg(ECX), x.addressMask());
}

for (const [name, iterate] of Object.entries(iterations)) {
  define(name, (x, size) => compareFlags(x, size, iterate(x, size)), { implicit: true });
}

/** Does up to `most` iterations of an instruction in memory; `act` then moves its registers on, all but ECX. */
type Bulk = (x: Stage, size: number, most: Value) => { count: Temp; act(): void };

function call(x: Stage, helper: Helper, ...args: Value[]): Temp {
  for (const arg of args) x.put(arg);
  x.callHelper(helper);
  return x.take();
}
function forward(x: Stage, size: number, count: Value, ...registers: number[]): void {
  for (const register of registers) advance(x, register, x.shl(count, size >> 1));
}

const bulk = {
  movs(x: Stage, size: number, most: Value) {
    const count = call(x, bulkMove[size], x.reg(ESI), x.reg(EDI), most);
    return { count, act: () => forward(x, size, count, ESI, EDI) };
  },
  stos(x: Stage, size: number, most: Value) {
    const count = call(x, bulkStore[size], x.reg(EDI), x.reg(EAX, size), most);
    return { count, act: () => forward(x, size, count, EDI) };
  },
  lods(x: Stage, size: number, most: Value) {
    const count = call(x, bulkLoad[size], x.reg(ESI), most);
    const last = x.take();
    const act = () => {
      x.setReg(EAX, size, last);
      forward(x, size, count, ESI);
    };
    return { count, act };
  },
  cmps:
    (goOn: 0 | 1): Bulk =>
    (x, size, most) => {
      const count = call(x, bulkCompare[goOn][size], x.reg(ESI), x.reg(EDI), most);
      return { count, act: () => forward(x, size, count, ESI, EDI) };
    },
  scas:
    (goOn: 0 | 1): Bulk =>
    (x, size, most) => {
      const count = call(x, bulkScan[goOn][size], x.reg(EDI), x.reg(EAX, size), most);
      return { count, act: () => forward(x, size, count, EDI) };
    },
};

/** All iterations that can be done at once, if there are any; then the instruction goes on from there. */
function bulkIterations(x: Stage, size: number, iterate: Bulk): void {
  if (!x.stringsAreFlat()) return;
  const left = x.sub(x.reg(ECX), 1);
  x.when(x.and(x.ne(left, 0), x.eqz(x.and(x.state(EFLAGS), DF))), () => {
    const budget = x.budgetLeft();
    // Unsigned: counts of 2^31 and more are counts.
    const { count, act } = iterate(x, size, x.select(x.ltU(left, budget), left, budget));
    x.when(count, () => {
      act();
      advance(x, ECX, x.sub(0, count));
      x.again(count);
    });
  });
}

for (const name of ["movs", "stos", "lods"] as const) {
  define(
    `rep_${name}`,
    (x, size) => {
      x.when(countLeft(x), () => {
        bulkIterations(x, size, bulk[name]);
        iterations[name](x, size);
        advance(x, ECX, -1);
        // The last iteration ends the instruction: a trap behind it is behind the instruction.
        x.when(countLeft(x), () => x.again());
      });
    },
    { implicit: true },
  );
}

for (const name of ["cmps", "scas"] as const) {
  for (const [prefix, zf] of [
    ["repe", 1],
    ["repne", 0],
  ] as const) {
    define(
      `${prefix}_${name}`,
      (x, size) => {
        x.when(countLeft(x), () => {
          bulkIterations(x, size, bulk[name](zf));
          const of = iterations[name](x, size);
          advance(x, ECX, -1);
          const goOn = of ? x.eq(x.eq(of.a, of.b), zf) : 0;
          x.when(x.and(goOn, x.ne(countLeft(x), 0)), () => x.again());
          compareFlags(x, size, of);
        });
      },
      { implicit: true },
    );
  }
}
