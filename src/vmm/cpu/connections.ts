/** What the processor is connected to: the narrow interfaces that it uses of memory, ports and time. */

/** The linear address space as the processor's system side uses it. Sizes are 1, 2 or 4 bytes; `user`: with the rights of CPL 3. */
export interface LinearMemory {
  /** An unsigned value, or -1: a #PF has been recorded in the FAULT words. */
  read(linear: number, size: number, user: boolean): number;
  /** False: a #PF has been recorded and nothing was written. */
  write(linear: number, size: number, value: number, user: boolean): boolean;
  /** Whether such an access would succeed; if not, its #PF has been recorded. */
  probe(linear: number, size: number, write: boolean, user: boolean): boolean;
  /** Host address of `size` bytes that such accesses could be made at as they are, without anything beside; 0: not all of them. */
  hostOf(linear: number, size: number, write: boolean, user: boolean): number;
  /** The instruction makes this data access: data breakpoints look at it. */
  accessed(linear: number, size: number, write: boolean): void;
  /** Whether operands must be aligned at present: CR0.AM, EFLAGS.AC and CPL 3. */
  readonly alignmentChecked: boolean;
  setAlignmentChecked(checked: boolean): void;
  /** DR0-DR3 or DR7 have changed. */
  breakpointsChanged(): void;
  flushAll(): void;
  /** CR3 was written. */
  rootChanged(): void;
  flushPage(linear: number): void;
  /** CPL has changed. */
  setPrivilege(cpl: number): void;
  /** CR0, CR4 or IA32_EFER have changed in a bit that paging looks at. */
  pagingChanged(): void;
  /** Loads the PDPTEs of PAE paging from `cr3`. False: reserved bits are set and nothing changed. */
  loadPdptes(cr3: number): boolean;
}

/** The I/O ports. Values are unsigned. */
export interface Ports {
  read(port: number, size: 1 | 2 | 4): number;
  write(port: number, size: 1 | 2 | 4, value: number): void;
}

/** The time stamp counter: `read` leaves its halves (unsigned) in `low` and `high`. */
export interface TimeStampCounter {
  read(): void;
  /** For how many instructions behind a read each may be taken for a tick; 0: for none. The next read is beyond that. */
  readonly window: number;
  readonly low: number;
  readonly high: number;
  write(low: number, high: number): void;
}
