import * as arena from "../arena.js";
import type { Case, Instruction } from "../case.js";
import type { Difference, Mismatch } from "../compare.js";
import { type Frame, frame } from "../frames.js";
import { PAGE } from "../layout.js";

/** A way in which QEMU is not as the manual says, or in which the manual leaves a choice. */
export interface KnownDifference {
  readonly title: string;
  /** What QEMU does, and what ours does where the manual leaves it open. */
  readonly what: string;
  /** What the Intel SDM says, in brief. */
  readonly manual: string;
  readonly section: string;
  /** Whether this difference of the mismatch is one of those. */
  readonly explains: (difference: Difference, mismatch: Mismatch) => boolean;
}

/** A difference after which the two sides went different ways: it explains all that follows. */
export const parting =
  (condition: (mismatch: Mismatch, ours: Frame | undefined, theirs: Frame | undefined) => boolean): KnownDifference["explains"] =>
  (_, mismatch) =>
    condition(mismatch, frame(mismatch.ours), frame(mismatch.theirs));

/** The vectors in which the cases have ended. */
export const ended = ({ ours, theirs }: Mismatch, our: number | readonly number[], their: number | readonly number[]): boolean =>
  [our].flat().includes(ours.vector) && [their].flat().includes(theirs.vector);

export const inStack = ({ address }: Difference): boolean => address !== undefined && address >= arena.CODE + PAGE && address < arena.DATA;
export const inPage = ({ address }: Difference, from: number): boolean => address !== undefined && address >= from && address < from + PAGE;
export const changedBits = ({ ours, theirs }: Difference): number => (ours ^ theirs) >>> 0;

/** The dwords that a case puts into the arena itself, by address. */
export function* patched(c: Case): Generator<{ address: number; value: number }> {
  for (const { address, bytes } of c.patches) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let i = 0; i + 4 <= bytes.length; i += 4) yield { address: address + i, value: view.getUint32(i, true) };
  }
}

/** Whether one of the case's own descriptors or gates satisfies a condition on its two dwords. */
export function hasDescriptor(c: Case, condition: (low: number, high: number) => boolean): boolean {
  return c.patches.some(({ address, bytes }) => {
    if (bytes.length !== 8 || address >= arena.TSS) return false;
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
    return condition(view.getUint32(0, true), view.getUint32(4, true));
  });
}
/** The instruction of the case that begins at an offset in its code segment. */
export function instructionAt(c: Case, eip: number): Instruction | undefined {
  let at = c.eip;
  return c.instructions.find(({ bytes }) => {
    const here = at;
    at += bytes.length;
    return here === eip;
  });
}

/** S and type. */
export const systemType = (high: number): number => (high >>> 8) & 0x1f;
