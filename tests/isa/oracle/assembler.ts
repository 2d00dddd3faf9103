/** As much of an x86-64 assembler as the oracle's few hundred bytes need: explicit opcodes, one addressing form, labels. */

export const rax = 0;
export const rcx = 1;
export const rdx = 2;
export const rbx = 3;
export const rsp = 4;
export const rbp = 5;
export const rsi = 6;
export const rdi = 7;
export const r8 = 8;
export const r10 = 10;
export const r13 = 13;
export const r14 = 14;
export const r15 = 15;

/** Condition codes as in the low four bits of Jcc. */
export const cc = { b: 2, ae: 3, e: 4, ne: 5, be: 6, a: 7, s: 8 } as const;

export class Assembler {
  readonly bytes: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #fixups: { at: number; label: string }[] = [];

  db(...bytes: number[]): void {
    this.bytes.push(...bytes);
  }

  dd(value: number): void {
    this.bytes.push(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff);
  }

  label(name: string): void {
    this.#labels.set(name, this.bytes.length);
  }

  /** Offset of a label from the start; all labels are known once the code is written. */
  offset(name: string): number {
    const at = this.#labels.get(name);
    if (at === undefined) throw new Error(`oracle: no label ${name}`);
    return at;
  }

  /** `opcode reg, [base + disp32]` (or the other way round: the opcode says). */
  mem(opcode: readonly number[], reg: number, base: number, disp: number, wide = false): void {
    this.#rex(wide, reg, base, opcode);
    this.db(0x80 | ((reg & 7) << 3) | (base & 7));
    if ((base & 7) === rsp) this.db(0x24);
    this.dd(disp);
  }

  /** `opcode rm, reg` between registers. */
  reg(opcode: readonly number[], reg: number, rm: number, wide = false): void {
    this.#rex(wide, reg, rm, opcode);
    this.db(0xc0 | ((reg & 7) << 3) | (rm & 7));
  }

  /** 32 bits, zero extended. */
  movImm(reg: number, value: number): void {
    if (reg >= 8) this.db(0x41);
    this.db(0xb8 | (reg & 7));
    this.dd(value);
  }

  movImm64(reg: number, value: bigint): void {
    this.db(reg >= 8 ? 0x49 : 0x48, 0xb8 | (reg & 7));
    for (let i = 0n; i < 64n; i += 8n) this.db(Number((value >> i) & 0xffn));
  }

  load32(reg: number, base: number, disp: number): void {
    this.mem([0x8b], reg, base, disp);
  }

  store32(reg: number, base: number, disp: number): void {
    this.mem([0x89], reg, base, disp);
  }

  load64(reg: number, base: number, disp: number): void {
    this.mem([0x8b], reg, base, disp, true);
  }

  store64(reg: number, base: number, disp: number): void {
    this.mem([0x89], reg, base, disp, true);
  }

  store32Imm(base: number, disp: number, value: number): void {
    this.mem([0xc7], 0, base, disp);
    this.dd(value);
  }

  lea(reg: number, base: number, disp: number): void {
    this.mem([0x8d], reg, base, disp, true);
  }

  mov(to: number, from: number): void {
    this.reg([0x89], from, to, true);
  }

  jmp(label: string): void {
    this.db(0xe9);
    this.#rel(label);
  }

  jcc(condition: number, label: string): void {
    this.db(0x0f, 0x80 | condition);
    this.#rel(label);
  }

  call(label: string): void {
    this.db(0xe8);
    this.#rel(label);
  }

  leaLabel(reg: number, label: string): void {
    this.db(reg >= 8 ? 0x4c : 0x48, 0x8d, 0x05 | ((reg & 7) << 3));
    this.#rel(label);
  }

  /** Fills in the jumps. */
  finish(): Uint8Array {
    for (const { at, label } of this.#fixups) {
      const rel = this.offset(label) - (at + 4);
      for (let i = 0; i < 4; i++) this.bytes[at + i] = (rel >> (8 * i)) & 0xff;
    }
    return Uint8Array.from(this.bytes);
  }

  #rel(label: string): void {
    this.#fixups.push({ at: this.bytes.length, label });
    this.dd(0);
  }

  /** A mandatory prefix (66, F2, F3) stands before REX. */
  #rex(wide: boolean, reg: number, rm: number, opcode: readonly number[]): void {
    let rest = opcode;
    if (opcode[0] === 0x66 || opcode[0] === 0xf2 || opcode[0] === 0xf3) {
      this.db(opcode[0]);
      rest = opcode.slice(1);
    }
    const rex = (wide ? 8 : 0) | (reg >= 8 ? 4 : 0) | (rm >= 8 ? 1 : 0);
    if (rex !== 0) this.db(0x40 | rex);
    this.db(...rest);
  }
}
