import { Bytes } from "./bytes.js";
import { FunctionBuilder } from "./function.js";
import type { ValueType } from "./opcodes.js";
import { ValueType as Type } from "./opcodes.js";

/** 4 GiB, the most that a memory can have. */
const MOST_PAGES = 65536;

interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}
function same(a: readonly ValueType[], b: readonly ValueType[]): boolean {
  return a.length === b.length && a.every((type, i) => type === b[i]);
}

/** A function's code. */
interface FunctionBody {
  /** Locals and code. */
  readonly body: Uint8Array;
  /** Where that has `if`s that are seldom taken. */
  readonly hints: readonly number[];
}

interface Global {
  type: ValueType;
  initial: number;
  exported?: string;
}

/**
 * Assembles a module: types, imports (one shared memory and functions), functions, at most one table, mutable i32 globals, exports.
 * Function indices count imports first, so every import must be declared before the first function is.
 */
export class ModuleBuilder {
  private readonly types: FunctionType[] = [];
  private readonly imports: { module: string; name: string; type: number }[] = [];
  private memory?: { module: string; name: string; minimum: number };
  private readonly functions: { code: FunctionBody; type: number }[] = [];
  private readonly globals: Global[] = [];
  private readonly exports: { name: string; kind: number; index: number }[] = [];
  private table: number[] = [];
  private readonly customs: { name: string; contents: Uint8Array }[] = [];

  /** Index of a function type. */
  type(params: readonly ValueType[], results: readonly ValueType[]): number {
    const known = this.types.findIndex((type) => same(type.params, params) && same(type.results, results));
    return known >= 0 ? known : this.types.push({ params, results }) - 1;
  }

  /** Imports a shared memory of at least so many 64 KiB pages: any size up to 4 GiB fits. */
  importMemory(module: string, name: string, minimum: number): void {
    this.memory = { module, name, minimum };
  }

  importFunction(module: string, name: string, params: readonly ValueType[], results: readonly ValueType[]): number {
    if (this.functions.length > 0) throw new Error("imports come before functions");
    return this.imports.push({ module, name, type: this.type(params, results) }) - 1;
  }

  /** Declares a function, to be filled later through the builder; returns its index. */
  function(params: readonly ValueType[], results: readonly ValueType[], exported?: string): { index: number; f: FunctionBuilder } {
    const f = new FunctionBuilder(params, results);
    return { index: this.place(params, results, f, exported), f };
  }
  /** Adds a function whose code is there; returns its index. */
  place(params: readonly ValueType[], results: readonly ValueType[], code: FunctionBody, exported?: string): number {
    const index = this.imports.length + this.functions.push({ code, type: this.type(params, results) }) - 1;
    if (exported) this.exports.push({ name: exported, kind: 0, index });
    return index;
  }

  /** Declares a mutable i32 global; returns its index. */
  global(initial: number, exported?: string): number {
    return this.globals.push({ type: Type.i32, initial, exported }) - 1;
  }

  /** Fills table 0, which can grow, with these functions, from element 0 on. */
  elements(functions: number[], exported?: string): void {
    this.table = functions;
    if (exported) this.exports.push({ name: exported, kind: 1, index: 0 });
  }

  /** Exports a function under another name, too. */
  exportFunction(name: string, index: number): void {
    if (this.exports.some((one) => one.name === name)) throw new Error(`two exports are called ${name}`);
    this.exports.push({ name, kind: 0, index });
  }

  /** Adds a custom section, for whoever gets the module to read. */
  custom(name: string, contents: Uint8Array): void {
    this.customs.push({ name, contents });
  }

  /** Which branches are seldom taken: V8 lays them out behind the rest (where it knows the section: with a flag before V8 13). */
  private putHints(put: (id: number, bytes: Bytes) => void): void {
    const hinted = this.functions
      .map(({ code }, i) => ({ index: this.imports.length + i, hints: code.hints }))
      .filter(({ hints }) => hints.length > 0);
    if (hinted.length === 0) return;
    const bytes = new Bytes().name("metadata.code.branch_hint").u32(hinted.length);
    for (const { index, hints } of hinted) {
      bytes.u32(index).u32(hints.length);
      for (const place of hints) bytes.u32(place).u8(1).u8(0);
    }
    put(0, bytes);
  }

  build(): Uint8Array<ArrayBuffer> {
    const out = new Bytes().raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    const put = (id: number, bytes: Bytes) => out.u8(id).u32(bytes.length).raw(bytes.view());
    const section = (id: number, count: number, fill: (bytes: Bytes) => void) => {
      if (count === 0) return;
      const bytes = new Bytes().u32(count);
      fill(bytes);
      put(id, bytes);
    };
    section(1, this.types.length, (b) => {
      for (const { params, results } of this.types) {
        b.u8(0x60).u32(params.length);
        for (const type of params) b.u8(type);
        b.u32(results.length);
        for (const type of results) b.u8(type);
      }
    });
    section(2, this.imports.length + (this.memory ? 1 : 0), (b) => {
      for (const { module, name, type } of this.imports) b.name(module).name(name).u8(0).u32(type);
      if (this.memory) b.name(this.memory.module).name(this.memory.name).u8(2).u8(3).u32(this.memory.minimum).u32(MOST_PAGES);
    });
    section(3, this.functions.length, (b) => {
      for (const { type } of this.functions) b.u32(type);
    });
    section(4, this.table.length > 0 ? 1 : 0, (b) => b.u8(0x70).u8(0).u32(this.table.length));
    section(6, this.globals.length, (b) => {
      for (const { type, initial } of this.globals) b.u8(type).u8(1).u8(0x41).s32(initial).u8(0x0b);
    });
    const exported = [...this.exports];
    for (const [index, global] of this.globals.entries()) if (global.exported) exported.push({ name: global.exported, kind: 3, index });
    section(7, exported.length, (b) => {
      for (const { name, kind, index } of exported) b.name(name).u8(kind).u32(index);
    });
    section(9, this.table.length > 0 ? 1 : 0, (b) => {
      b.u8(0).u8(0x41).s32(0).u8(0x0b).u32(this.table.length);
      for (const index of this.table) b.u32(index);
    });
    this.putHints(put);
    section(10, this.functions.length, (b) => {
      for (const { code } of this.functions) {
        const { body } = code;
        b.u32(body.length).raw(body);
      }
    });
    for (const { name, contents } of this.customs) put(0, new Bytes().name(name).raw(contents));
    return out.view().slice();
  }
}
