import * as arena from "./arena.js";
import { ARENA, HEADER, HEADER_SIZE, header, PROGRAM_DS, save } from "./layout.js";
import { type Piece, pointer } from "./monitor/program.js";

/** Instructions of a case, in words for the report. */
export interface Instruction {
  readonly text: string;
  readonly bytes: readonly number[];
}

/** Where a case starts. "protected": at the level that CS says. */
export type Entry = "protected" | "virtual8086" | "real";

/** One thing to try: the state to start from, and what is not as in the pristine arena. */
export interface Case {
  readonly family: string;
  readonly title: string;
  readonly instructions: readonly Instruction[];
  readonly entry: Entry;
  readonly cs: number;
  readonly eip: number;
  readonly eflags: number;
  readonly ss: number;
  readonly esp: number;
  /** EAX ECX EDX EBX - EBP ESI EDI; the fifth is not used. */
  readonly gpr: readonly number[];
  /** ES DS FS GS. */
  readonly segments: readonly number[];
  readonly cr0: number;
  readonly cr3: number;
  readonly cr4: number;
  /** DR0-DR3, DR6, DR7. */
  readonly debug: readonly number[];
  readonly gdtr: readonly [limit: number, base: number];
  readonly idtr: readonly [limit: number, base: number];
  readonly ldtr: number;
  readonly tr: number;
  readonly sysenter: readonly number[];
  readonly patches: readonly Piece[];
}

/** How a case has ended, and everything that can be seen then. */
export interface Outcome {
  /** Of the stub that was reached, REAL_MODE, SHUTDOWN, or STUCK: not even the watchdog's NMI ended it. */
  readonly vector: number;
  readonly vector16: number;
  /** The words of `save`, by field and index. */
  readonly saved: Uint32Array;
  /** What differs from the pristine arena. */
  readonly memory: ReadonlyMap<number, number>;
}
export const STUCK = 0xffff_fffe;

export interface Side {
  readonly name: string;
  run(cases: readonly Case[]): Outcome[];
}

/** Linear address of an offset in the segment, as the fixture's own segments have their bases. */
function frameAddress(c: Case): number {
  if (c.entry === "real") return (c.ss << 4) + c.esp - FRAME;
  return (c.ss & ~7) === (arena.data16(c.cs & 3) & ~7) ? ARENA + c.esp - FRAME : c.esp - FRAME;
}
/** EIP CS EFLAGS. */
const FRAME = 12;

/** Header and patches, as the program takes them. */
export function encode(c: Case): Uint8Array {
  const patches = [...c.patches];
  const inner = c.entry === "real" || (c.entry === "protected" && (c.cs & 3) === 0);
  if (inner) {
    const frame = new Uint8Array(FRAME);
    const view = new DataView(frame.buffer);
    [c.eip, c.cs, c.eflags].forEach((value, i) => {
      view.setUint32(4 * i, value, true);
    });
    patches.push({ address: frameAddress(c), bytes: frame });
  }
  const size = HEADER_SIZE + patches.reduce((sum, { bytes }) => sum + 8 + ((bytes.length + 3) & ~3), 0);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const put = (at: number, ...values: number[]) => {
    values.forEach((value, i) => {
      view.setUint32(at + 4 * i, value, true);
    });
  };
  put(header.size, size, patches.length, c.entry === "real" ? 1 : 0, c.cr0, c.cr3, c.cr4);
  bytes.set(pointer(...c.gdtr), header.gdtr);
  bytes.set(pointer(...c.idtr), header.idtr);
  put(header.ldtr, c.ldtr, c.tr, ...c.debug);
  const [es, ds, fs, gs] = c.segments;
  // IRET loads those of virtual-8086 mode.
  put(header.segments, ...(c.entry === "virtual8086" ? [0, 0, 0, 0] : [ds, es, fs, gs]));
  put(header.stack, ...(inner ? [c.esp - FRAME, c.ss] : [HEADER + header.frame, PROGRAM_DS]));
  const [eax, ecx, edx, ebx, , ebp, esi, edi] = c.gpr;
  put(header.gpr, edi, esi, ebp, 0, ebx, edx, ecx, eax);
  put(header.frame, c.eip, c.cs, c.eflags | (c.entry === "virtual8086" ? VM : 0), c.esp, c.ss, es, ds, fs, gs);
  put(header.sysenter, ...c.sysenter);
  let at = HEADER_SIZE;
  for (const patch of patches) {
    put(at, patch.address, patch.bytes.length);
    bytes.set(patch.bytes, at + 8);
    at += 8 + ((patch.bytes.length + 3) & ~3);
  }
  return bytes;
}
const VM = 0x2_0000;

/** Fields of `save` that are read by name. */
export const saved = (outcome: Outcome, field: keyof typeof save, index = 0): number => outcome.saved[(save[field] >> 2) + index];
