import { type Insn, Outcome } from "./callout.js";
import type { Cpu } from "./cpu.js";
import { EAX, EBX, ECX, EDX } from "./general-registers.js";

/**
 * Family 6, model 1Ch, stepping 10, an in-order processor that speculates on nothing: Linux leaves its mitigations off, and its erratum check
 * (PSE) looks at steppings up to 2. Also what EDX holds after RESET.
 */
export const SIGNATURE = 0x0001_06ca;

/** CPUID.1:EDX. Only what exists here. */
const Feature = {
  FPU: 1 << 0,
  VME: 1 << 1,
  DE: 1 << 2,
  PSE: 1 << 3,
  TSC: 1 << 4,
  MSR: 1 << 5,
  PAE: 1 << 6,
  CX8: 1 << 8,
  SEP: 1 << 11,
  PGE: 1 << 13,
  CMOV: 1 << 15,
  PSE36: 1 << 17,
  CLFSH: 1 << 19,
  MMX: 1 << 23,
  FXSR: 1 << 24,
  SSE: 1 << 25,
  SSE2: 1 << 26,
} as const;
const FEATURES = Object.values(Feature).reduce((all, feature) => all | feature, 0);

/** CPUID.80000001H:EDX bit 20: page-table entries may forbid execution, once IA32_EFER.NXE is set. */
const NO_EXECUTE = 1 << 20;

/** CPUID.1:ECX bit 31: runs under a hypervisor. */
const HYPERVISOR = 0x8000_0000;
/** CPUID.1:EBX: CLFLUSH works on 8 quadwords, one logical processor. */
const CACHE_LINE = 8 << 8;
const LOGICAL_PROCESSORS = 1 << 16;

/** MAXPHYADDR 36, 32 linear bits. */
const ADDRESS_SIZES = 0x2024;

/**
 * TSC and crystal clock (leaf 15h) and processor frequency (leaf 16h): with them a kernel knows its TSC instead of measuring it against the
 * 8254, which a loaded host can spoil. 25 MHz x 40 / 1 = TSC_HZ of time/tsc.ts.
 */
const CRYSTAL_HZ = 25_000_000;
const TSC_RATIO = 40;
const FREQUENCY_MHZ = 1000;
/** CPUID.80000007H:EDX bit 8: the TSC runs at one rate whatever the processor does. */
const INVARIANT_TSC = 0x100;

/** CPUID.(7, 0):EBX bit 6: FDP is updated by unmasked exceptions only. Not bit 13, because FCS and FDS are kept (isa/x87-stack.ts). */
const FDP_EXCPTN_ONLY = 1 << 6;

/**
 * Bit 9, ERMS: REP MOVSB and STOSB are as fast as wider ones (isa/string-bulk.ts). Linux looks whether IA32_MISC_ENABLE has fast strings on, too.
 */
const ENHANCED_REP = 1 << 9;

const HIGHEST_BASIC = 0x16;
const HIGHEST_HYPERVISOR = 0x4000_0000;
const HIGHEST_EXTENDED = 0x8000_0008;

type Leaf = readonly [eax: number, ebx: number, ecx: number, edx: number];
const EMPTY: Leaf = [0, 0, 0, 0];

/** The little-endian words of an ASCII text, padded with zeros. */
function words(text: string, count: number): number[] {
  const bytes = new Uint8Array(4 * count);
  new TextEncoder().encodeInto(text, bytes);
  const view = new DataView(bytes.buffer);
  return Array.from({ length: count }, (_, i) => view.getUint32(4 * i, true));
}

const [v0, v1, v2] = words("GenuineIntel", 3);
const [h0, h1, h2] = words("Worldswitch", 3);
const brand = words("Worldswitch virtual processor", 12);

const LEAVES: ReadonlyMap<number, Leaf> = new Map<number, Leaf>([
  [0, [HIGHEST_BASIC, v0, v2, v1]],
  [1, [SIGNATURE, CACHE_LINE | LOGICAL_PROCESSORS, HYPERVISOR, FEATURES]],
  [7, [0, FDP_EXCPTN_ONLY | ENHANCED_REP, 0, 0]],
  [0x15, [1, TSC_RATIO, CRYSTAL_HZ, 0]],
  [0x16, [FREQUENCY_MHZ, FREQUENCY_MHZ, CRYSTAL_HZ / 1_000_000, 0]],
  [0x4000_0000, [HIGHEST_HYPERVISOR, h0, h1, h2]],
  [0x8000_0000, [HIGHEST_EXTENDED, 0, 0, 0]],
  [0x8000_0001, [0, 0, 0, NO_EXECUTE]],
  [0x8000_0002, [brand[0], brand[1], brand[2], brand[3]]],
  [0x8000_0003, [brand[4], brand[5], brand[6], brand[7]]],
  [0x8000_0004, [brand[8], brand[9], brand[10], brand[11]]],
  [0x8000_0007, [0, 0, 0, INVARIANT_TSC]],
  [0x8000_0008, [ADDRESS_SIZES, 0, 0, 0]],
]);

/** CPUID: a leaf that is not there is zero. */
export function cpuid(cpu: Cpu, _insn: Insn): Outcome {
  const { state } = cpu;
  const number = state.reg(EAX);
  const beyondSubleaves = number === 7 && state.reg(ECX) !== 0;
  const leaf = (beyondSubleaves ? undefined : LEAVES.get(number)) ?? EMPTY;
  [EAX, EBX, ECX, EDX].forEach((n, i) => {
    state.setReg(n, leaf[i]);
  });
  return Outcome.Next;
}
