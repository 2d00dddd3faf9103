import { wasmPages } from "../../src/vmm/cpu/layout.js";
import { REGION_PARAMETERS } from "../../src/vmm/interpreter/core-functions.js";
import { type ImportedFunction, type RegionObject, SELF } from "../../src/vmm/translator/link.js";
import { FunctionBuilder } from "../../src/vmm/wasm/function.js";
import { Op, ValueType } from "../../src/vmm/wasm/opcodes.js";

/** Regions' functions made by hand, which do nothing but sums: what they are given, and what the functions say that they import. */
const { i32 } = ValueType;
const twice: ImportedFunction = { name: "twice", params: [i32], results: [i32] };
const less: ImportedFunction = { name: "less", params: [i32, i32], results: [i32] };
export const core = { twice: (a: number) => 2 * a, less: (a: number, b: number) => a - b };

/** Of a region's four parameters. */
export type Sum = (a: number, b: number, c: number, d: number) => number;

/** `imports`: by position, as `call(SELF + 1 + n)` calls them. */
export function objectOf(imports: readonly ImportedFunction[], emit: (f: FunctionBuilder) => void): RegionObject {
  const f = new FunctionBuilder(REGION_PARAMETERS, [i32], undefined, true);
  emit(f);
  return { body: f.body.slice(), calls: f.calls, hints: f.hints, imports };
}

/** a + n, without any call. */
export const plus = (n: number): RegionObject => objectOf([], (f) => f.get(0).i32(n).op(Op.i32_add));
/** 2a + n: the first of its imports is not called. */
export const twicePlus = (n: number): RegionObject =>
  objectOf([less, twice], (f) =>
    f
      .get(0)
      .call(SELF + 2)
      .i32(n)
      .op(Op.i32_add),
  );
/** 2(a - b) - c. */
export const lessTwice: RegionObject = objectOf([twice, less], (f) =>
  f
    .get(0)
    .get(1)
    .call(SELF + 2)
    .call(SELF + 1)
    .get(2)
    .call(SELF + 2),
);
/** d + ab, by calls of itself; with locals, and with an end that it is said to come to seldom. */
export const product: RegionObject = objectOf([], (f) => {
  const rest = f.local(i32);
  f.get(0).op(Op.i32_eqz).if(undefined, true);
  f.get(3).op(Op.return).end();
  f.get(0).i32(1).op(Op.i32_sub).set(rest);
  f.get(rest).get(1).get(2).get(3).get(1).op(Op.i32_add).call(SELF);
});

/** The functions that a module exports, as the translation cache has them. */
export function functionsOf(module: WebAssembly.Module): Record<string, Sum> {
  const pages = wasmPages(0);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  return new WebAssembly.Instance(module, { core: { memory, ...core } }).exports as Record<string, Sum>;
}
