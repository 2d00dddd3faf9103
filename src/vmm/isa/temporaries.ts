import type { FunctionBuilder } from "../wasm/function.js";
import type { ValueType } from "../wasm/opcodes.js";

/** Temporaries of one type: free ones, the last of which is taken next, and those that are in use. */
export class Temporaries {
  private readonly free: number[] = [];
  private readonly busy: number[] = [];

  constructor(
    private readonly f: FunctionBuilder,
    private readonly type: ValueType,
  ) {}

  take(): number {
    const local = this.free.pop() ?? this.f.local(this.type);
    this.busy.push(local);
    return local;
  }
  /** All are free again, but those in `kept`: in the order in which they were taken. */
  recycle(kept: readonly number[]): void {
    const { free, busy } = this;
    const staying: number[] = [];
    for (let local = busy.pop(); local !== undefined; local = busy.pop()) (kept.includes(local) ? staying : free).push(local);
    for (let local = staying.pop(); local !== undefined; local = staying.pop()) busy.push(local);
  }
  /** Those of these that were recycled meanwhile are in use again. */
  retake(locals: readonly number[]): void {
    const { free, busy } = this;
    let staying = 0;
    for (const local of free)
      if (locals.includes(local)) busy.push(local);
      else free[staying++] = local;
    while (free.length > staying) free.pop();
  }
}
