import * as arena from "../arena.js";
import { vectorIs } from "../compare.js";
import { changedBits, ended, inPage, inStack, type KnownDifference, parting, patched } from "./known-difference.js";

const { A, PS } = arena.Pte;
const { PF, GP, BP } = vectorIs;
const PAT_LARGE = 0x1000;
const RSVD = 8;

export const paging: readonly KnownDifference[] = [
  {
    title: "Accessed flag of PDPTEs",
    what: "It is set in memory, at every translation",
    manual: "The PDPTEs are loaded into registers by MOV to CR3; bit 5 is reserved in them, and there is no accessed flag",
    section: "vol. 3, 4.4.1, table 4-8",
    explains: (difference) => inPage(difference, arena.PAE_POINTERS) && changedBits(difference) === A,
  },
  {
    title: "Accessed flags of a translation that fails",
    what: "The flag is set in the entries of the upper levels, as the walk goes; here only when it arrives",
    manual: "Set when an entry is used for a translation; whether one that ends in #PF counts is not said",
    section: "vol. 3, 4.8",
    explains: (difference) =>
      (inPage(difference, arena.PAGE_DIRECTORY) || inPage(difference, arena.PAE_DIRECTORY)) && changedBits(difference) === A,
  },
  {
    title: "P in the error code of a reserved bit",
    what: "RSVD is set and P is not",
    manual: "RSVD can be set only if P is: reserved bits are not looked at in an entry that is not present",
    section: "vol. 3, 4.7",
    explains: (difference, m) => ended(m, PF, PF) && inStack(difference) && changedBits(difference) === 1 && (difference.ours & RSVD) !== 0,
  },
  {
    title: "PAT bit of large pages",
    what: "Bit 12 of an entry that maps a large page is not looked at",
    manual: "It is reserved where CPUID does not announce PAT",
    section: "vol. 3, 4.3-4.4, tables 4-4, 4-9",
    explains: parting(
      (m, ours) =>
        m.ours.vector === PF &&
        ((ours?.error ?? 0) & RSVD) !== 0 &&
        [...patched(m.case)].some(({ value }) => (value & PS) !== 0 && (value & PAT_LARGE) !== 0),
    ),
  },
  {
    title: "Order of the two halves of an access across pages",
    what: "The second page may be looked at first; here the first one is",
    manual: "Not said",
    section: "vol. 3, 4.7",
    explains: parting((m) => ended(m, PF, PF) && /[0-9a-f]ffe/.test(m.case.title)),
  },
  {
    title: "Accessed and dirty flags of an access across pages that faults",
    what: "Set in the page that could be accessed",
    manual: "Set when an entry is used for a translation; whether one of an access that ends in #PF counts is not said",
    section: "vol. 3, 4.8",
    explains: (difference, m) =>
      ended(m, PF, PF) &&
      (inPage(difference, arena.WINDOW_TABLE) || inPage(difference, arena.PAE_WINDOW_TABLE)) &&
      (changedBits(difference) & ~(A | arena.Pte.D)) === 0,
  },
  {
    title: "Read-modify-write that faults",
    what: "The read is translated first, as a read: its fault has W/R clear",
    manual:
      "W/R is set if the access that faults was a write; instructions that read and write their destination ask for both at once (as the host's processor does in test:isa)",
    section: "vol. 3, 4.7",
    explains: (difference, m) =>
      ended(m, PF, PF) &&
      inStack(difference) &&
      (changedBits(difference) === 2 || (changedBits(difference) === 3 && (difference.ours & RSVD) !== 0)) &&
      /add|cmpxchg/.test(m.case.title),
  },
  {
    title: "Illegal values of CR0 and CR4",
    what: "NW without CD, bits that are not defined, and features that CPUID does not announce (MCE, PCE) are taken as they come; undefined bits of CR0 can be read back",
    manual: "NW without CD and reserved bits of CR4 are #GP(0); setting reserved bits of CR0 is ignored",
    section: "vol. 2, MOV CRn; vol. 3, 2.5",
    explains: (difference, m) => {
      if (!/cr0|cr4|lmsw|smsw/.test(m.case.title) || (m.case.entry === "protected" && (m.case.cs & 3) !== 0)) return false;
      if (ended(m, GP, [BP, GP, 6]) || m.ours.vector16 === GP + 1) return true;
      const undefinedBits = 0x1ffa_ffc0;
      return ["cr0", "ebx", "ecx"].includes(difference.field) && (changedBits(difference) & ~undefinedBits) === 0;
    },
  },
];
