/**
 * Physical memory of the program that runs the cases, the same on both sides. Everything that real mode must reach lies below 64 KiB, and so does
 * all that the program touches while a case's page tables are in force (they map it one to one, for the supervisor).
 */
export const PAGE = 0x1000;
export const RAM_SIZE = 0x200_0000;

/** 8086 vectors, all of them to STUBS16. */
export const IVT = 0;
/** State words of the program: see `word`. */
const WORDS = 0x500;
/** What the present case has come to: see `save`. */
export const SAVE = 0x600;
/** x87 and SSE state that every case starts with, as FXRSTOR takes it. */
export const FX_INITIAL = 0x800;
/** Parts of the program, each with room up to the next one. */
export const RESET16 = 0x1000;
export const START = 0x1100;
export const NEXT = 0x1200;
export const ENTER = 0x1300;
export const ENTER_REAL = 0x1600;
export const EXIT = 0x1800;
export const EXIT16 = 0x1c00;
export const RECORD = 0x1e00;
export const PANIC = 0x1f80;
/** Here and behind the arena there is nothing but INT3: where transfers to a wrong base come out. */
export const NOTHING = [
  [0x2000, 0x4000],
  [0x2_0000, 0xa_0000],
] as const;
/** Where gate `v` of a case leads: STUBS + STUB_SIZE * v. */
export const STUBS = 0x4000;
export const STUB_SIZE = 32;
/** The same for the 8086 vectors. */
export const STUBS16 = 0x6000;
export const STUB16_SIZE = 16;
export const PROGRAM_STACK = 0x9000;
/** The case's header while it runs. */
export const HEADER = 0x9000;
/** The program's own tables. */
export const GDT = 0xa000;
export const TSS = 0xa100;
export const IDT = 0xa800;

/** Selectors of the program: its first two mean the same in every case's GDT. */
export const PROGRAM_CS = 0x08;
export const PROGRAM_DS = 0x10;
export const PROGRAM_CS16 = 0x18;
export const PROGRAM_DS16 = 0x20;
export const PROGRAM_TSS = 0x28;

/** The memory that cases work in: put back after each. Its layout is arena.ts. */
export const ARENA = 0x1_0000;
export const ARENA_PAGES = 16;
export const ARENA_SIZE = ARENA_PAGES * PAGE;
/** What it holds when a case starts, before the case's own patches. */
export const PRISTINE = 0x10_0000;

/** Cases one after the other: header, then patches. */
export const CASES = 0x20_0000;
/** Results one after the other: `save`, the number of dwords of the arena that differ, then their addresses and values. */
export const RESULTS = 0x100_0000;

export const word = {
  /** Cases that are left. */
  left: WORDS,
  /** Cases that have a result. */
  done: WORDS + 4,
  /** Address of the next case. */
  nextCase: WORDS + 8,
  /** Where the next result goes. */
  nextResult: WORDS + 12,
  /** Not zero while a case runs: finding it so after RESET means that the case ended in shutdown. */
  running: WORDS + 16,
  /** SS:ESP, IDTR and GDTR of the program, and a selector for its data. */
  stack: WORDS + 0x20,
  gdtr: WORDS + 0x28,
  idtr: WORDS + 0x30,
  dataSelector: WORDS + 0x38,
} as const;

/** Fields of a result, offsets from SAVE. */
export const save = {
  vector: 0,
  /** The last 8086 vector that was called, plus 1. */
  vector16: 4,
  gpr: 8,
  /** ES CS SS DS FS GS LDTR TR. GS is known only where a case ends in real mode: the stubs need a segment register. */
  segments: 40,
  /** CR0 CR2 CR3 CR4. */
  control: 72,
  /** DR0-DR3 DR6 DR7. */
  debug: 88,
  gdtr: 112,
  idtr: 120,
  /** Of the handler. */
  eflags: 128,
  /** MSRs 174h-176h. */
  sysenter: 132,
  fx: 160,
} as const;
/** With x87 and XMM0-XMM7. */
export const SAVE_SIZE = 160 + 288;

/** `save.vector` of a case that ended in real mode, and of one that ended in shutdown. */
export const REAL_MODE = 0x100;
export const SHUTDOWN = 0xffff_ffff;

/** Fields of a case's header. */
export const header = {
  /** Bytes of header and patches. */
  size: 0,
  patches: 4,
  /** Not zero: enter in real mode. */
  real: 8,
  cr0: 12,
  cr3: 16,
  cr4: 20,
  gdtr: 24,
  idtr: 32,
  ldtr: 40,
  tr: 44,
  /** DR0-DR3 DR6 DR7. */
  debug: 48,
  /** DS ES FS GS. */
  segments: 72,
  /** SS:ESP of the frame that IRET takes. */
  stack: 88,
  /** As POPAD takes them: EDI ESI EBP - EBX EDX ECX EAX. */
  gpr: 96,
  /** A frame for IRET to an outer level or to virtual-8086 mode: EIP CS EFLAGS ESP SS ES DS FS GS. */
  frame: 128,
  sysenter: 164,
} as const;
export const HEADER_SIZE = 192;

/** Ports. */
export const PORT_EXIT = 0xf4;
/** The ib700 watchdog: a write starts it anew, one to the other port stops it. It ends a case that doesn't end, by NMI. */
export const PORT_WATCHDOG = 0x443;
export const PORT_WATCHDOG_OFF = 0x441;
/** Two seconds. */
export const WATCHDOG_TIME = 14;
/** Written to PORT_EXIT. */
export const EXIT_DONE = 0;
export const EXIT_PANIC = 1;
