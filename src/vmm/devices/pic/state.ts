import { byte, flag, integer, record, type Saved, versioned } from "../saved.js";

/** Initialization: ICW1 is followed by ICW2, by ICW3 unless the chip is single, and by ICW4 if ICW1 asked for it. */
export const READY = 0;

export const chipState = record({
  /** Levels of the eight inputs. */
  lines: byte,
  /** Edges latched and not yet acknowledged. */
  edges: byte,
  imr: byte,
  isr: byte,
  elcr: byte,
  /** Upper five bits of the vectors (ICW2). */
  base: byte,
  /** ICW3: which inputs have a slave (master), or the number of the chip (slave). */
  cascade: byte,
  single: flag,
  levelTriggered: flag,
  specialFullyNested: flag,
  autoEoi: flag,
  rotateOnAutoEoi: flag,
  specialMask: flag,
  /** Which input has the lowest priority. */
  lowest: integer(0, 7),
  readIsr: flag,
  poll: flag,
  /** The ICW that the next write to the odd port is (2, 3 or 4), or READY. */
  expects: integer(0, 4),
  wantsIcw4: flag,
  /** The output to the processor or to the master. */
  int: flag,
});
export type ChipState = Saved<typeof chipState>;

export const picState = versioned(1, { master: chipState, slave: chipState });
export type PicState = Saved<typeof picState>;
