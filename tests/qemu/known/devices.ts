import { vectorIs } from "../compare.js";
import { changedBits, ended, type KnownDifference, parting } from "./known-difference.js";

const { BP, GP, NM, UD, MF } = vectorIs;
const FP = "floating-point";
const POINTERS = new Set(["fip", "fcs", "fdp", "fds", "ftw fop"]);

/** What is not of the processor's system side: ports, MSRs, x87. */
export const devices: readonly KnownDifference[] = [
  {
    title: "Ports that no device has",
    what: "16 and 32-bit reads give 0",
    manual: "Not the processor's business; on a PC nothing drives the bus, which reads as ones",
    section: "-",
    explains: (difference, m) =>
      m.case.family === "io" && (difference.field === "eax" || difference.field === "memory") && (difference.ours & 0xffff) === 0xffff,
  },
  {
    title: "REP OUTS and REP INS with a count of 0",
    what: "The permission to use the port is looked at",
    manual: "With a count of 0 the instruction is not executed at all",
    section: "vol. 2, REP",
    explains: parting((m) => m.case.title.startsWith("rep ") && m.case.gpr[1] === 0 && ended(m, BP, GP)),
  },
  {
    title: "MSRs that do not exist",
    what: "RDMSR gives 0 and WRMSR does nothing",
    manual: "#GP(0)",
    section: "vol. 2, RDMSR, WRMSR",
    explains: parting((m) => m.case.title.includes("mov ecx, dead") && (ended(m, GP, BP) || m.ours.vector16 === GP + 1)),
  },
  {
    title: "Upper half of IA32_SYSENTER_CS",
    what: "Only 16 bits are kept",
    manual: "The MSR's low 16 bits are the selector; whether others are kept is not said",
    section: "vol. 3, 5.8.7",
    explains: (difference) => difference.field === "sysenter_cs" && (changedBits(difference) & 0xffff) === 0,
  },
  {
    title: "x87 instruction and data pointers",
    what: "FIP, FCS, FDP, FDS and FOP are not kept as instructions run; where images have them they are those of another instruction, in FXSAVE they are 0",
    manual: "The last non-control instruction that ran (FOP and FDP: that raised an unmasked exception, where CPUID says so)",
    section: "vol. 1, 8.1.8, 8.1.9",
    explains: (difference, m) =>
      m.case.family === FP && POINTERS.has(difference.field) && (difference.field !== "ftw fop" || (changedBits(difference) & 0xff) === 0),
  },
  {
    title: "Images of the x87 state",
    what: "Reserved halves are stored as 0, pointers as above, and FXSAVE leaves its reserved bytes alone",
    manual: "Reserved parts are FFFFH or undefined; software must not rely on them",
    section: "vol. 1, 8.1.10, 10.5.1",
    explains: (difference, m) => m.case.family === FP && difference.field === "memory" && /fnstenv|fnsave|fxsave/.test(m.case.title),
  },
  {
    title: "Exponents of MMX registers",
    what: "A write to MMi leaves the exponent of the x87 register",
    manual: "Sign and exponent are set to ones",
    section: "vol. 1, 9.6.2",
    explains: (difference, m) => m.case.family === FP && m.case.title.includes("mm3") && /st\d\[2\]/.test(difference.field),
  },
  {
    title: "x87 stack overflow",
    what: "A load into a register that is not empty is not noticed",
    manual: "Invalid operation with SF and C1 set; masked, the register gets the indefinite",
    section: "vol. 1, 8.5.1.1",
    explains: (difference, m) =>
      m.case.family === FP &&
      m.case.title.includes("mm3") &&
      /fld/.test(m.case.title) &&
      (difference.field === "eax" || /fsw|st\d/.test(difference.field)),
  },
  {
    title: "EMMS",
    what: "TOP stays, and CR0.EM and TS are not looked at",
    manual: "TOP is set to 0; #UD with EM, #NM with TS",
    section: "vol. 3, 12.1-12.2, table 12-1; vol. 2, EMMS",
    explains: (difference, m) =>
      m.case.title.includes("emms") &&
      (/fsw|ftw|st\d/.test(difference.field) ||
        (difference.field === "eax" && m.case.title.includes("fnstsw")) ||
        (m.case.cr0 & 0xc) !== 0),
  },
  {
    title: "Unmasked x87 exceptions",
    what: "The result is stored and the stack popped all the same, and neither MMX instructions nor EMMS report a pending exception",
    manual:
      "Invalid operations and divisions by zero that are not masked leave operands and stack as they were; the next x87 or MMX instruction that waits raises #MF",
    section: "vol. 1, 8.5, 8.6; vol. 3, 12.5",
    explains: (_, m) =>
      m.case.family === FP && m.case.title.includes("fdivp") && m.case.patches.some(({ bytes }) => bytes.length === 2 && bytes[0] !== 0x7f),
  },
  {
    title: "Which of #UD and #NM",
    what: "CR0.TS is looked at before CR0.EM and CR4.OSFXSR",
    manual: "MMX and SSE instructions with EM set, and SSE ones without OSFXSR, are #UD whatever TS is",
    section: "vol. 3, 2.5, 13.1.4; vol. 2, 2.4",
    explains: parting((m) => m.case.family === FP && (ended(m, [UD, MF], [NM, BP]) || m.ours.vector16 === UD + 1)),
  },
];
