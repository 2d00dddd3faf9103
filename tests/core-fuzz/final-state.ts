import type { Cpu } from "../../src/vmm/cpu/cpu.js";
import * as at from "../../src/vmm/cpu/layout.js";
import { Seg } from "../../src/vmm/cpu/layout.js";
import type { CpuState } from "../../src/vmm/cpu/state.js";
import * as map from "./memory-map.js";
import { PAGE } from "./memory-map.js";

/** Words by name that are the same however a case was executed. */
const WORDS: readonly (readonly [name: string, address: number])[] = [
  ...["EAX", "ECX", "EDX", "EBX", "ESP", "EBP", "ESI", "EDI"].map((name, n) => [name, at.GPR + 8 * n] as const),
  ["EIP", at.EIP],
  ["CPL", at.CPL],
  ["GDTR", at.GDTR_BASE],
  ["GDTR limit", at.GDTR_LIMIT],
  ["IDTR", at.IDTR_BASE],
  ["IDTR limit", at.IDTR_LIMIT],
  ["CR0", at.CR0],
  ["CR2", at.CR2],
  ["CR3", at.CR3],
  ["CR4", at.CR4],
  ["EFER", at.EFER],
  ...[0, 1, 2, 3, 6, 7].map((n) => [`DR${n}`, at.DR + 8 * n] as const),
  ["SYSENTER_CS", at.SYSENTER_CS],
  ["SYSENTER_ESP", at.SYSENTER_ESP],
  ["SYSENTER_EIP", at.SYSENTER_EIP],
  ["NMI blocked", at.NMI_BLOCKED],
  ["NMI pending", at.NMI_PENDING],
  ["debug trap pending", at.DEBUG_PENDING],
  ["INTR", at.INTERRUPT_LINE],
  ["MXCSR", at.MXCSR],
  ["x87 control", at.X87_CONTROL],
  ["x87 status", at.X87_STATUS],
  ["TOP", at.X87_TOP],
  ["x87 tags", at.X87_TAGS],
  ["x87 opcode", at.X87_OPCODE],
  ["FIP", at.X87_IP],
  ["FDP", at.X87_DP],
  ...words("PDPTE", at.PDPTE, 8),
  ...words("XMM", at.XMM, 32),
  ...words("x87", at.X87, 32),
  ...[..."ES CS SS DS FS GS LDTR TR".split(" ").entries()].flatMap(([n, name]) => {
    const register = at.SEGMENT + at.SEGMENT_SIZE * n;
    return Object.entries({ selector: Seg.selector, base: Seg.base, limit: Seg.limit, access: Seg.access }).map(
      ([field, offset]) => [`${name} ${field}`, register + offset] as const,
    );
  }),
];

function words(name: string, first: number, count: number): (readonly [string, number])[] {
  return Array.from({ length: count }, (_, i) => [`${name}+${4 * i}`, first + 4 * i] as const);
}

/** A processor, its memory, and a digest of what it said to the world and heard from it. */
export interface Observed {
  readonly state: CpuState;
  readonly cpu: Cpu;
  readonly ram: Uint8Array;
  readonly heard: number;
}

/** In what a guest could tell one processor's state from the other's; empty: in nothing. Memory is looked at if the registers are the same. */
export function stateDifferences(one: Observed, other: Observed): string[] {
  const found: string[] = [];
  const differ = (name: string, mine: number, theirs: number) => found.push(`${name}: ${mine.toString(16)} and ${theirs.toString(16)}`);
  for (const [name, address] of WORDS) {
    const mine = one.state.get(address);
    const theirs = other.state.get(address);
    if (mine !== theirs) differ(name, mine, theirs);
  }
  if (one.cpu.flags !== other.cpu.flags) differ("EFLAGS", one.cpu.flags, other.cpu.flags);
  if (one.cpu.halted !== other.cpu.halted) found.push(`halted: ${one.cpu.halted} and ${other.cpu.halted}`);
  if (one.heard !== other.heard) found.push("accesses to ports and devices");
  return found.length > 0 ? found : memoryDifferences(one.ram, other.ram);
}

function memoryDifferences(one: Uint8Array, other: Uint8Array): string[] {
  if (Buffer.compare(one, other) === 0) return [];
  const found: string[] = [];
  for (let page = 0; page < map.RAM_BYTES; page += PAGE) {
    const mine = one.subarray(page, page + PAGE);
    const theirs = other.subarray(page, page + PAGE);
    const offset = mine.findIndex((byte, i) => byte !== theirs[i]);
    if (offset >= 0)
      found.push(`memory at ${(page + offset).toString(16)}: ${mine[offset].toString(16)} and ${theirs[offset].toString(16)}`);
  }
  return found;
}
