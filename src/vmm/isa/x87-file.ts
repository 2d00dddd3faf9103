import { CS, SEGMENT, SEGMENT_SIZE, Seg, X87, X87_CS, X87_IP, X87_TAGS, X87_TOP } from "../cpu/layout.js";
import type { Extended } from "../x87/unpacked.js";
import type { Emitter, Value } from "./emitter.js";

/**
 * The x87 registers and what every instruction does with them. A stage may keep any of it elsewhere than in memory, or know it while
 * emitting: with TOP and tags as numbers, an instruction comes down to its arithmetic.
 */
export interface X87File {
  /** Number of the physical register that is ST(0). */
  top(): Value;
  setTop(top: Value): void;
  /** One bit per physical register: 1 = not empty. */
  tags(): Value;
  setTags(tags: Value): void;
  /** Physical register `n`, empty or not. */
  load(n: Value): Extended;
  store(n: Value, a: Extended): void;
  /** From here on an instruction at `eip` is executed: FIP and FCS become its address. */
  setPointer(eip: Value): void;
  /** All exceptions are known to be masked: so the instruction has a result, whatever the operands, and the gate stays as it is. */
  readonly quiet: boolean;
}

/** Everything where it lies between instructions. */
export class X87InMemory implements X87File {
  constructor(
    private readonly e: Emitter,
    readonly quiet = false,
  ) {}

  top(): Value {
    return this.e.state(X87_TOP);
  }
  setTop(top: Value): void {
    this.e.setState(X87_TOP, top);
  }
  tags(): Value {
    return this.e.state(X87_TAGS);
  }
  setTags(tags: Value): void {
    this.e.setState(X87_TAGS, tags);
  }
  load(n: Value): Extended {
    const offset = this.e.shl(n, 4);
    return { sig: this.e.loadHostWide(offset, X87), se: this.e.loadHost(offset, 2, X87 + 8) };
  }
  store(n: Value, { sig, se }: Extended): void {
    const offset = this.e.shl(n, 4);
    this.e.storeHostWide(offset, sig, X87);
    this.e.storeHost(offset, 2, se, X87 + 8);
  }
  setPointer(eip: Value): void {
    this.e.setState(X87_IP, eip);
    this.e.setState(X87_CS, this.e.loadHost(0, 2, SEGMENT + CS * SEGMENT_SIZE + Seg.selector));
  }
}
