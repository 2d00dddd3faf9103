import type { FunctionBuilder, Label } from "../wasm/function.js";
import { Mem, Op, type Simd, SimdLane, SimdMem, ValueType } from "../wasm/opcodes.js";
import { Temporaries } from "./temporaries.js";

/** A wasm local that holds a value which is known only when the code runs. */
export interface Temp {
  readonly local: number;
}
/** A 32-bit value: a number when known while emitting, a local otherwise. */
export type Value = number | Temp;
/** A 64-bit value: a bigint when known while emitting. */
export type Wide = bigint | Temp;
/** A 128-bit value. */
export type Vector = Temp;

/** Types of temporaries, in the order of their numbers: downwards. */
const POOLED = [ValueType.i32, ValueType.i64, ValueType.f32, ValueType.f64, ValueType.v128];

/** What operations on constants give. */
const BINARY = {
  [Op.i32_add]: (a: number, b: number) => a + b,
  [Op.i32_sub]: (a: number, b: number) => a - b,
  [Op.i32_mul]: Math.imul,
  [Op.i32_and]: (a: number, b: number) => a & b,
  [Op.i32_or]: (a: number, b: number) => a | b,
  [Op.i32_xor]: (a: number, b: number) => a ^ b,
  [Op.i32_shl]: (a: number, n: number) => a << n,
  [Op.i32_shr_u]: (a: number, n: number) => a >>> n,
  [Op.i32_shr_s]: (a: number, n: number) => a >> n,
  [Op.i32_rotl]: (a: number, n: number) => (a << (n & 31)) | (a >>> (-n & 31)),
  [Op.i32_rotr]: (a: number, n: number) => (a >>> (n & 31)) | (a << (-n & 31)),
  [Op.i32_eq]: (a: number, b: number) => ((a | 0) === (b | 0) ? 1 : 0),
  [Op.i32_ne]: (a: number, b: number) => ((a | 0) !== (b | 0) ? 1 : 0),
  [Op.i32_lt_u]: (a: number, b: number) => (a >>> 0 < b >>> 0 ? 1 : 0),
  [Op.i32_lt_s]: (a: number, b: number) => ((a | 0) < (b | 0) ? 1 : 0),
};
const UNARY = {
  [Op.i32_clz]: Math.clz32,
  [Op.i32_ctz]: (a: number) => (a === 0 ? 32 : 31 - Math.clz32(a & -a)),
  [Op.i32_eqz]: (a: number) => (a === 0 ? 1 : 0),
  [Op.i32_extend8_s]: (a: number) => (a << 24) >> 24,
  [Op.i32_extend16_s]: (a: number) => (a << 16) >> 16,
};

const NONE: readonly number[] = [];

/**
 * Straight-line arithmetic for instruction definitions. Every operation emits at once (order in TypeScript is order of execution),
 * folds when all operands are numbers, and drops identities. Results are fresh temporaries; `recycle` gives them all back.
 */
export class Emitter {
  private readonly temporaries: readonly Temporaries[];

  constructor(readonly f: FunctionBuilder) {
    this.temporaries = POOLED.map((type) => new Temporaries(f, type));
  }

  /** All temporaries may be used again, but those in `kept`: call between instructions. */
  recycle(kept: readonly number[] = NONE): void {
    for (const pool of this.temporaries) pool.recycle(kept);
  }

  /** Temporaries that were recycled meanwhile are taken again, with what they hold. */
  protected retake(locals: readonly number[]): void {
    for (const pool of this.temporaries) pool.retake(locals);
  }

  /** A temporary of this type. Locals keep old contents: write before reading. */
  temp(type: ValueType = ValueType.i32): Temp {
    return { local: this.temporaries[POOLED[0] - type].take() };
  }

