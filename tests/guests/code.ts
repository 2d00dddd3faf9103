/** 32-bit code with labels; branches are 8 bits wide. */
export class Code {
  readonly bytes: number[] = [];
  private readonly labels = new Map<string, number>();
  private readonly branches: { at: number; to: string }[] = [];

  put(...bytes: number[]): this {
    this.bytes.push(...bytes);
    return this;
  }
  dword(value: number): this {
    return this.put(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24);
  }
  label(name: string): this {
    this.labels.set(name, this.bytes.length);
    return this;
  }
  branch(opcode: number, to: string): this {
    this.put(opcode, 0);
    this.branches.push({ at: this.bytes.length, to });
    return this;
  }
  address(name: string): number {
    const at = this.labels.get(name);
    if (at === undefined) throw new Error(`no label ${name}`);
    return at;
  }
  /** mov dx, port; mov al, value; out dx, al */
  out(port: number, value: number): this {
    return this.put(0x66, 0xba, port & 0xff, port >> 8, 0xb0, value, 0xee);
  }
  linked(): Uint8Array {
    for (const { at, to } of this.branches) {
      const distance = this.address(to) - at;
      if (distance < -128 || distance > 127) throw new Error(`${to} is too far`);
      this.bytes[at - 1] = distance & 0xff;
    }
    return Uint8Array.from(this.bytes);
  }
}

export const JMP = 0xeb;
export const JE = 0x74;
