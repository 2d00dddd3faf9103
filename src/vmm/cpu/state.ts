import * as at from "./layout.js";

/** Typed views over the memory of a machine and accessors for processor state in it. Values are unsigned 32-bit unless said otherwise. */
export class CpuState {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly u64: BigUint64Array;
  readonly view: DataView;

  constructor(readonly memory: WebAssembly.Memory) {
    const { buffer } = memory;
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.u64 = new BigUint64Array(buffer, 0, Math.floor(buffer.byteLength / 8));
    this.view = new DataView(buffer);
  }

  /** The word of state at a (4-byte aligned) layout address. */
  get(address: number): number {
    return this.u32[address >> 2];
  }
  set(address: number, value: number): void {
    this.i32[address >> 2] = value;
  }

  /** General register `n` (ModRM order) of `size` 1, 2 or 4 bytes; byte registers 4-7 are AH CH DH BH. */
  reg(n: number, size = 4): number {
    if (size === 4) return this.u32[(at.GPR + 8 * n) >> 2];
    if (size === 2) return this.u16[(at.GPR + 8 * n) >> 1];
    return this.u8[byteRegister(n)];
  }
  setReg(n: number, value: number, size = 4): void {
    if (size === 4) this.i32[(at.GPR + 8 * n) >> 2] = value;
    else if (size === 2) this.u16[(at.GPR + 8 * n) >> 1] = value;
    else this.u8[byteRegister(n)] = value;
  }

  /** A field (`Seg.*`) of a segment register. */
  segment(n: number, field: number): number {
    return this.u32[(at.SEGMENT + n * at.SEGMENT_SIZE + field) >> 2];
  }
  setSegment(n: number, field: number, value: number): void {
    this.i32[(at.SEGMENT + n * at.SEGMENT_SIZE + field) >> 2] = value;
  }

  /** Value of `size` bytes at any host address. */
  load(address: number, size: number): number {
    if (size === 1) return this.u8[address];
    return size === 2 ? this.view.getUint16(address, true) : this.view.getUint32(address, true);
  }
  store(address: number, size: number, value: number): void {
    if (size === 1) this.u8[address] = value;
    else if (size === 2) this.view.setUint16(address, value, true);
    else this.view.setUint32(address, value, true);
  }
}

/** State address of byte register `n`: AL CL DL BL, then AH CH DH BH in their second bytes. */
export function byteRegister(n: number): number {
  return n < 4 ? at.GPR + 8 * n : at.GPR + 8 * (n - 4) + 1;
}
