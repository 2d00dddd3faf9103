import { CR0_NE, CR4_OSFXSR, CR4_OSXMMEXCPT } from "../../src/vmm/cpu/control-bits.js";
import { updateFpuGates } from "../../src/vmm/cpu/fpu-gate.js";
import { CR0, CR4, MXCSR, X87, X87_TAGS, X87_TOP, XMM } from "../../src/vmm/cpu/layout.js";
import { DATA, EBX, SystemGuest } from "../vmm/system-guest.js";

/** MXCSR after reset: everything masked, rounding to nearest. */
export const DEFAULT_MXCSR = 0x1f80;

/** ModRM bytes: register 0 with register 1, register 0 with memory at EBX, and memory at EBX with an opcode extension. */
export const R0_R1 = 0xc1;
export const R0_EBX = 0x03;

/** A processor whose MMX and XMM registers are written and read as hexadecimal numbers; EBX points to DATA. */
export class SseGuest extends SystemGuest {
  constructor() {
    super();
    this.protectedMode().set(EBX, DATA);
    this.state.set(CR0, this.state.get(CR0) | CR0_NE);
    this.state.set(CR4, CR4_OSFXSR | CR4_OSXMMEXCPT);
    updateFpuGates(this.cpu);
  }

  get mxcsr(): number {
    return this.state.get(MXCSR);
  }
  set mxcsr(value: number) {
    this.state.set(MXCSR, value);
  }

  /** Spaces are ignored, leading zeros may be left out. */
  setXmm(n: number, digits: string): this {
    this.setQuads(XMM + 16 * n, digits.replaceAll(" ", "").padStart(32, "0"));
    return this;
  }
  /** Groups of `width` bytes, highest first. */
  xmm(n: number, width = 16): string {
    const digits = this.quad(XMM + 16 * n + 8) + this.quad(XMM + 16 * n);
    return digits.match(new RegExp(`.{${2 * width}}`, "g"))?.join(" ") ?? "";
  }
  setMmx(n: number, digits: string): this {
    this.setQuads(X87 + 16 * n, digits.replaceAll(" ", "").padStart(16, "0"));
    return this;
  }
  mmx(n: number): string {
    return this.quad(X87 + 16 * n);
  }
  /** TOP, tags and the exponent word of R0. */
  get mmxState(): { top: number; tags: number; exponent: number } {
    const { state } = this;
    return { top: state.get(X87_TOP), tags: state.get(X87_TAGS), exponent: state.u16[(X87 + 8) >> 1] };
  }
  /** x87 state with something in it. */
  useX87(): this {
    this.state.set(X87_TOP, 5);
    this.state.set(X87_TAGS, 0x20);
    this.state.u16[(X87 + 8) >> 1] = 0x3fff;
    return this;
  }

  private setQuads(address: number, digits: string): void {
    for (let i = 0; 16 * i < digits.length; i++) {
      const end = digits.length - 16 * i;
      this.state.u64[(address >> 3) + i] = BigInt(`0x${digits.slice(end - 16, end)}`);
    }
  }
  private quad(address: number): string {
    return this.state.u64[address >> 3].toString(16).padStart(16, "0");
  }
}
