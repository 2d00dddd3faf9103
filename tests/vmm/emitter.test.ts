import { describe, expect, it } from "vitest";
import { Emitter, type Value } from "../../src/vmm/isa/emitter.js";
import { ModuleBuilder } from "../../src/vmm/wasm/module.js";
import { ValueType } from "../../src/vmm/wasm/opcodes.js";

const VALUES = [0, 1, 5, 31, 32, 0x80, 0xffff, 0x7fff_ffff, 0x8000_0000 | 0, -2, -1];

type Operation = (e: Emitter, a: Value, b: Value) => Value;
/** With what they mean on 32-bit numbers. */
const operations: Readonly<Record<string, readonly [Operation, (a: number, b: number) => number]>> = {
  add: [(e, a, b) => e.add(a, b), (a, b) => a + b],
  sub: [(e, a, b) => e.sub(a, b), (a, b) => a - b],
  mul: [(e, a, b) => e.mul(a, b), (a, b) => Math.imul(a, b)],
  and: [(e, a, b) => e.and(a, b), (a, b) => a & b],
  or: [(e, a, b) => e.or(a, b), (a, b) => a | b],
  xor: [(e, a, b) => e.xor(a, b), (a, b) => a ^ b],
  not: [(e, a) => e.not(a), (a) => ~a],
  shl: [(e, a, b) => e.shl(a, b), (a, b) => a << b],
  shrU: [(e, a, b) => e.shrU(a, b), (a, b) => a >>> b],
  shrS: [(e, a, b) => e.shrS(a, b), (a, b) => a >> b],
  rotl: [(e, a, b) => e.rotl(a, b), (a, b) => rotated(a, b & 31)],
  rotr: [(e, a, b) => e.rotr(a, b), (a, b) => rotated(a, (32 - (b & 31)) & 31)],
  clz: [(e, a) => e.clz(a), (a) => Math.clz32(a)],
  ctz: [(e, a) => e.ctz(a), (a) => bits(a).split("").reverse().join("").concat("1").indexOf("1")],
  eqz: [(e, a) => e.eqz(a), (a) => Number(a === 0)],
  eq: [(e, a, b) => e.eq(a, b), (a, b) => Number(a === b)],
  ne: [(e, a, b) => e.ne(a, b), (a, b) => Number(a !== b)],
  ltU: [(e, a, b) => e.ltU(a, b), (a, b) => Number(a >>> 0 < b >>> 0)],
  ltS: [(e, a, b) => e.ltS(a, b), (a, b) => Number(a < b)],
  gtU: [(e, a, b) => e.gtU(a, b), (a, b) => Number(a >>> 0 > b >>> 0)],
  gtS: [(e, a, b) => e.gtS(a, b), (a, b) => Number(a > b)],
  trunc1: [(e, a) => e.trunc(a, 1), (a) => a & 0xff],
  trunc2: [(e, a) => e.trunc(a, 2), (a) => a & 0xffff],
  sext1: [(e, a) => e.sext(a, 1), (a) => (a << 24) >> 24],
  sext2: [(e, a) => e.sext(a, 2), (a) => (a << 16) >> 16],
  select: [(e, a, b) => e.select(a, b, 7), (a, b) => (a === 0 ? 7 : b)],
  when: [chosen, (a, b) => (a === 0 ? 7 : b)],
};

function bits(a: number): string {
  return (a >>> 0).toString(2).padStart(32, "0");
}
function rotated(a: number, by: number): number {
  return Number.parseInt(bits(a).slice(by) + bits(a).slice(0, by), 2) | 0;
}
function chosen(e: Emitter, a: Value, b: Value): Value {
  const result = e.variable(0);
  e.when(
    a,
    () => e.assign(result, b),
    () => e.assign(result, 7),
  );
  return result;
}

/** What may be known when code is emitted, and is folded then, must be what the code would have computed. */
describe("operations on values that are known, and on values that are computed", () => {
  it.each(Object.entries(operations))("%s", (_, [operation, meaning]) => {
    const module = new ModuleBuilder();
    const pairs = VALUES.flatMap((a) => VALUES.map((b): [number, number] => [a, b]));
    const emit = (name: string, operands: (a: Value, b: Value) => readonly [Value, Value]) => {
      const { f } = module.function([ValueType.i32, ValueType.i32], [ValueType.i32], name);
      const e = new Emitter(f);
      const [a, b] = operands({ local: 0 }, { local: 1 });
      e.put(operation(e, a, b));
    };
    emit("computed", (a, b) => [a, b]);
    for (const [i, [a, b]] of pairs.entries()) {
      emit(`known ${i}`, () => [a, b]);
      emit(`left ${i}`, (_a, y) => [a, y]);
      emit(`right ${i}`, (x) => [x, b]);
    }
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.build()));
    const run = (name: string, a: number, b: number) => (instance.exports[name] as (a: number, b: number) => number)(a, b);
    for (const [i, [a, b]] of pairs.entries()) {
      const results = ["computed", `known ${i}`, `left ${i}`, `right ${i}`].map((name) => run(name, a, b));
      expect([a, b, ...results]).toEqual([a, b, ...Array(4).fill(meaning(a, b) | 0)]);
    }
  });
});
