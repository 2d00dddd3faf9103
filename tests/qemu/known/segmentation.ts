import { type Outcome, saved } from "../case.js";
import { vectorIs } from "../compare.js";
import { segment } from "../frames.js";
import { SHUTDOWN } from "../layout.js";
import {
  changedBits,
  ended,
  hasDescriptor,
  inStack,
  instructionAt,
  type KnownDifference,
  parting,
  patched,
  systemType,
} from "./known-difference.js";

const ACCESSED = 0x100;
const EXT = 1;
const VM = 0x2_0000;
const { GP, SS, DF, TS, BP, NP } = vectorIs;

const ANY = [0x20, 0x21, 0x80, 0xff, 0x100, ...Array(20).keys()];
/** Beyond 64 KiB, sometimes. */
const WIDE_TRANSFERS = ["call far", "iretd"];

export const segmentation: readonly KnownDifference[] = [
  {
    title: "Segment limits and types of data accesses",
    what: "Offsets (those of frames that are pushed too) are not compared with the segment's limit, nor is it looked whether a segment may be read or written, or is null",
    manual:
      "An access beyond the limit is #GP(0), or #SS(0) by SS; so is reading code that is execute-only, writing what is read-only, using a null segment",
    section: "vol. 3, 5.3, 5.4.1",
    explains: parting((m, ours) => {
      if (ended(m, [SS, DF, SHUTDOWN], BP) && !holdsStack(m.theirs)) return true;
      if (ours?.error !== 0 || !ended(m, [GP, SS], ANY)) return false;
      const text = instructionAt(m.case, ours.eip)?.text ?? "";
      return text.startsWith("mov ") && text.includes("[");
    }),
  },
  {
    title: "Limits of the code segment that is entered",
    what: "RET, IRET, call gates and far CALL and JMP in real and virtual-8086 mode go to offsets beyond the limit of the new code segment; IRET to virtual-8086 mode cuts EIP off",
    manual: "#GP(0) if the instruction pointer is not within the limit of the code segment",
    section: "vol. 2, CALL, JMP, RET, IRET",
    explains: parting((m, ours, theirs) => {
      if (m.case.entry !== "protected" && m.case.instructions.some(({ text }) => WIDE_TRANSFERS.includes(text))) return true;
      if (
        m.case.family === "iret" &&
        m.ours.vector === GP &&
        ours?.eip === m.case.eip &&
        [...patched(m.case)].some(({ value }) => (value & VM) !== 0)
      )
        return true;
      if (!theirs || !ended(m, [GP, DF, SHUTDOWN], ANY) || (ours?.error ?? 0) > EXT) return false;
      const limit = theirs.eflags & VM ? 0xffff : segment(m.theirs, theirs.cs).limit;
      return theirs.eip - 1 > limit;
    }),
  },
  {
    title: "Error code and stack of a CALL or JMP beyond the limit",
    what: "The #GP has the selector as its error code, and a CALL has pushed its return address by then",
    manual: "#GP(0), before the return address is pushed",
    section: "vol. 2, CALL, JMP",
    explains: (difference, m) => m.case.family === "far-transfer" && ended(m, GP, GP) && inStack(difference),
  },
  {
    title: "Accessed bit of code and stack segments",
    what: "Far transfers, interrupts and task switches leave the descriptor's accessed bit as it is",
    manual: "The processor sets the bit whenever it loads the segment's selector into a segment register",
    section: "vol. 3, 3.4.5.1",
    explains: (difference) => difference.field === "memory" && changedBits(difference) === ACCESSED && (difference.ours & ACCESSED) !== 0,
  },
  {
    title: "LAR, bits 19-16",
    what: "They are 0; ours has the limit's bits there",
    manual: "The result is the second doubleword masked with 00FxFF00H, where x is undefined",
    section: "vol. 2, LAR",
    explains: (difference, { case: c }) =>
      difference.field === "ebx" && c.title.includes("lar ") && (changedBits(difference) & ~0xf_0000) === 0,
  },
  {
    title: "IRET with VM in the image, not at level 0",
    what: "Enters virtual-8086 mode from every level",
    manual: "Only with CPL 0; otherwise VM in the image is ignored, and the words are a protected-mode frame",
    section: "vol. 2, IRET",
    explains: parting(
      ({ case: c }, _, theirs) => c.family === "iret" && (c.cs & 3) !== 0 && theirs !== undefined && (theirs.eflags & VM) !== 0,
    ),
  },
  {
    title: "Upper half of the offset in 16-bit gates",
    what: "The reserved upper word counts as part of the offset",
    manual: "The offset of a 16-bit gate is 16 bits",
    section: "vol. 3, 21.3",
    explains: parting(({ case: c }) => hasDescriptor(c, (_, high) => [4, 6, 7].includes(systemType(high)) && high >>> 16 !== 0)),
  },
  {
    title: "Gates out of virtual-8086 mode to another level than 0",
    what: "The handler is entered",
    manual: "#GP with the code segment's selector: from virtual-8086 mode only level 0 can be reached",
    section: "vol. 3, 20.3.1; vol. 2, INT n",
    explains: parting(
      (m, _, theirs) =>
        m.case.entry === "virtual8086" &&
        ended(m, [GP, DF, SHUTDOWN], [BP, GP, TS]) &&
        (m.theirs.vector !== BP || ((theirs?.cs ?? 0) & 3) !== 0) &&
        hasDescriptor(m.case, (_, high) => [6, 7, 14, 15].includes(systemType(high))),
    ),
  },
  {
    title: "CS after a call gate to conforming code",
    what: "RPL of CS becomes the DPL of the code segment",
    manual: "RPL of CS is CPL, which conforming code does not change",
    section: "vol. 2, CALL; vol. 3, 5.8.4",
    explains: (difference, m) =>
      ended(m, BP, BP) &&
      inStack(difference) &&
      changedBits(difference) < 4 &&
      hasDescriptor(m.case, (_, high) => (systemType(high) & 0xf7) === 4),
  },
  {
    title: "JMP through a call gate to code that is not present",
    what: "#GP",
    manual: "#NP with the code segment's selector",
    section: "vol. 2, JMP",
    explains: (difference, m) => difference.field === "vector" && /^jmp /.test(m.case.title) && ended(m, NP, GP),
  },
  {
    title: "LTR of a null selector",
    what: "TR is loaded with it",
    manual: "#GP(0)",
    section: "vol. 2, LTR",
    explains: parting((m) => /ltr ax \([0-3]\)/.test(m.case.title) && ended(m, GP, BP)),
  },
  {
    title: "Task gate without a TSS",
    what: "A task gate whose selector names no available TSS is #TS",
    manual: "#GP with the selector, when an interrupt, CALL or JMP goes through the gate",
    section: "vol. 2, INT n, CALL, JMP",
    explains: parting(
      (m) => ended(m, [GP, DF], [TS, GP, DF]) && hasDescriptor(m.case, (_, high) => systemType(high) === 5) && m.theirs.vector === TS,
    ),
  },
  {
    title: "Null selector with an RPL in SYSENTER_CS",
    what: "SYSENTER and SYSEXIT look whether the MSR is 0",
    manual: "#GP(0) if IA32_SYSENTER_CS[15:2] = 0",
    section: "vol. 2, SYSENTER, SYSEXIT",
    explains: parting((m) => m.case.family === "msr" && (m.case.sysenter[0] & ~3) === 0 && ended(m, GP, [BP, GP])),
  },
];

/** Whether the frame that a case has ended on lies inside its stack segment. */
function holdsStack(outcome: Outcome): boolean {
  const { limit, access } = segment(outcome, saved(outcome, "segments", 2));
  const esp = saved(outcome, "gpr", 4);
  return (access & EXPAND_DOWN) === EXPAND_DOWN ? esp > limit : esp <= limit;
}
/** S and E, of data. */
const EXPAND_DOWN = 0x14;
