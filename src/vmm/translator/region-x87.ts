import { EIP_PAGE, X87_TAGS, X87_TOP } from "../cpu/layout.js";
import type { Value } from "../isa/emitter.js";
import type { Stage } from "../isa/stage.js";
import { RegisterStack, storePointer, type X87File } from "../isa/x87-file.js";
import { ValueType } from "../wasm/opcodes.js";
import type { Extended } from "../x87/unpacked.js";

/** TOP and the tags, as they are known while emitting. */
export interface X87Shape {
  readonly top: number;
  readonly tags: number;
}

/** Locals of the physical registers. */
export interface X87Locals {
  readonly significand: readonly number[];
  readonly signExponent: readonly number[];
}

/** What a block has to do with the x87. */
export interface X87Use {
  /** Physical registers that it reads, and writes, one bit each. */
  usedX87: number;
  dirtyX87: number;
  /** TOP and tags when it begins, if any instruction of the region asks. */
  shape: X87Shape;
  asksShape: boolean;
}

/** TOP, tags and the offset of the last x87 instruction, as far as memory doesn't show them. */
interface Known extends X87Shape {
  readonly pointer?: number;
}

/**
 * The x87 in a region: TOP and tags are constants (demanded on entry, and the same by whatever way a block is reached), and so every register is
 * known by its number and kept in locals. TOP, tags, FIP and FCS are written where a block ends or is left. All exceptions are masked: the
 * region demands that, too.
 */
export class RegionX87 extends RegisterStack implements X87File {
  readonly quiet = true;
  private use!: X87Use;
  private now: Known = { top: 0, tags: 0 };
  private before: Known = this.now;
  private offset = 0;

  constructor(
    private readonly x: Stage,
    private readonly locals: X87Locals,
  ) {
    super();
  }

  // Course of a block

  startBlock(use: X87Use): void {
    this.use = use;
    this.now = { top: use.shape.top, tags: use.shape.tags };
    this.before = this.now;
  }
  startInstruction(offset: number): void {
    this.before = this.now;
    this.offset = offset;
  }
  get shape(): X87Shape {
    return this.now;
  }
  /** What is known here, for when code of other blocks has been emitted in between. */
  saved(): () => void {
    const { use, now, before, offset } = this;
    return () => {
      this.use = use;
      this.now = now;
      this.before = before;
      this.offset = offset;
    };
  }

  /** Brings memory up to date, for what comes behind the block; and for a leave before the present instruction. */
  flush(): void {
    this.write(this.now);
  }
  flushBefore(): void {
    this.write(this.before);
  }
  private write({ top, tags, pointer }: Known): void {
    const { x } = this;
    const { shape } = this.use;
    if (top !== shape.top) x.setState(X87_TOP, top);
    if (tags !== shape.tags) x.setState(X87_TAGS, tags);
    if (pointer !== undefined) storePointer(x, x.add(x.state(EIP_PAGE), pointer));
  }

  // The register stack. Instructions in a region name registers by numbers.

  private physical(i: Value): number {
    this.use.asksShape = true;
    return (this.now.top + (i as number)) & 7;
  }
  stack(): RegisterStack {
    return this;
  }
  valid(i: Value): Value {
    return (this.now.tags >> this.physical(i)) & 1;
  }
  load(i: Value): Extended {
    return this.loadPhysical(this.physical(i));
  }
  put(i: Value, a: Extended): void {
    this.putPhysical(this.physical(i), a);
  }
  occupy(i: Value): void {
    this.now = { ...this.now, tags: this.now.tags | (1 << this.physical(i)) };
  }
  empty(...registers: Value[]): void {
    const bits = registers.reduce<number>((all, i) => all | (1 << this.physical(i)), 0);
    this.now = { ...this.now, tags: this.now.tags & ~bits };
  }
  move(by: number): void {
    this.now = { ...this.now, top: this.physical(by) };
  }

  /** Register R0 to R7. */
  loadPhysical(n: number): Extended {
    const { x, locals } = this;
    this.use.usedX87 |= 1 << n;
    x.f.get(locals.significand[n]);
    const sig = x.take(ValueType.i64);
    x.f.get(locals.signExponent[n]);
    return { sig, se: x.take() };
  }
  putPhysical(n: number, { sig, se }: Extended): void {
    const { x, locals } = this;
    this.use.dirtyX87 |= 1 << n;
    x.assignWide({ local: locals.significand[n] }, sig);
    x.assign({ local: locals.signExponent[n] }, se);
  }

  // The rest of the file

  top(): Value {
    return this.physical(0);
  }
  reset(tags: number): void {
    this.use.asksShape = true;
    this.now = { ...this.now, top: 0, tags };
  }
  setPointer(): void {
    this.now = { ...this.now, pointer: this.offset };
  }
}
