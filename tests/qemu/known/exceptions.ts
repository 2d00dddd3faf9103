import * as arena from "../arena.js";
import { type Outcome, saved } from "../case.js";
import { type Difference, type Mismatch, vectorIs } from "../compare.js";
import { segment } from "../frames.js";
import { SHUTDOWN } from "../layout.js";
import { changedBits, ended, hasDescriptor, inPage, inStack, type KnownDifference, parting, systemType } from "./known-difference.js";

const { DB, PF, UD, TS, NP, SS, GP, BP, DF } = vectorIs;
const AC = 0x4_0000;
const RF = 0x1_0000;
const VIF_VIP = 0x18_0000;
const EXT = 1;
const TF = 0x100;
const GPR = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];

export const exceptions: readonly KnownDifference[] = [
  {
    title: "RF in EFLAGS images",
    what: "A fault does not set it in the image that is pushed, and an instruction that completes does not always clear the flag itself",
    manual:
      "For any fault-class exception but one for an instruction breakpoint the value pushed for RF is 1. Otherwise it is the flag, which every instruction clears at its end, and INT n pushes 0",
    section: "vol. 3, 17.3.1.1",
    // A frame of 32-bit words on a 16-bit stack need not be aligned.
    explains: (difference) =>
      (inStack(difference) || inPage(difference, arena.TSS)) && [RF, 1].includes(changedBits(difference)) && !isError(difference),
  },
  {
    title: "EXT in error codes",
    what: "Bit 0 of the error code is 0 when an exception arises from the delivery of an exception",
    manual:
      "Set when the exception occurred during delivery of an event external to the program, such as an interrupt or an earlier exception",
    section: "vol. 3, 6.13",
    explains: (difference, m) => inStack(difference) && isError(difference) && m.ours.vector !== PF,
  },
  {
    title: "INT1 (F1)",
    what: "#UD",
    manual: "Opcode F1 generates #DB, as a trap",
    section: "vol. 2, INT1",
    explains: parting((m) => m.case.title.includes("int1") && (ended(m, DB, UD) || m.ours.vector16 === DB + 1)),
  },
  {
    title: "General detect",
    what: "DR7.GD has no effect",
    manual: "#DB with BD before any MOV to or from a debug register, while GD is set",
    section: "vol. 3, 17.2.4",
    explains: parting((m) => m.case.family === "debug-registers" && (m.case.debug[5] & 0x2000) !== 0),
  },
  {
    title: "Reserved bits of DR6 and DR7",
    what: "Bit 12 of DR6 and bits 11, 12, 14 and 15 of DR7 can be set",
    manual: "They are 0",
    section: "vol. 3, 17.2, figure 17-1",
    explains: (difference) =>
      (difference.field === "dr6" && (changedBits(difference) & ~0x1000) === 0) ||
      (difference.field === "dr7" && (changedBits(difference) & ~0xd800) === 0) ||
      (difference.field === "ebx" && (changedBits(difference) & ~0xd800) === 0 && (difference.ours & 0x400) !== 0),
  },
  {
    title: "Which of #UD and #GP, when both apply",
    what: "The privilege level is looked at first for MOV to DR4 and DR5 with CR4.DE, CR1, CR5 and their like; here the register",
    manual: "Both exceptions are listed, without an order",
    section: "vol. 2, MOV DRn, MOV CRn",
    explains: parting((m) => /mov (ebx, |)(dr|cr)\d/.test(m.case.title) && ended(m, UD, GP)),
  },
  {
    title: "Alignment of data breakpoints",
    what: "The address in DR0-DR3 is taken as it is",
    manual: "Its low bits are ignored as far as LEN says: the breakpoint covers an aligned range",
    section: "vol. 3, 17.2.5",
    explains: parting((m) =>
      [0, 1, 2, 3].some((i) => {
        const { debug } = m.case;
        return ((debug[5] >>> (2 * i)) & 3) !== 0 && (debug[i] & (debug[5] >>> (18 + 4 * i)) & 3) !== 0;
      }),
    ),
  },
  {
    title: "Data breakpoints while single-stepping",
    what: "The two traps are two exceptions, the second in the handler of the first, or one of them is forgotten",
    manual: "One #DB after the instruction, with all its causes in DR6",
    section: "vol. 3, 17.2.3",
    explains: parting((m) => m.case.family === "debug-exceptions" && (m.case.eflags & TF) !== 0 && (m.case.debug[5] & 0xff) !== 0),
  },
  {
    title: "Debug trap of a task switch",
    what: "The T flag of the TSS is ignored",
    manual: "#DB with BT before the first instruction of a task whose TSS has T set",
    section: "vol. 3, 17.3.1.5",
    explains: parting(
      (m) =>
        [...m.case.patches].some(({ address, bytes }) => address === arena.TSS_B + 0x64 && (bytes[0] & 1) !== 0) &&
        m.ours.vector !== m.theirs.vector,
    ),
  },
  {
    title: "Upper halves of registers after a switch to a 16-bit task",
    what: "They stay as they were; here they are 0",
    manual: "A 16-bit TSS has no such halves; what they hold is not said",
    section: "vol. 3, 7.6",
    explains: (difference, m) =>
      reaches16(m) &&
      ((GPR.includes(difference.field) && difference.ours >>> 16 === 0 && (changedBits(difference) & 0xffff) === 0) ||
        (difference.field === "eflags" && changedBits(difference) === AC) ||
        (inStack(difference) && ((changedBits(difference) & ~(AC | RF)) === 0 || (changedBits(difference) & ~((AC | RF) >>> 16)) === 0)) ||
        (inStack(difference) && saved(m.ours, "gpr", 4) !== saved(m.theirs, "gpr", 4))),
  },
  {
    title: "Exceptions while the new task's segments are loaded",
    what: "Delivered at level 0, on the new task's stack even if SS could not be loaded",
    manual:
      "They occur in the context of the new task. Here that has its CPL from the new CS and so changes stacks; and with an SS that could not be loaded the frame cannot be pushed, which is a double fault, then shutdown",
    section: "vol. 3, 7.3",
    explains: parting((m) => ended(m, [TS, NP, SS, GP, DF, SHUTDOWN], [TS, NP, SS, GP, DF]) && switched(m)),
  },
  {
    title: "VIF and VIP",
    what: "IRET to protected mode does not load them",
    manual: "IRETD at CPL 0 loads VIF and VIP from the image",
    section: "vol. 2, IRET",
    explains: (difference, m) =>
      m.case.family === "iret" &&
      (changedBits(difference) & ~(VIF_VIP | RF)) === 0 &&
      (difference.field === "eflags" || inStack(difference)),
  },
  {
    title: "A task gate out of virtual-8086 mode to a 16-bit task",
    what: "Ends in shutdown",
    manual: "A task switch as any other: the new task's FLAGS have no VM, so its segments are those of protected mode",
    section: "vol. 3, 7.3, 20.3.2",
    explains: parting(
      (m) => m.case.entry === "virtual8086" && m.theirs.vector === SHUTDOWN && hasDescriptor(m.case, (_, high) => systemType(high) === 5),
    ),
  },
  {
    title: "Words pushed by a delivery that fails",
    what: "They are in memory; here the frame is written when nothing can fail any more",
    manual: "Not said",
    section: "vol. 3, 6.15",
    explains: (difference, m) => m.ours.vector === m.theirs.vector && inStack(difference) && isFree(difference, m.ours),
  },
  {
    title: "Conforming code as a task's CS",
    what: "#TS unless its DPL is the selector's RPL; here its DPL may be lower, as everywhere",
    manual: "Code segment DPL matches segment selector RPL; conforming code is not mentioned",
    section: "vol. 3, 7.3, table 7-1",
    explains: parting((m) => ended(m, BP, TS) && switched(m) && hasDescriptor(m.case, (_, high) => (systemType(high) & 0x1c) === 0x1c)),
  },
  {
    title: "Tasks whose state is bad",
    what: "The new task runs although a part of its state is bad",
    manual: "#TS, #NP or #SS with the selector",
    section: "vol. 3, 7.3, table 7-1",
    explains: parting((m) => ended(m, [TS, NP, SS, SHUTDOWN], BP) && switched(m)),
  },
];

/** A word below the frame, or where there is none: as it was, for us. */
function isFree({ address, ours }: Difference, outcome: Outcome): boolean {
  const { base } = segment(outcome, saved(outcome, "segments", 2));
  return (
    ours === 0 && (outcome.vector === SHUTDOWN || (address ?? 0) < base + saved(outcome, "gpr", 4) || (address ?? 0) > arena.STACKS[0])
  );
}
/** Whether another task runs at the end than at the beginning. */
const switched = ({ case: c, ours, theirs }: Mismatch): boolean =>
  [ours, theirs].some((outcome) => outcome.vector !== SHUTDOWN && (saved(outcome, "segments", 7) & ~7) !== (c.tr & ~7));
/** The task that has run last, or the one before it, was the 16-bit one. */
const reaches16 = ({ theirs }: Mismatch): boolean =>
  [1, 3].includes(segment(theirs, saved(theirs, "segments", 7)).access & 0x1f) ||
  [...theirs.memory.keys()].some((address) => address >= arena.TSS_16 && address < arena.CODE);
/** An error code is a selector: small. */
const isError = ({ ours, theirs }: { ours: number; theirs: number }): boolean =>
  (ours ^ theirs) === EXT && ours === theirs + EXT && ours < 0x800;
