import { PAGE_SIZE, TLB, TLB_SIZE } from "../cpu/layout.js";
import { hostBy, isValid } from "../mmu/tlb-entry.js";
import type { Instruction } from "./instruction.js";

/** Entries of a table that are looked at. */
const MOST = 256;

/**
 * The tables that `switch` statements and computed jumps go by: JMP [table + index * 4], or MOV from there and JMP register. What they hold is a guess
 * as to where the jump may go: the code that is made of it compares what the jump really loads. So it may be read while the guest runs, by what its
 * TLB says at the moment.
 */
export class JumpTables {
  private readonly words: Int32Array;

  /** @param page linear address of the head's page, as the head was found */
  constructor(
    memory: Uint8Array,
    private readonly page: number,
    private readonly user: boolean,
  ) {
    this.words = new Int32Array(memory.buffer);
  }

  /** Where the indirect jump at the end of straight code may go: offsets from the head's page, each once; they need not be code. */
  targets(code: readonly Instruction[]): number[] {
    const load = tableLoad(code);
    if (!load) return [];
    const { displacement } = load;
    const found = new Set<number>();
    for (let i = 0; i < MOST; i++) {
      const host = this.host(displacement + 4 * i);
      if (host === 0) break;
      const offset = (this.words[host >> 2] - this.page) | 0;
      // Other data follows.
      if (offset < -PAGE_SIZE || offset >= 2 * PAGE_SIZE) break;
      found.add(offset);
    }
    return [...found];
  }

  /** Host address of a word, 0 where the read TLB doesn't know. */
  private host(linear: number): number {
    const entry = this.words[(TLB + (this.user ? 2 * TLB_SIZE : 0) + ((linear >>> 12) << 2)) >> 2];
    return isValid(entry) ? hostBy(entry, linear) : 0;
  }
}

/** The instruction that loads from the table: the jump, or the last one before it that writes the register which it goes by. */
function tableLoad(code: readonly Instruction[]): Instruction | undefined {
  const jump = code.at(-1);
  if (jump?.memory) return readsTable(jump) ? jump : undefined;
  const by = jump?.rm;
  if (by?.kind !== "general") return undefined;
  const load = code.findLast(({ entry, reg, size }) => entry.name === "mov" && size === 4 && reg.kind === "general" && reg.n === by.n);
  return load && load.entry.roles[0] === "r" && readsTable(load) ? load : undefined;
}
function readsTable({ memory, plain, base, index, scale, displacement }: Instruction): boolean {
  return memory && plain && base < 0 && index >= 0 && scale === 2 && (displacement & 3) === 0;
}