  /** Pushes a value on the wasm stack. */
  put(v: Value): void {
    if (typeof v === "number") this.f.i32(v);
    else this.f.get(v.local);
  }
  putWide(v: Wide): void {
    if (typeof v === "bigint") this.f.i64(v);
    else this.f.get(v.local);
  }
  /** Takes the top of the wasm stack into a new temporary. */
  take(type: ValueType = ValueType.i32): Temp {
    const t = this.temp(type);
    this.f.set(t.local);
    return t;
  }
  /** Assigns to a temporary that the caller owns (a variable across `when` or `loop`). */
  assign(t: Temp, v: Value): void {
    this.put(v);
    this.f.set(t.local);
  }
  assignWide(t: Temp, v: Wide): void {
    this.putWide(v);
    this.f.set(t.local);
  }
  /** A temporary initialised with `v`, to be changed by `assign`. */
  variable(v: Value): Temp {
    const t = this.temp();
    this.assign(t, v);
    return t;
  }

  private binary(op: keyof typeof BINARY, a: Value, b: Value): Value {
    if (typeof a === "number" && typeof b === "number") return BINARY[op](a, b) | 0;
    this.put(a);
    this.put(b);
    this.f.op(op);
    return this.take();
  }
  private unary(op: keyof typeof UNARY, a: Value): Value {
    if (typeof a === "number") return UNARY[op](a) | 0;
    this.put(a);
    this.f.op(op);
    return this.take();
  }

  add(a: Value, b: Value): Value {
    if (b === 0) return a;
    if (a === 0) return b;
    return this.binary(Op.i32_add, a, b);
  }
  sub(a: Value, b: Value): Value {
    if (b === 0) return a;
    return this.binary(Op.i32_sub, a, b);
  }
  mul(a: Value, b: Value): Value {
    return this.binary(Op.i32_mul, a, b);
  }
  and(a: Value, b: Value): Value {
    if (a === 0 || b === 0) return 0;
    if (b === -1) return a;
    if (a === -1) return b;
    return this.binary(Op.i32_and, a, b);
  }
  or(a: Value, b: Value): Value {
    if (b === 0) return a;
    if (a === 0) return b;
    return this.binary(Op.i32_or, a, b);
  }
  xor(a: Value, b: Value): Value {
    if (b === 0) return a;
    if (a === 0) return b;
    return this.binary(Op.i32_xor, a, b);
  }
  not(a: Value): Value {
    return this.xor(a, -1);
  }
  /** Shift counts are taken modulo 32, as wasm and x86 do. */
  shl(a: Value, n: Value): Value {
    if (n === 0 || a === 0) return a;
    return this.binary(Op.i32_shl, a, n);
  }
  shrU(a: Value, n: Value): Value {
    if (n === 0 || a === 0) return a;
    return this.binary(Op.i32_shr_u, a, n);
  }
  shrS(a: Value, n: Value): Value {
    if (n === 0 || a === 0) return a;
    return this.binary(Op.i32_shr_s, a, n);
  }
  rotl(a: Value, n: Value): Value {
    if (n === 0) return a;
    return this.binary(Op.i32_rotl, a, n);
  }
  rotr(a: Value, n: Value): Value {
    if (n === 0) return a;
    return this.binary(Op.i32_rotr, a, n);
  }
  clz(a: Value): Value {
    return this.unary(Op.i32_clz, a);
  }
  ctz(a: Value): Value {
    return this.unary(Op.i32_ctz, a);
  }
  popcnt(a: Value): Value {
    this.put(a);
    this.f.op(Op.i32_popcnt);
    return this.take();
  }
  /** Divisions trap in wasm on 0 and on overflow: guard them first. */
  divU(a: Value, b: Value): Value {
    this.put(a);
    this.put(b);
    this.f.op(Op.i32_div_u);
    return this.take();
  }
  remU(a: Value, b: Value): Value {
    this.put(a);
    this.put(b);
    this.f.op(Op.i32_rem_u);
    return this.take();
  }
  divS(a: Value, b: Value): Value {
    this.put(a);
    this.put(b);
    this.f.op(Op.i32_div_s);
    return this.take();
  }
  remS(a: Value, b: Value): Value {
    this.put(a);
    this.put(b);
    this.f.op(Op.i32_rem_s);
    return this.take();
  }

