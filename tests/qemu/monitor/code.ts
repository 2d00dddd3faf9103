import { EDX } from "../../../src/vmm/cpu/general-registers.js";
import { Assembler } from "../../isa/oracle/assembler.js";

export { EAX, EBP, EBX, ECX, EDI, EDX, ESI, ESP } from "../../../src/vmm/cpu/general-registers.js";

/** Segment override prefixes. */
export const CS_ = 0x2e;
export const SS_ = 0x36;
export const GS_ = 0x65;

/** A part of the program at a known address: 32-bit code, or 16-bit code at CS base 0. */
export class Part extends Assembler {
  constructor(readonly origin: number) {
    super();
  }

  /** `opcode reg, [address]`. */
  abs(opcode: readonly number[], reg: number, address: number): void {
    this.db(...opcode, 0x05 | (reg << 3));
    this.dd(address);
  }
  /** The same in 16-bit code. */
  abs16(opcode: readonly number[], reg: number, address: number): void {
    this.db(...opcode, 0x06 | (reg << 3), address & 0xff, address >> 8);
  }
  loadAbs(reg: number, address: number): void {
    this.abs([0x8b], reg, address);
  }
  storeAbs(reg: number, address: number): void {
    this.abs([0x89], reg, address);
  }
  storeAbsImm(address: number, value: number): void {
    this.abs([0xc7], 0, address);
    this.dd(value);
  }
  jmpTo(address: number): void {
    this.db(0xe9);
    this.dd(address - (this.origin + this.bytes.length + 4));
  }
  /** JMP ptr16:32. */
  jmpFar(selector: number, address: number): void {
    this.db(0xea);
    this.dd(address);
    this.db(selector & 0xff, selector >> 8);
  }
  jz(label: string): void {
    this.jcc(4, label);
  }
  jnz(label: string): void {
    this.jcc(5, label);
  }
  out(port: number, value: number): void {
    this.movImm(EDX, port);
    this.db(0xb0, value, 0xee);
  }
  movToControl(n: number, reg: number): void {
    this.db(0x0f, 0x22, 0xc0 | (n << 3) | reg);
  }
  movFromControl(reg: number, n: number): void {
    this.db(0x0f, 0x20, 0xc0 | (n << 3) | reg);
  }
  movToDebug(n: number, reg: number): void {
    this.db(0x0f, 0x23, 0xc0 | (n << 3) | reg);
  }
  movFromDebug(reg: number, n: number): void {
    this.db(0x0f, 0x21, 0xc0 | (n << 3) | reg);
  }
}
