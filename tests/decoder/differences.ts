import type { Description } from "./description.js";
import type { Reference } from "./reference.js";

/** Where the two decoders are meant to differ, and why. A difference that no entry covers is a failure. */
interface KnownDifference {
  readonly reason: string;
  /** What to count it under, if it is one of these. */
  covers(ours: Description, theirs: Reference): string | undefined;
}

/** Features that CPUID doesn't announce: their encodings are #UD here, if no older instruction has them. By CPUID bit as iced names it. */
const BEYOND_THE_CLASS: Readonly<Record<string, string>> = {
  "VEX, EVEX and XOP are LES, LDS, BOUND and POP with mod 3 in this class: #UD": `AVX AVX2 AVX_IFMA AVX_NE_CONVERT AVX_VNNI AVX_VNNI_INT8
    AVX_VNNI_INT16 AVX512F AVX512BW AVX512CD AVX512DQ AVX512ER AVX512PF AVX512VL AVX512_4FMAPS AVX512_4VNNIW AVX512_BF16 AVX512_BITALG AVX512_FP16
    AVX512_IFMA AVX512_VBMI AVX512_VBMI2 AVX512_VNNI AVX512_VP2INTERSECT AVX512_VPOPCNTDQ F16C FMA FMA4 XOP TBM LWP BMI1 BMI2 VAES VPCLMULQDQ
    CMPCCXADD SHA512 SM3 SM4 AMX_BF16 AMX_COMPLEX AMX_FP16 AMX_INT8 AMX_TILE`,
  "vector extensions after SSE2": "SSE3 SSSE3 SSE4_1 SSE4_2 SSE4A AES PCLMULQDQ SHA GFNI KL AESKLE WIDE_KL",
  "AMD's 3DNow! and its kin": "D3NOW D3NOWEXT CYRIX_D3NOW",
  "virtualization and secure execution":
    "VMX INVEPT INVVPID SVM SKINIT SKINIT_or_SVM SEV_ES SEV_SNP SMX SGX1 OSS TDX PCONFIG INVLPGB RMPQUERY",
  "saved state": "XSAVE XSAVEC XSAVEOPT XSAVES",
  "control-flow enforcement, transactions, protection keys and system management of later processors":
    "CET_SS RTM HLE_or_RTM TSXLDTRK PKU SMAP INVPCID FRED LKGS WRMSRNS MSRLIST UINTR HRESET SERIALIZE ENQCMD",
  "integer and cache instructions of later processors": `ADX POPCNT MOVBE MOVDIRI MOVDIR64B RDRAND RDSEED RDPID RDTSCP RDPRU PTWRITE WAITPKG MONITOR
    MONITORX MCOMMIT CLFLUSHOPT CLWB CLZERO CLDEMOTE RAO_INT`,
  "VIA PadLock": "PADLOCK_ACE PADLOCK_PHE PADLOCK_PMM PADLOCK_RNG PADLOCK_GMI PADLOCK_UNDOC",
  "AMD's SYSCALL, which 32-bit kernels for Intel don't use": "SYSCALL",
};

const beyond = new Map(
  Object.entries(BEYOND_THE_CLASS).flatMap(([reason, features]) => features.split(/\s+/).map((f) => [f, reason] as const)),
);

/** "ours theirs": encodings that are older here, because the prefix or the ModRM.reg that makes them another instruction counts for nothing. */
const OLDER_MEANING = `
  bsf tzcnt     bsr lzcnt     wbinvd wbnoinvd
  nop pause     nop reservednop   nop endbr32   nop endbr64   nop rdsspd   nop cldemote   nop prefetch   nop prefetchw   nop prefetchwt1   nop prefetchnta
  nop prefetcht0   nop prefetcht1   nop prefetcht2   nop prefetchit0   nop prefetchit1
`;
const older = new Set(OLDER_MEANING.trim().split(/\s{2,}|\n/));

const SAME_REGISTER = /^r(?:16|32):(\d)$/;

/** Whether the operands that both name differ in nothing but size. */
function sameButSizes(ours: Description, theirs: Description): boolean {
  const sizeless = (text: string) => text.replace(/^(r|mem)\d+/, "");
  return (
    ours.length === theirs.length &&
    ours.repeat === theirs.repeat &&
    ours.operands.every((text, i) => i >= theirs.operands.length || sizeless(text) === sizeless(theirs.operands[i]))
  );
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    reason: "beyond the class",
    covers(ours, theirs) {
      if (ours.valid || !theirs.valid) return undefined;
      for (const feature of theirs.features) {
        const reason = beyond.get(feature);
        if (reason !== undefined) return reason;
      }
      return undefined;
    },
  },
  {
    reason: "instructions that are there to be invalid, and RSM outside of system management mode",
    covers: (ours, theirs) => (!ours.valid && ["ud0", "ud1", "ud2", "rsm"].includes(theirs.mnemonics[0]) ? theirs.mnemonics[0] : undefined),
  },
  {
    reason: "#UD when executed, not when decoded: MOV to CS, control registers that don't exist",
    covers(ours, theirs) {
      if (!ours.valid || theirs.valid || ours.mnemonics[0] !== "mov") return undefined;
      if (ours.operands[0] === "sr:1") return "mov cs";
      const control = ours.operands.find((text) => text.startsWith("cr:"));
      return control && ["cr:1", "cr:5", "cr:6", "cr:7"].includes(control) ? "mov cr1, cr5-cr7" : undefined;
    },
  },
  {
    reason: "a prefix or an opcode extension that selects a later instruction is ignored, as processors of the class do",
    covers(ours, theirs) {
      const pair = `${ours.mnemonics[0]} ${theirs.mnemonics[0]}`;
      return ours.valid && theirs.valid && older.has(pair) && sameButSizes(ours, theirs) ? pair : undefined;
    },
  },
  {
    reason: "a register of which only the low word counts: named by the operand size there",
    covers(ours, theirs) {
      const same = ours.valid && theirs.valid && ours.mnemonics[0] === theirs.mnemonics[0];
      const wordOnly = /^(arpl|lldt|ltr|verr|verw|lmsw)$/.test(ours.mnemonics[0]) || ours.operands[0]?.startsWith("sr:");
      const isRegister = theirs.operands.some((text) => SAME_REGISTER.test(text));
      return same && wordOnly && isRegister && sameButSizes(ours, theirs) ? ours.mnemonics[0] : undefined;
    },
  },
];
