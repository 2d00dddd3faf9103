/**
 * The oracle: 64-bit code that runs cases in the compatibility mode of the processor and reports what became of them.
 *
 * It is a 64-bit program, although cases are 32-bit code, because then its code, buffers and stacks lie above 4 GiB, where no case can
 * reach, and everything below is the case's. IRETQ enters a case with all registers, flags and segments at once. A case leaves by a far
 * jump to the exit page, or by a signal on the alternate stack; the handler never returns to the case. A timer ends those that loop.
 * The system calls that a case might make by accident are stopped by a seccomp filter, which lets the oracle only read, write, return
 * from the timer's handler and exit.
 */
import { Assembler } from "./assembler.js";
import { nextCase } from "./enter.js";
import { finish, leaveCase } from "./leave.js";
import { signalHandler } from "./signals.js";
import { constants, start } from "./start.js";

/** Text of the oracle, to be loaded at ORACLE_TEXT. It starts with the exit of a case; `entry` is the offset of the program's start. */
export function oracleText(): { text: Uint8Array; entry: number } {
  const a = new Assembler();
  leaveCase(a);
  finish(a);
  nextCase(a);
  signalHandler(a);
  start(a);
  constants(a);
  const text = a.finish();
  return { text, entry: a.offset("start") };
}
