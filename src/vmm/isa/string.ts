import { EAX, ECX, EDI, ESI } from "../cpu/general-registers.js";
import { EFLAGS, ES } from "../cpu/layout.js";
import { define } from "./definition.js";
import type { Value } from "./emitter.js";
import { DF } from "./flags.js";
import type { Stage } from "./stage.js";

/*
 * String instructions. One iteration is one restartable step: registers change only after both accesses are translated, so a fault in
 * the middle of a REP leaves ECX, ESI and EDI at the iteration that faulted. A count of 0 touches no memory. Flags come from the last
 * iteration only, so a fault in any of them finds those from before the instruction (SDM vol. 2, REP).
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

for (const name of ["movs", "stos", "lods"]) {
  define(
    `rep_${name}`,
    (x, size) => {
      x.when(countLeft(x), () => {
        iterations[name](x, size);
        advance(x, ECX, -1);
        // The last iteration ends the instruction: a trap behind it is behind the instruction.
        x.when(countLeft(x), () => x.again());
      });
    },
    { implicit: true },
  );
}

for (const name of ["cmps", "scas"]) {
  for (const [prefix, zf] of [
    ["repe", 1],
    ["repne", 0],
  ] as const) {
    define(
      `${prefix}_${name}`,
      (x, size) => {
        x.when(countLeft(x), () => {
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
