/**
 * Where things lie in the one WebAssembly memory of a machine: processor state at constant addresses, then the tables that the
 * monitor keeps, then guest RAM and ROM last, so that what a guest can name (RAM_BASE and above, through the TLBs) is apart from everything else.
 * All addresses are byte addresses in that memory ("host addresses"). The word at 0 stays unused: a host address of 0 means "none".
 */

export const PAGE_SIZE = 4096;

/**
 * The state that emitted code touches most lies within the first 128 bytes: an x86 processor names these by a displacement of one byte, everything behind
 * them by one of four. Regions load and store all registers around each call, so that is a good part of their code.
 */
export const STATE = 0x04;
export const STATE_END = 0x80;
/** EIP of the first byte of the page being executed: EIP = EIP_PAGE + page offset in the record. */
export const EIP_PAGE = 0x04;
/** Instructions that translated regions may still retire. BUDGET + RESERVE is all that is left. */
export const RESERVE = 0x08;
/** Where a region, or an instruction with a function of its own, jumped to last: EIP, and the jump cache that it was looked up in (0: nowhere). */
export const LANDING_EIP = 0x0c;
export const LANDING_VIEW = 0x1d88;
export const FLAGS_RESULT = 0x10;
export const FLAGS_AUX = 0x14;
/** EFLAGS without the six arithmetic flags, which are derived from FLAGS_RESULT and FLAGS_AUX (see isa/flags.ts). */
export const EFLAGS = 0x18;
export const CPL = 0x1c;
/** Instructions that the interpreter may still retire before it looks up; may go below 0 by one block. */
export const BUDGET = 0x20;
/** Jump cache and TLBs of the present privilege: set when CPL changes, or the address space. */
export const VIEW_JUMP_CACHE = 0x24;
export const VIEW_READ = 0x28;
export const VIEW_WRITE = 0x2c;
/** Not zero when something outside the instruction stream wants attention: see events.ts. */
export const EVENTS = 0x30;
/** 1 while the interrupt controller drives INTR, whatever EFLAGS.IF says. */
export const INTERRUPT_LINE = 0x34;
/** General registers in ModRM order (EAX ECX EDX EBX ESP EBP ESI EDI), 8 bytes each. */
export const GPR = 0x40;
/** The rest of the processor's state begins here. Always 0: the base or index of an address that has none. */
export const ZERO = 0x1080;
/** EIP of the next instruction; valid only outside `run`. */
export const EIP = 0x1088;
/** 0xffff or 0xffffffff by SS.B. */
export const STACK_MASK = 0x10b0;
/** Why `run` returned: an ExitReason of interpreter/exit.ts. */
export const EXIT_REASON = 0x10bc;
/** Record at which `run` returned (0: none; then EIP is valid). */
export const EXIT_RECORD = 0x10c0;
/** Times that translated regions were entered, and left in each way (translator/ways.ts): 64 bits each. */
export const REGION_ENTRIES = 0x1d08;
export const REGION_EXITS = 0x1d10;

/**
 * What the decision engine counts, in binary translation and then in direct execution: instructions, and times entered. 64 bits each. Emitted code that
 * changes the privilege counts here, too.
 */
export const MODE_COUNTERS = 0x1d40;
/** Instructions retired, and all that is left of the budget: together what they have been since the budget was given, modulo 2^32. */
export const RETIRED_BASE = 0x1d60;
/** Instructions retired when they were counted for a mode last, modulo 2^32; and the mode since then: 1 is direct execution. */
export const MODE_SINCE = 0x1d64;
export const EXECUTION_MODE = 0x1d68;
/** 1 if what the decision engine said last about code of CPL 3 was direct execution. */
export const USER_DIRECT = 0x1d6c;
/** `Cpu.modeKey` as the engine knows it. */
export const MODE_KEY = 0x1d70;
/** The TSC as it was read last, when that was (instructions retired, modulo 2^32), and for how many instructions these tell the time well enough. */
export const TSC_LOW = 0x1d74;
export const TSC_HIGH = 0x1d78;
export const TSC_AT = 0x1d7c;
export const TSC_WINDOW = 0x1d80;
/** Exception that a definition or a slow path raised: vector, error code (-1: none). CR2 is set separately, on delivery of #PF. */
export const FAULT_VECTOR = 0x10d4;
export const FAULT_ERROR = 0x10d8;
/** Linear address of a #PF. */
export const FAULT_ADDRESS = 0x10dc;
/** Not zero where an x87 (MMX, SSE) instruction may not simply run: CR0.EM or TS, CR4.OSFXSR off, a pending #MF. See cpu/fpu-gate.ts. */
export const X87_GATE = 0x10e0;
export const MMX_GATE = 0x10e4;
export const SSE_GATE = 0x10e8;

