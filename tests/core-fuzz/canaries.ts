import * as at from "../../src/vmm/cpu/layout.js";
import { handlers, SPECIALS } from "../../src/vmm/interpreter/handlers.js";
import { RECENT_SIZE } from "../../src/vmm/mmu/recent-pages.js";
import * as map from "./memory-map.js";

interface Stretch {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

const PROFILE_END = at.PROFILE + 4 * (SPECIALS + handlers.length);
const MEMORY_END = 65536 * at.wasmPages(map.RAM_BYTES);
/** Of RAM and what lies behind. */
const MEMORY_PAGES = (MEMORY_END - at.RAM_BASE) / at.PAGE_SIZE;

/** What no instruction may change, whatever it does: the gaps of layout.ts, and RAM's bytes where the hole of the PC is. */
const STRETCHES: readonly Stretch[] = [
  { name: "the word at 0", from: 0, to: at.STATE },
  { name: "behind the general registers", from: at.STATE_END, to: at.ZERO },
  { name: "behind the helpers' results", from: at.RESULT + 0x100, to: at.STEP_RECORD },
  { name: "behind the stepped instruction's records", from: at.STEP_RECORD + 64, to: at.REGION_ENTRIES },
  { name: "behind the last landing", from: at.LANDING_VIEW + 4, to: at.X87_TABLES },
  { name: "behind the x87 tables", from: at.X87_TABLES_END, to: at.RECENT_LOADS },
  { name: "behind the recent loads", from: at.RECENT_LOADS + 64 * at.RECENT_LOAD_SLOTS, to: at.RECENT_PAGES },
  { name: "behind the recent pages", from: at.RECENT_PAGES + 2 * at.RECENT_PAGE_SLOTS * RECENT_SIZE, to: at.JUMP_CACHE },
  { name: "behind the jump caches", from: at.JUMP_CACHE + (1 + at.ADDRESS_SPACES) * at.JUMP_CACHE_SIZE, to: at.PROFILE },
  { name: "behind the dispatch counts", from: PROFILE_END, to: at.FETCH_CACHE },
  { name: "behind the fetch translations", from: at.FETCH_CACHE + 8 * at.FETCH_CACHE_SLOTS, to: at.LEAVES },
  { name: "behind the returns of regions", from: at.RETURNS + 8 * at.LEAVES_SLOTS, to: at.CODE_LINES },
  { name: "behind the lines of code", from: at.CODE_LINES + 4 * MEMORY_PAGES, to: at.TLB },
  { name: "the hole below 1 MiB", from: at.RAM_BASE + map.HOLE.start, to: at.RAM_BASE + map.HOLE.end },
  { name: "behind RAM", from: at.RAM_BASE + map.RAM_BYTES, to: MEMORY_END },
];

const EXPECTED = STRETCHES.map(({ from, to }) => {
  const bytes = new Uint8Array(to - from);
  for (let i = 0; i < bytes.length; i++) bytes[i] = pattern(from + i);
  return bytes;
});

/** A different byte at each address, more or less. */
function pattern(address: number): number {
  return (Math.imul(address, 0x9e37_79b1) >>> 24) & 0xff;
}

/** Fills the gaps of the monitor's memory with a pattern, and says where the pattern is damaged. */
export class Canaries {
  constructor(private readonly memory: Uint8Array) {
    STRETCHES.forEach(({ from }, i) => {
      memory.set(EXPECTED[i], from);
    });
  }

  damage(): string[] {
    return STRETCHES.flatMap(({ name, from, to }, i) => {
      const now = this.memory.subarray(from, to);
      if (Buffer.compare(now, EXPECTED[i]) === 0) return [];
      const where = from + now.findIndex((byte, offset) => byte !== EXPECTED[i][offset]);
      return [`${name}: the monitor's memory was written to at ${where.toString(16)}`];
    });
  }
}
