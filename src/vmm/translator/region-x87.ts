import { EIP_PAGE, X87_TAGS, X87_TOP } from "../cpu/layout.js";
import type { Temp, Value } from "../isa/emitter.js";
import type { Stage } from "../isa/stage.js";
import { loadRegister, RegisterStack, storePointer, storeRegister, type X87File } from "../isa/x87-file.js";
import { ValueType } from "../wasm/opcodes.js";
import type { Extended } from "../x87/unpacked.js";

/** What is known at some point of a block. Registers are counted from ST(0) at its beginning, modulo 8, and have one bit each. */
interface Known {
  /** TOP and tags of the block's beginning are in their locals. */
  readonly loaded: boolean;
  /** How far the top has moved. */
  readonly moved: number;
  /** Registers of which it was found whether they are empty, and those that were not. */
  readonly found: number;
  readonly foundValid: number;
  /** Registers that have become empty or occupied, and those that are occupied. */
  readonly changed: number;
  readonly valid: number;
  /** Offset of the last x87 instruction, if there was one. */
  readonly pointer?: number;
}
const NOTHING: Known = { loaded: false, moved: 0, found: 0, foundValid: 0, changed: 0, valid: 0 };

/**
 * The x87 of a block of a region: numbers are where they lie between instructions, but TOP and tags are read once, then followed while
 * emitting, and written, with FIP and FCS, where the block ends or is left. Registers are taken to be as instructions usually find them:
 * where that is not known it is tested, and the region left if it isn't so.
 */
export class RegionX87 extends RegisterStack implements X87File {
  /** A region demands that all exceptions are masked. */
  readonly quiet = true;
  private readonly topLocal: Temp;
  private readonly tagsLocal: Temp;
  private now = NOTHING;
  private before = NOTHING;
  private offset = 0;

  /** @param leaveUnless leaves the region before the present instruction unless a condition holds */
  constructor(
    private readonly x: Stage,
    private readonly leaveUnless: (holds: Value) => void,
  ) {
    super();
    this.topLocal = { local: x.f.local(ValueType.i32) };
    this.tagsLocal = { local: x.f.local(ValueType.i32) };
  }

  // Course of a block

  startBlock(): void {
    this.now = NOTHING;
    this.before = NOTHING;
  }
  startInstruction(offset: number): void {
    this.before = this.now;
    this.offset = offset;
  }
  /** What is known here, for when code of other blocks has been emitted in between. */
  saved(): () => void {
    const { now, before, offset } = this;
    return () => Object.assign(this, { now, before, offset });
  }

  /** Brings memory up to date, for what comes behind the block; and for a leave before the present instruction. */
  flush(): void {
    this.write(this.now);
  }
  flushBefore(): void {
    this.write(this.before);
  }
  private write({ moved, found, foundValid, changed, valid, pointer }: Known): void {
    const { x } = this;
    if (moved) x.setState(X87_TOP, this.physical(moved));
    const different = changed & ~(found & ~(valid ^ foundValid));
    if (different) {
      const kept = x.and(this.tagsLocal, x.not(this.rotated(different)));
      x.setState(X87_TAGS, x.or(kept, this.rotated(valid & different)));
    }
    if (pointer !== undefined) storePointer(x, x.add(x.state(EIP_PAGE), pointer));
  }

  /** Number of the physical register that was ST(i) at the block's beginning. */
  private physical(i: number): Value {
    return this.x.and(this.x.add(this.topLocal, i), 7);
  }
  /** Bits of registers as this class counts them, as bits of physical registers. */
  private rotated(bits: number): Value {
    const { x } = this;
    const twice = x.shl(bits | (bits << 8), this.topLocal);
    return x.and(x.shrU(twice, 8), 0xff);
  }
  /** ST(i), as this class counts. Instructions in a region name registers by numbers. */
  private index(i: Value): number {
    return (this.now.moved + (i as number)) & 7;
  }

  // The register stack

  stack(): RegisterStack {
    if (!this.now.loaded) {
      const { x } = this;
      x.assign(this.topLocal, x.state(X87_TOP));
      x.assign(this.tagsLocal, x.state(X87_TAGS));
      this.now = { ...this.now, loaded: true };
    }
    return this;
  }
  valid(i: Value): Value {
    const { x, now } = this;
    const index = this.index(i);
    const bit = 1 << index;
    if (now.changed & bit) return now.valid & bit ? 1 : 0;
    if (now.found & bit) return now.foundValid & bit ? 1 : 0;
    const usual = i === -1 ? 0 : 1;
    this.leaveUnless(x.eq(x.and(x.shrU(this.tagsLocal, this.physical(index)), 1), usual));
    this.now = { ...now, found: now.found | bit, foundValid: now.foundValid | (usual << index) };
    return usual;
  }
  load(i: Value): Extended {
    return loadRegister(this.x, this.physical(this.index(i)));
  }
  put(i: Value, a: Extended): void {
    storeRegister(this.x, this.physical(this.index(i)), a);
  }
  occupy(i: Value): void {
    const bit = 1 << this.index(i);
    this.now = { ...this.now, changed: this.now.changed | bit, valid: this.now.valid | bit };
  }
  empty(...registers: Value[]): void {
    const bits = registers.reduce<number>((all, i) => all | (1 << this.index(i)), 0);
    this.now = { ...this.now, changed: this.now.changed | bits, valid: this.now.valid & ~bits };
  }
  move(by: number): void {
    this.now = { ...this.now, moved: this.index(by) };
  }

  // The rest of the file

  top(): Value {
    this.stack();
    return this.physical(this.now.moved);
  }
  reset(tags: number): void {
    this.x.setState(X87_TOP, 0);
    this.x.setState(X87_TAGS, tags);
    this.now = { ...NOTHING, pointer: this.now.pointer };
  }
  setPointer(): void {
    this.now = { ...this.now, pointer: this.offset };
  }
}