/** Segment registers in ModRM order ES CS SS DS FS GS, then LDTR, TR; SEGMENT_SIZE bytes each. */
export const SEGMENT = 0x1100;
export const SEGMENT_SIZE = 32;
/** Fields of a segment register (offsets): the selector and the hidden part. */
export const Seg = {
  selector: 0,
  base: 4,
  /** Limit in bytes, granularity applied. */
  limit: 8,
  /** Bits 8-23 of the descriptor's second doubleword: type 0-3, S 4, DPL 5-6, P 7, AVL 12, L 13, D/B 14, G 15. Bit 16: usable (not null). */
  access: 12,
  /** Lowest and highest offset that may be read (inclusive); low > high where nothing may. */
  readLow: 16,
  readHigh: 20,
  /** The same for writes. */
  writeLow: 24,
  writeHigh: 28,
} as const;

export const ES = 0;
export const CS = 1;
export const SS = 2;
export const DS = 3;
export const FS = 4;
export const GS = 5;
export const LDTR = 6;
export const TR = 7;

export const GDTR_BASE = 0x1200;
export const GDTR_LIMIT = 0x1204;
export const IDTR_BASE = 0x1208;
export const IDTR_LIMIT = 0x120c;
export const CR0 = 0x1210;
export const CR2 = 0x1218;
export const CR3 = 0x1220;
export const CR4 = 0x1228;
/** DR0-DR7, 8 bytes each. */
export const DR = 0x1240;
/** MSRs 174h-176h. */
export const SYSENTER_CS = 0x1280;
export const SYSENTER_ESP = 0x1284;
export const SYSENTER_EIP = 0x1288;
/** 1 from the delivery of an NMI to the next IRET. */
export const NMI_BLOCKED = 0x128c;
/** 1 while an NMI waits. */
export const NMI_PENDING = 0x1290;
/** DR6 bits of the debug trap that waits for an instruction boundary; 0: none. */
export const DEBUG_PENDING = 0x1294;
/** One bit per segment register ES-GS: not reversible; and from bit 8 on: to be derived again. See cpu/reversible.ts. */
export const IRREVERSIBLE = 0x1298;
/** Mode (ProcessorMode of cpu.ts) in which each segment register ES-GS was loaded: 8 bytes. */
export const SEGMENT_ORIGIN = 0x12a0;
/** B bits of the data breakpoints that the present instruction has met. */
export const MET_BREAKPOINTS = 0x12a8;
/** IA32_EFER, low word. */
export const EFER = 0x12b0;
/** The four page-directory-pointer registers of PAE paging, 8 bytes each: loaded by Mmu.loadPdptes. */
export const PDPTE = 0x12c0;

/** A cell where an access that is not plain RAM is put together (page-crossing, device): 64 bytes, see mmu/access.ts. */
export const SCRATCH = 0x1400;
/**
 * Cells for accesses that straddle two pages of plain RAM: the last 16 bytes of the one, then the first 16 of the other. Two for reads, used in turn, one for
 * writing; the offset of the read cell in use; and of a store under way: its bytes (0: none), those in the first page, host addresses of the first byte and of
 * the second page. Emitted code alone works with them: core-functions.ts.
 */
export const STRADDLE_READ = 0x1440;
export const STRADDLE_WRITE = 0x1480;
export const STRADDLE_TURN = 0x14a0;
export const STRADDLE_BYTES = 0x14a4;
export const STRADDLE_BEFORE = 0x14a8;
export const STRADDLE_FIRST = 0x14ac;
export const STRADDLE_SECOND = 0x14b0;
/** XMM0-XMM7 (room for 16), 16 bytes each. */
export const XMM = 0x1500;
export const MXCSR = 0x1600;
/**
 * x87: eight physical registers R0-R7 of 16 bytes (64-bit significand, then 16-bit sign and exponent, then zeros). ST(i) is R((TOP+i) & 7).
 * MMi is the significand of Ri.
 */
