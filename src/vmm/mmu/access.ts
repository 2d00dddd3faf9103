import { PAGE_SIZE, SCRATCH, STRADDLE_BYTES } from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import type { PhysicalMemory } from "./physical.js";

/** Scratch cells of 16 bytes: two for reads, used in turn (an instruction may look at two operands), then one for writing. */
const READ_CELLS = SCRATCH;
const WRITE_CELL = SCRATCH + 32;

/**
 * Accesses that emitted code cannot make in RAM directly, because they reach a device or nothing at all, or store to a page with code, or
 * go to two pages of which one is such or isn't in the TLB. The code is given the address of a scratch cell instead; what it stores there, `commit` carries out. Up to 16 bytes.
 */
export class ScratchAccess {
  private readCell = READ_CELLS;
  /** The store that `commit` will make: `firstBytes` at one physical address, the rest at another. */
  private first = 0;
  private second = 0;
  private firstBytes = 0;
  private bytes = 0;

  constructor(
    private readonly state: CpuState,
    private readonly memory: PhysicalMemory,
  ) {}

  /** Reads the operand into a cell and gives the cell's address. `second` is where the bytes beyond the page of `first` lie. */
  read(first: number, second: number, size: number): number {
    this.readCell ^= 16;
    this.gather(this.readCell, first, second, size);
    return this.readCell;
  }

  /** Gives the cell for a store, holding the operand's present value if `prefill`. */
  write(first: number, second: number, size: number, prefill: boolean): number {
    // A store that emitted code began may have come to nothing.
    this.state.set(STRADDLE_BYTES, 0);
    this.first = first;
    this.second = second;
    this.bytes = size;
    this.firstBytes = Math.min(size, PAGE_SIZE - (first % PAGE_SIZE));
    if (prefill) this.gather(WRITE_CELL, first, second, size);
    return WRITE_CELL;
  }

  /** Carries out the store that was put into the cell. */
  commit(): void {
    this.scatter(this.first, WRITE_CELL, this.firstBytes);
    if (this.bytes > this.firstBytes) this.scatter(this.second, WRITE_CELL + this.firstBytes, this.bytes - this.firstBytes);
  }

  private gather(cell: number, first: number, second: number, size: number): void {
    const firstBytes = Math.min(size, PAGE_SIZE - (first % PAGE_SIZE));
    this.load(cell, first, firstBytes);
    if (size > firstBytes) this.load(cell + firstBytes, second, size - firstBytes);
  }

  private load(cell: number, physical: number, count: number): void {
    for (let i = 0; i < count; ) {
      const unit = widest(count - i);
      this.state.store(cell + i, unit, this.memory.read(physical + i, unit));
      i += unit;
    }
  }

  private scatter(physical: number, cell: number, count: number): void {
    for (let i = 0; i < count; ) {
      const unit = widest(count - i);
      this.memory.write(physical + i, unit, this.state.load(cell + i, unit));
      i += unit;
    }
  }
}

/**
 * Width of the next transfer. A device sees an operand that fits its bus (1, 2 or 4 bytes) as one access, aligned or not; what is longer
 * or odd is taken apart.
 */
function widest(left: number): number {
  return left >= 4 ? 4 : left >= 2 ? 2 : 1;
}