  eqz(a: Value): Value {
    return this.unary(Op.i32_eqz, a);
  }
  eq(a: Value, b: Value): Value {
    if (b === 0) return this.eqz(a);
    return this.binary(Op.i32_eq, a, b);
  }
  ne(a: Value, b: Value): Value {
    return this.binary(Op.i32_ne, a, b);
  }
  ltU(a: Value, b: Value): Value {
    return this.binary(Op.i32_lt_u, a, b);
  }
  ltS(a: Value, b: Value): Value {
    return this.binary(Op.i32_lt_s, a, b);
  }
  gtU(a: Value, b: Value): Value {
    return this.ltU(b, a);
  }
  gtS(a: Value, b: Value): Value {
    return this.ltS(b, a);
  }

  /** Low `size` bytes (1, 2, 4), zero-extended. */
  trunc(a: Value, size: number): Value {
    return size === 4 ? a : this.and(a, size === 1 ? 0xff : 0xffff);
  }
  /** Low `size` bytes, sign-extended to 32 bits. */
  sext(a: Value, size: number): Value {
    if (size === 4) return a;
    return this.unary(size === 1 ? Op.i32_extend8_s : Op.i32_extend16_s, a);
  }
  /** `c ? a : b`, without a branch. */
  select(c: Value, a: Value, b: Value): Value {
    if (typeof c === "number") return c ? a : b;
    this.put(a);
    this.put(b);
    this.put(c);
    this.f.op(Op.select);
    return this.take();
  }

  /** Emits `then` (and `otherwise`) under a condition. Values that leave an arm must be variables assigned in it. */
  when(c: Value, then: () => void, otherwise?: () => void, seldom = false): void {
    if (typeof c === "number") {
      if (c) then();
      else otherwise?.();
      return;
    }
    this.put(c);
    this.f.if(undefined, seldom);
    then();
    if (otherwise) {
      this.f.else();
      otherwise();
    }
    this.f.end();
  }
  /** `when` for what hardly ever happens: its code lies out of the way of the rest. */
  seldom(c: Value, then: () => void): void {
    this.when(c, then, undefined, true);
  }
  /** A loop; `body` gets a function that emits "go round again". */
  loop(body: (again: () => void) => void): void {
    const label: Label = this.f.loop();
    body(() => this.f.br(label));
    this.f.end();
  }

  // 64-bit

  private wide(op: Op, a: Wide, b: Wide): Temp {
    this.putWide(a);
    this.putWide(b);
    this.f.op(op);
    return this.take(ValueType.i64);
  }
  /** Zero-extends to 64 bits. */
  wideU(a: Value): Wide {
    if (typeof a === "number") return BigInt(a >>> 0);
    this.put(a);
    this.f.op(Op.i64_extend_i32_u);
    return this.take(ValueType.i64);
  }
  /** Sign-extends to 64 bits. */
  wideS(a: Value): Wide {
    if (typeof a === "number") return BigInt(a | 0);
    this.put(a);
    this.f.op(Op.i64_extend_i32_s);
    return this.take(ValueType.i64);
  }
  /** High and low halves joined. */
  join(high: Value, low: Value): Wide {
    return this.orWide(this.shlWide(this.wideU(high), 32n), this.wideU(low));
  }
  low(a: Wide): Value {
    this.putWide(a);
    this.f.op(Op.i32_wrap_i64);
    return this.take();
  }
  high(a: Wide): Value {
    return this.low(this.shrUWide(a, 32n));
  }
  addWide(a: Wide, b: Wide): Wide {
    return this.wide(Op.i64_add, a, b);
  }
  subWide(a: Wide, b: Wide): Wide {
    return this.wide(Op.i64_sub, a, b);
  }
  mulWide(a: Wide, b: Wide): Wide {
    return this.wide(Op.i64_mul, a, b);
  }
  andWide(a: Wide, b: Wide): Wide {
    return this.wide(Op.i64_and, a, b);
  }
  orWide(a: Wide, b: Wide): Wide {
    return this.wide(Op.i64_or, a, b);
  }
  xorWide(a: Wide, b: Wide): Wide {
    return this.wide(Op.i64_xor, a, b);
  }
  shlWide(a: Wide, n: Wide): Wide {
    return this.wide(Op.i64_shl, a, n);
  }
  shrUWide(a: Wide, n: Wide): Wide {
    return this.wide(Op.i64_shr_u, a, n);
  }
  shrSWide(a: Wide, n: Wide): Wide {
    return this.wide(Op.i64_shr_s, a, n);
  }
  divUWide(a: Wide, b: Wide): Wide {
    return this.wide(Op.i64_div_u, a, b);
  }
  divSWide(a: Wide, b: Wide): Wide {
    return this.wide(Op.i64_div_s, a, b);
  }
  /** A comparison of two 64-bit values with one of the `i64_*` comparison opcodes: 0 or 1. */
  compareWide(op: Op, a: Wide, b: Wide): Value {
    this.putWide(a);
    this.putWide(b);
    this.f.op(op);
    return this.take();
  }
  eqzWide(a: Wide): Value {
    this.putWide(a);
    this.f.op(Op.i64_eqz);
    return this.take();
  }
  selectWide(c: Value, a: Wide, b: Wide): Wide {
    this.putWide(a);
    this.putWide(b);
    this.put(c);
    this.f.op(Op.select);
    return this.take(ValueType.i64);
  }

