import * as at from "../../src/vmm/cpu/layout.js";
import type { CpuState } from "../../src/vmm/cpu/state.js";
import { handlers, SPECIALS, Special } from "../../src/vmm/interpreter/handlers.js";
import type { Interpreter } from "../../src/vmm/interpreter/interpreter.js";
import { slotOf } from "../../src/vmm/interpreter/jump-cache.js";
import { RECORD_SIZE, Rec } from "../../src/vmm/interpreter/record.js";
import { ANY_MAY_BEGIN, Recent, recentPage } from "../../src/vmm/mmu/recent-pages.js";
import { hostBy, isValid, NOTHING, VALID } from "../../src/vmm/mmu/tlb-entry.js";
import * as map from "./memory-map.js";

const TLBS = ["supervisor read", "supervisor write", "user read", "user write"];
const TLB_ENTRIES = at.TLB_SIZE / 4;
const hex = (value: number): string => (value >>> 0).toString(16);

interface Engine {
  readonly state: CpuState;
  readonly interpreter: Interpreter;
}

/** What is wrong in the tables that emitted code trusts without a check: TLBs, jump caches, records. */
export function brokenTables(engine: Engine): string[] {
  return [...tlbs(engine), ...recentPages(engine), ...jumpCaches(engine), ...records(engine)];
}

/** A valid entry leads to a page of RAM, one for stores to none with decoded code. One that traces stores leads to RAM, too. */
function tlbs({ state, interpreter }: Engine): string[] {
  const found: string[] = [];
  TLBS.forEach((name, table) => {
    const first = (at.TLB + table * at.TLB_SIZE) >> 2;
    for (let page = 0; page < TLB_ENTRIES; page++) {
      const word = state.i32[first + page];
      if (word === NOTHING) continue;
      const traces = table % 2 === 1 && !isValid(word);
      const host = hostBy(traces ? word + VALID : word, page * at.PAGE_SIZE);
      const physical = host - at.RAM_BASE;
      const inRam = physical >= 0 && physical < map.RAM_BYTES && !(physical >= map.HOLE.start && physical < map.HOLE.end);
      if (host % at.PAGE_SIZE !== 0 || !inRam) found.push(`${name} TLB: linear page ${hex(page)} leads to host address ${hex(host)}`);
      else if (table % 2 === 1 && !traces && interpreter.cache.holdsCode(physical / at.PAGE_SIZE))
        found.push(`${name} TLB: linear page ${hex(page)} allows stores to page ${hex(physical)}, which holds decoded code`);
    }
  });
  return found;
}

/** A slot is empty, or says what the TLB for user code says, and no more. */
function recentPages({ state }: Engine): string[] {
  const found: string[] = [];
  for (const write of [false, true])
    for (let site = 0; site < at.RECENT_PAGE_SLOTS; site++) {
      const slot = recentPage(write, site);
      const limit = state.get(slot + Recent.limit);
      if (limit === 0) continue;
      const page = state.get(slot + Recent.page);
      const entry = state.get(at.TLB + (write ? 3 : 2) * at.TLB_SIZE + 4 * (page >>> 12));
      const holds = isValid(entry) && hostBy(entry, page) === state.get(slot + Recent.host) >>> 0;
      if (!holds || page % at.PAGE_SIZE !== 0 || limit !== ANY_MAY_BEGIN)
        found.push(`recent page ${hex(page)} for ${write ? "writes" : "reads"}`);
    }
  return found;
}

const isRecord = (address: number, end: number): boolean =>
  address >= at.RECORDS && address < end && (address - at.RECORDS) % RECORD_SIZE === 0;

/** A slot is empty, or leads to a record in use by a key that hashes to it. */
function jumpCaches({ state, interpreter }: Engine): string[] {
  const found: string[] = [];
  for (let slot = 0; slot < (1 + at.ADDRESS_SPACES) * at.JUMP_CACHE_ENTRIES; slot++) {
    const eip = state.get(at.JUMP_CACHE + 8 * slot);
    const record = state.get(at.JUMP_CACHE + 8 * slot + 4);
    const matches = Math.floor(slotOf(eip) / at.JUMP_CACHE_WAYS) === Math.floor((slot % at.JUMP_CACHE_ENTRIES) / at.JUMP_CACHE_WAYS);
    if (record === 0 ? matches : !matches || !isRecord(record, interpreter.cache.end))
      found.push(`jump cache slot ${slot}: EIP ${hex(eip)} leads to ${hex(record)}`);
  }
  return found;
}

/** Every record in use has a handler, and its links lead to records in use (a crossing record's second page to RAM). */
function records({ state, interpreter }: Engine): string[] {
  const found: string[] = [];
  const { end } = interpreter.cache;
  const handlerCount = SPECIALS + handlers.length;
  if (end > at.RECORDS_END) found.push(`records end at ${hex(end)}`);
  for (let record = at.RECORDS; record < end; record += RECORD_SIZE) {
    const handler = state.u16[(record + Rec.handler) >> 1];
    const target = state.get(record + Rec.target);
    const wrong =
      handler >= handlerCount ||
      handler === Special.stop ||
      (target !== 0 && !isRecord(target, end)) ||
      (handler === Special.goto && target === 0) ||
      (handler === Special.crossing && !isCrossing(state.get(record + Rec.immediate), target));
    if (wrong) found.push(`record ${hex(record)}: handler ${handler}, target ${hex(target)}`);
  }
  return found;
}

function isCrossing(second: number, target: number): boolean {
  return second === 0 || (target !== 0 && second >= at.RAM_BASE && second < at.RAM_BASE + map.RAM_BYTES && second % at.PAGE_SIZE === 0);
}
