import { CODE, PAGE, writablePages } from "../layout.js";
import { type Assembler, rax, rdi } from "./assembler.js";
import { resultAt } from "./records.js";

/** Where the oracle keeps things, all above 4 GiB: offsets from ORACLE_STATE. The first is known to the exit page. */
export const state = { rax: 0, result: 8, caseRecord: 16, inputEnd: 24, sequence: 32, lastSequence: 40, lowMapped: 48 } as const;
export const STACK_TOP = 0x8000;
export const SIGNAL_STACK = 0x8000;
export const SIGNAL_STACK_SIZE = 0x20000;
export const INPUT = 0x30000;
export const INPUT_SIZE = 0x10000;
export const OUTPUT = 0x40000;
export const OUTPUT_SIZE = 0x40000;
export const STATE_SIZE = OUTPUT + OUTPUT_SIZE;

/** One page for each of `writablePages`, in that order: what the page holds when a case starts. */
export const IMAGES = 0x1_1010_0000n;

/** The largest result: every doubleword of every writable page has changed. */
export const LARGEST_RESULT = resultAt.pairs + writablePages.length * PAGE * 2 + 16;

/** Where the image of a byte of the case's pages lies. */
export const imageAddress = (address: number): bigint => {
  const index = writablePages.findIndex((page) => page.address === address - (address % PAGE));
  return IMAGES + BigInt(index * PAGE + (address % PAGE));
};

/** System calls, as x86-64 numbers them. */
export const sys = {
  read: 0,
  write: 1,
  mmap: 9,
  rt_sigaction: 13,
  rt_sigreturn: 15,
  setitimer: 38,
  exit: 60,
  sigaltstack: 131,
  prctl: 157,
} as const;

export function syscall(a: Assembler, number: number): void {
  a.movImm(rax, number);
  a.db(0x0f, 0x05);
}

/** RFLAGS of a fresh thread: no AC, DF, NT or TF left over from a case. */
export function cleanFlags(a: Assembler): void {
  a.db(0x6a, 0x02, 0x9d); // push 2; popfq
}

/** `to` := address of the code's image; EDI holds the code's address. */
export function codeImage(a: Assembler, to: number): void {
  a.movImm64(to, imageAddress(CODE) - BigInt(CODE));
  a.reg([0x01], rdi, to, true);
}
