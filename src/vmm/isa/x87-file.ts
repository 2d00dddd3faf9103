import { CS, SEGMENT, SEGMENT_SIZE, Seg, X87, X87_CS, X87_IP, X87_TAGS, X87_TOP } from "../cpu/layout.js";
import type { Extended } from "../x87/unpacked.js";
import type { Value } from "./emitter.js";
import type { Stage } from "./stage.js";

/**
 * The register stack. ST(i) counts from the present top, -1 is the register that a push fills; an instruction moves the top last. A stage may
 * know what is empty while it emits, or refuse what isn't usual: then one of two arms of an instruction falls away.
 */
export abstract class RegisterStack {
  /** 1 if ST(i) is not empty: to be asked before anything changes. */
  abstract valid(i: Value): Value;
  /** ST(i), empty or not. */
  abstract load(i: Value): Extended;
  /** Puts a number into ST(i), which is not empty already. */
  abstract put(i: Value, a: Extended): void;
  /** ST(i) is not empty any more. */
  abstract occupy(i: Value): void;
  abstract empty(...registers: Value[]): void;
  /** ST(by) becomes ST(0). */
  abstract move(by: number): void;

  /** Puts a number into ST(i), which is not empty then. */
  store(i: Value, a: Extended): void {
    this.put(i, a);
    this.occupy(i);
  }
  pop(count = 1): void {
    this.empty(...Array(count).keys());
    this.move(count);
  }
  push(a: Extended): void {
    this.store(-1, a);
    this.move(-1);
  }
}

/** What a stage has of the x87: its registers and what every instruction does with them. */
export interface X87File {
  /** The register stack as the present instruction finds it. */
  stack(): RegisterStack;
  /** Number of the physical register that is ST(0). */
  top(): Value;
  /** TOP becomes 0, and the tags (one bit per physical register: 1 = not empty) are replaced. */
  reset(tags: number): void;
  /** From here on the present instruction is executed: FIP and FCS become its address. */
  setPointer(): void;
  /** All exceptions are known to be masked: so the instruction has a result, whatever the operands, and the gate stays as it is. */
  readonly quiet: boolean;
}

/** Everything where it lies between instructions, and nothing known. */
export class X87InMemory implements X87File {
  readonly quiet = false;

  constructor(private readonly x: Stage) {}

  stack(): RegisterStack {
    return new StackInMemory(this.x);
  }
  top(): Value {
    return this.x.state(X87_TOP);
  }
  reset(tags: number): void {
    this.x.setState(X87_TOP, 0);
    this.x.setState(X87_TAGS, tags);
  }
  setPointer(): void {
    storePointer(this.x, this.x.currentEip());
  }
}

/** FIP and FCS become those of an instruction at `eip`. */
export function storePointer(x: Stage, eip: Value): void {
  x.setState(X87_IP, eip);
  x.setState(X87_CS, x.loadHost(0, 2, SEGMENT + CS * SEGMENT_SIZE + Seg.selector));
}

/** A physical register. */
export function loadRegister(x: Stage, n: Value): Extended {
  const offset = x.shl(n, 4);
  return { sig: x.loadHostWide(offset, X87), se: x.loadHost(offset, 2, X87 + 8) };
}
export function storeRegister(x: Stage, n: Value, { sig, se }: Extended): void {
  const offset = x.shl(n, 4);
  x.storeHostWide(offset, sig, X87);
  x.storeHost(offset, 2, se, X87 + 8);
}

class StackInMemory extends RegisterStack {
  private readonly top: Value;
  private readonly tags: Value;

  constructor(private readonly x: Stage) {
    super();
    this.top = x.state(X87_TOP);
    this.tags = x.state(X87_TAGS);
  }

  private physical(i: Value): Value {
    return this.x.and(this.x.add(this.top, i), 7);
  }
  valid(i: Value): Value {
    return this.x.and(this.x.shrU(this.tags, this.physical(i)), 1);
  }
  load(i: Value): Extended {
    return loadRegister(this.x, this.physical(i));
  }
  put(i: Value, a: Extended): void {
    storeRegister(this.x, this.physical(i), a);
  }
  occupy(i: Value): void {
    const { x } = this;
    x.setState(X87_TAGS, x.or(x.state(X87_TAGS), x.shl(1, this.physical(i))));
  }
  empty(...registers: Value[]): void {
    const { x } = this;
    const tags = registers.reduce((all, i) => x.and(all, x.not(x.shl(1, this.physical(i)))), x.state(X87_TAGS));
    x.setState(X87_TAGS, tags);
  }
  move(by: number): void {
    this.x.setState(X87_TOP, this.physical(by));
  }
}
