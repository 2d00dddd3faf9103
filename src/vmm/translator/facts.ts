import type { Group, Key, Located } from "./addresses.js";
import { Flag } from "./pending-flags.js";
import type { X87Shape, X87Use } from "./region-x87.js";

/** What staging an instruction for the first time has told about it. */
export class InstructionFacts {
  /** Flags (pending-flags.ts) that are read before it sets them, and that it always sets. */
  reads = 0;
  writes = 0;
  /** Sets flags on some paths only. */
  conditional = false;
  /** Is left to the interpreter, always. */
  leaves = false;
  /** May end a block in the middle of straight code, with the monitor looking at events. */
  endsBlock = false;
  /** Accesses to memory. */
  accesses = 0;
  /** Flags that somebody may read before they are set again, before and behind this instruction. */
  liveBefore: number = Flag.all;
  liveAfter: number = Flag.all;
}

/** What is known of a block. */
export class BlockFacts implements X87Use {
  readonly instructions: InstructionFacts[] = [];
  /** General registers that are read, and written, one bit each. */
  used = 0;
  dirty = 0;
  /** The same for XMM registers. */
  usedVectors = 0;
  dirtyVectors = 0;
  usedX87 = 0;
  dirtyX87 = 0;
  asksShape = false;
  shape: X87Shape = { top: 0, tags: 0 };
  /** Somebody has said with which shape it begins. */
  shaped = false;
  /** Relies on the usual mode of MXCSR. */
  usualMode = false;
  /** Words of state that have to be 0 for it, and that nothing in it changes. */
  readonly gates = new Set<number>();
  /** Accesses at constant distances from each other, by the key of their place. */
  readonly groups = new Map<Key, Group>();

  note({ key, delta }: Located, size: number, write: boolean): void {
    const group = this.groups.get(key);
    if (!group) {
      this.groups.set(key, { low: delta, high: delta + size, write, count: 1 });
      return;
    }
    group.low = Math.min(group.low, delta);
    group.high = Math.max(group.high, delta + size);
    group.write ||= write;
    group.count++;
  }
}