  // Vectors

  /** A vector operation on one or two vectors (or a vector and a 32-bit shift count). */
  vector(op: Simd, a: Vector, b?: Vector): Vector {
    this.f.get(a.local);
    if (b) this.f.get(b.local);
    this.f.simd(op);
    return this.take(ValueType.v128);
  }
  /** Pushes the lowest element of a vector, a floating point number of 4 or 8 bytes. */
  putElement(width: 4 | 8, v: Vector): void {
    this.f.get(v.local).simdLane(width === 4 ? SimdLane.f32x4_extract_lane : SimdLane.f64x2_extract_lane, 0);
  }
  vectorShift(op: Simd, a: Vector, count: Value): Vector {
    this.f.get(a.local);
    this.put(count);
    this.f.simd(op);
    return this.take(ValueType.v128);
  }
  shuffle(a: Vector, b: Vector, lanes: readonly number[]): Vector {
    this.f.get(a.local).get(b.local).shuffle(lanes);
    return this.take(ValueType.v128);
  }

  // Memory of the monitor (host addresses)

  /** Loads `size` bytes (1, 2, 4) at a host address, zero-extended. */
  loadHost(address: Value, size: number, offset = 0): Value {
    this.put(address);
    this.f.mem(size === 1 ? Mem.i32_load8_u : size === 2 ? Mem.i32_load16_u : Mem.i32_load, offset);
    return this.take();
  }
  storeHost(address: Value, size: number, v: Value, offset = 0): void {
    this.put(address);
    this.put(v);
    this.f.mem(size === 1 ? Mem.i32_store8 : size === 2 ? Mem.i32_store16 : Mem.i32_store, offset);
  }
  loadHostWide(address: Value, offset = 0): Wide {
    this.put(address);
    this.f.mem(Mem.i64_load, offset);
    return this.take(ValueType.i64);
  }
  storeHostWide(address: Value, v: Wide, offset = 0): void {
    this.put(address);
    this.putWide(v);
    this.f.mem(Mem.i64_store, offset);
  }
  loadHostVector(address: Value, offset = 0): Vector {
    this.put(address);
    this.f.simdMem(SimdMem.v128_load, offset);
    return this.take(ValueType.v128);
  }
  /** Loads 4 or 8 bytes into the low lanes, zeros above. */
  loadHostLow(address: Value, size: number, offset = 0): Vector {
    this.put(address);
    this.f.simdMem(size === 4 ? SimdMem.v128_load32_zero : SimdMem.v128_load64_zero, offset);
    return this.take(ValueType.v128);
  }
  storeHostVector(address: Value, v: Vector, offset = 0): void {
    this.put(address);
    this.f.get(v.local).simdMem(SimdMem.v128_store, offset);
  }
  /** A 32-bit word of the processor state. */
  state(address: number): Value {
    return this.loadHost(0, 4, address);
  }
  setState(address: number, v: Value): void {
    this.storeHost(0, 4, v, address);
  }
}
