import { Bytes } from "./bytes.js";
import type { Mem, Sat, Simd, SimdLane, SimdMem } from "./opcodes.js";
import { Op, type ValueType } from "./opcodes.js";

/** A structured block that can be branched to. Opened by `block`, `loop` or `if`; the builder turns it into a relative depth. */
export interface Label {
  readonly depth: number;
}

const EMPTY = 0x40;

/** Assembles one function body. Locals are declared as they are asked for; parameters are locals 0 .. n-1. */
export class FunctionBuilder {
  private readonly localTypes: ValueType[] = [];
  private depth = 0;
  /** Places of `if`s that are seldom taken. */
  private readonly seldom: number[] = [];
  /** Places of function indices, where a linker is to fill them in. */
  private readonly callees?: { readonly place: number; readonly symbol: number }[];

  constructor(
    readonly params: readonly ValueType[],
    readonly results: readonly ValueType[],
    private readonly code = new Bytes(),
    relocatable = false,
  ) {
    if (relocatable) this.callees = [];
  }

  /** Bytes of code emitted so far (locals apart). */
  get size(): number {
    return this.code.length;
  }

  /** Declares a local and returns its index. */
  local(type: ValueType): number {
    this.localTypes.push(type);
    return this.params.length + this.localTypes.length - 1;
  }

  op(code: Op): this {
    this.code.u8(code);
    return this;
  }
  i32(value: number): this {
    this.code.u8(0x41).s32(value);
    return this;
  }
  i64(value: bigint): this {
    this.code.u8(0x42).s64(value);
    return this;
  }
  f64(value: number): this {
    this.code.u8(0x44).f64(value);
    return this;
  }
  get(local: number): this {
    this.code.u8u32(0x20, local);
    return this;
  }
  set(local: number): this {
    this.code.u8u32(0x21, local);
    return this;
  }
  tee(local: number): this {
    this.code.u8u32(0x22, local);
    return this;
  }
  globalGet(global: number): this {
    this.code.u8u32(0x23, global);
    return this;
  }
  globalSet(global: number): this {
    this.code.u8u32(0x24, global);
    return this;
  }

  /** A load or store at `address on the stack + offset`; alignment hints are always 1 byte, which costs nothing on our hosts. */
  mem(code: Mem, offset = 0): this {
    this.code.u8u32(code, 0).u32(offset);
    return this;
  }
  memoryCopy(): this {
    this.code.u8u32(0xfc, 10).u8(0).u8(0);
    return this;
  }
  memoryFill(): this {
    this.code.u8u32(0xfc, 11).u8(0);
    return this;
  }
  sat(code: Sat): this {
    this.code.u8u32(0xfc, code);
    return this;
  }
  simd(code: Simd): this {
    this.code.u8u32(0xfd, code);
    return this;
  }
  simdMem(code: SimdMem, offset = 0): this {
    this.code.u8u32(0xfd, code).u32(0).u32(offset);
    return this;
  }
  simdLane(code: SimdLane, lane: number): this {
    this.code.u8u32(0xfd, code).u8(lane);
    return this;
  }
  /** `i8x16.shuffle` with 16 lane numbers, 0-15 of the first operand and 16-31 of the second. */
  shuffle(lanes: readonly number[]): this {
    this.code.u8u32(0xfd, 13);
    for (const lane of lanes) this.code.u8(lane);
    return this;
  }
  /** `v128.const` from 16 bytes. */
  v128(bytes: readonly number[]): this {
    this.code.u8u32(0xfd, 12);
    for (const byte of bytes) this.code.u8(byte);
    return this;
  }

  private open(code: number, result?: ValueType): Label {
    this.code.u8(code).u8(result ?? EMPTY);
    return { depth: ++this.depth };
  }
  block(result?: ValueType): Label {
    return this.open(0x02, result);
  }
  loop(result?: ValueType): Label {
    return this.open(0x03, result);
  }
  /** `hint`: it is seldom taken. */
  if(result?: ValueType, hint = false): Label {
    if (hint) this.seldom.push(this.code.length);
    return this.open(0x04, result);
  }
  else(): this {
    this.code.u8(Op.else);
    return this;
  }
  end(): this {
    this.depth--;
    this.code.u8(Op.end);
    return this;
  }
  br(label: Label): this {
    this.code.u8u32(0x0c, this.depth - label.depth);
    return this;
  }
  brIf(label: Label): this {
    this.code.u8u32(0x0d, this.depth - label.depth);
    return this;
  }
  brTable(labels: readonly Label[], otherwise: Label): this {
    this.code.u8u32(0x0e, labels.length);
    for (const label of labels) this.code.u32(this.depth - label.depth);
    this.code.u32(this.depth - otherwise.depth);
    return this;
  }
  /** @param func the function's index; in relocatable code any number by which whoever links it knows the function */
  call(func: number): this {
    if (!this.callees) this.code.u8u32(0x10, func);
    else {
      this.code.u8(0x10);
      this.callees.push({ place: this.code.length, symbol: func });
      this.code.fixedU32(0);
    }
    return this;
  }
  /** Calls table 0 at the index on the stack; `type` is an index that `ModuleBuilder.type` gave. */
  callIndirect(type: number): this {
    this.code.u8u32(0x11, type).u8(0);
    return this;
  }

  /** How the declarations of locals stand at the beginning of the body. */
  private locals(): Bytes {
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.localTypes) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    const locals = new Bytes().u32(runs.length);
    for (const run of runs) locals.u32(run.count).u8(run.type);
    return locals;
  }

  /** Where relocatable code has function indices (fixedU32), counted from its locals on, and for which functions. */
  get calls(): readonly { readonly place: number; readonly symbol: number }[] {
    const { length } = this.locals();
    return (this.callees ?? []).map(({ place, symbol }) => ({ place: length + place, symbol }));
  }

  /** Where the body has `if`s that are seldom taken, counted from its locals on. */
  get hints(): readonly number[] {
    const { length } = this.locals();
    return this.seldom.map((place) => length + place);
  }

  /** Locals and code. */
  get body(): Uint8Array {
    if (this.depth !== 0) throw new Error(`wasm function ends inside ${this.depth} open blocks`);
    return this.locals().raw(this.code.view()).u8(Op.end).view();
  }
}