export const X87 = 0x1700;
export const X87_CONTROL = 0x1780;
/** Status word without TOP. */
export const X87_STATUS = 0x1784;
export const X87_TOP = 0x1788;
/** One bit per physical register: 1 = not empty (the abridged tag word of FXSAVE). */
export const X87_TAGS = 0x178c;
export const X87_OPCODE = 0x1790;
export const X87_IP = 0x1794;
export const X87_CS = 0x1798;
export const X87_DP = 0x179c;
export const X87_DS = 0x17a0;
/** A bit for each set of X87_TABLES that is filled. */
export const X87_TABLES_FILLED = 0x17a4;

/** A free scratch area for emitted helper functions (multi-word results), 256 bytes. */
export const RESULT = 0x1800;

/** Values of elementary functions that the fast ways of x87/fast start from; see tables.ts there. */
export const X87_TABLES = 0x2000;
export const X87_TABLES_END = 0x8000;

/** What data segment registers were loaded with lately, RECENT_LOAD_SLOTS entries of 64 bytes: see cpu/recent-loads.ts. */
export const RECENT_LOADS = 0x8000;
export const RECENT_LOAD_SLOTS = 64;

/** Pages that user code has been in lately: RECENT_PAGE_SLOTS slots of 16 bytes for reads, then as many for writes. See mmu/recent-pages.ts. */
export const RECENT_PAGES = 0x9000;
export const RECENT_PAGE_SLOTS = 32;

/** Jump caches of JUMP_CACHE_ENTRIES entries of 8 bytes (EIP, record): one for the supervisor, then one for user code of each address space kept. */
export const JUMP_CACHE = 0x10000;
export const JUMP_CACHE_ENTRIES = 8192;
/** Neighbours among which an EIP stands, a power of 2. */
export const JUMP_CACHE_WAYS = 4;
/** An EIP's place in a jump cache: EIP times this number (below 2^32), the uppermost bits. */
export const JUMP_CACHE_FACTOR = 0x9e37_79b1;
export const JUMP_CACHE_SIZE = JUMP_CACHE_ENTRIES * 8;

/** Values of CR3 whose translations are remembered (mmu/address-space.ts). */
export const ADDRESS_SPACES = 8;

/** Dispatch counts by handler number, only in a core module emitted for profiling. */
export const PROFILE = 0xa0000;

/** Four flat TLBs of 2^20 i32 deltas: supervisor read, supervisor write, user read, user write. See mmu/tlb.ts. */
export const TLB = 0x40_0000;
export const TLB_SIZE = 0x40_0000;

/** Fetch translations (mmu/fetch-cache.ts): 1,024 times the linear page number * 2 + user (-1: none), and the host address of the page (0: no RAM). */
export const FETCH_CACHE = 0xb0000;
export const FETCH_CACHE_SLOTS = 8192;

/** For each page of RAM and ROM, by its host address counted from RAM_BASE: one bit for each 128 bytes with decoded code (interpreter/code-cache.ts). */
export const CODE_LINES = 0x10_0000;
export const CODE_LINE_SHIFT = 7;

/** For each region, by its request's number modulo LEAVES_SLOTS: how often it was left for an instruction, and the last of these (ways.ts). */
export const LEAVES = 0xc0000;
export const LEAVES_SLOTS = 8192;
/** By the same number: how often it called another region; and how often it returned to nobody who waits for that, and where to the last time (8 bytes each). */
export const CALLS = 0xd0000;
export const RETURNS = 0xe0000;

/** The user jump cache of the present address space. */
export const USER_JUMP_CACHE = 0x10fc;

/** The record of an instruction that is stepped, and the stop record behind it. */
export const STEP_RECORD = 0x1c00;

/** Predecoded instructions: a Debian boots within 11 MiB. When there is no room for more, all are dropped. */
export const RECORDS = 0x140_0000;
export const RECORDS_END = 0x300_0000;

/** Guest-physical 0. */
export const RAM_BASE = 0x300_0000;

/**
 * Size in 64 KiB wasm pages of the memory of a machine with this much RAM, and room for a ROM of at most `romBytes` right behind it; one spare page
 * keeps 16-byte accesses at the very end inside.
 */
export function wasmPages(ramBytes: number, romBytes = 0): number {
  return Math.ceil((RAM_BASE + ramBytes + romBytes) / 65536) + 1;
}
