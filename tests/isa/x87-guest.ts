import { CR0_NE } from "../../src/vmm/cpu/control-bits.js";
import { updateFpuGates } from "../../src/vmm/cpu/fpu-gate.js";
import { CR0, X87, X87_CONTROL, X87_STATUS, X87_TAGS, X87_TOP } from "../../src/vmm/cpu/layout.js";
import { DATA, EBX, SystemGuest } from "../vmm/system-guest.js";

/** A processor whose x87 registers are written and read as text: sign-and-exponent:significand, hexadecimal. */
export class X87Guest extends SystemGuest {
  /** EBX names DATA, by DS. */
  constructor(mode: "protected" | "real" = "protected") {
    super();
    if (mode === "real") this.realMode();
    else this.protectedMode().set(EBX, DATA);
    // With CR0.NE: pending exceptions are #MF.
    this.state.set(CR0, this.state.get(CR0) | CR0_NE);
    this.load(0x37f, []);
  }

  /** Fills ST(0), ST(1) ... ; the others are empty. TOP is 0 unless said. */
  load(control: number, registers: readonly string[], { status = 0, top = 0 }: { status?: number; top?: number } = {}): this {
    const { state } = this;
    state.set(X87_CONTROL, control);
    state.set(X87_STATUS, status);
    state.set(X87_TOP, top);
    state.set(X87_TAGS, 0);
    for (const [i, text] of registers.entries()) {
      const [se, sig] = text.split(":");
      const n = (top + i) & 7;
      state.u64[(X87 + 16 * n) >> 3] = BigInt(`0x${sig}`);
      state.u16[(X87 + 16 * n + 8) >> 1] = Number.parseInt(se, 16);
      state.set(X87_TAGS, state.get(X87_TAGS) | (1 << n));
    }
    updateFpuGates(this.cpu);
    return this;
  }
  /** ST(i), or "empty". */
  st(i: number): string {
    const n = (this.state.get(X87_TOP) + i) & 7;
    return (this.state.get(X87_TAGS) >> n) & 1 ? this.cell(n) : "empty";
  }
  /** Physical register n, empty or not. */
  cell(n: number): string {
    const se = this.state.u16[(X87 + 16 * n + 8) >> 1].toString(16).padStart(4, "0");
    return `${se}:${this.state.u64[(X87 + 16 * n) >> 3].toString(16).padStart(16, "0")}`;
  }
  /** Status word with TOP, as FNSTSW gives it. */
  get status(): number {
    return this.state.get(X87_STATUS) | (this.state.get(X87_TOP) << 11);
  }
  /** `size` bytes at DATA, to which EBX points, as one hexadecimal number. */
  memory(size: number): string {
    return Array.from({ length: size }, (_, i) =>
      this.get(DATA + size - 1 - i, 1)
        .toString(16)
        .padStart(2, "0"),
    ).join("");
  }
  setMemory(text: string): void {
    const size = text.length / 2;
    for (let i = 0; i < size; i++) this.put(DATA + i, Number.parseInt(text.slice(2 * (size - 1 - i), 2 * (size - i)), 16), 1);
  }
}
