import { ORACLE_STATE, USER_CS } from "../layout.js";
import { type Assembler, cc, r15, rax, rbx, rcx, rdi, rdx, rsi, rsp } from "./assembler.js";
import { cleanFlags, STACK_TOP, state, sys, syscall } from "./memory.js";
import { resultAt } from "./records.js";

/** What ends cases, and the timer. */
export const signal = { ILL: 4, TRAP: 5, BUS: 7, FPE: 8, SEGV: 11, VTALRM: 26, SYS: 31 } as const;
/** SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_RESTART | SA_NODEFER: the mask must not change, because handlers don't return. */
export const SA_FLAGS = 0x4 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x4000_0000;

/** uc_mcontext of the kernel's x86-64 ucontext. */
const UC = 40;
const context = {
  rdi: 64,
  rsi: 72,
  rbp: 80,
  rbx: 88,
  rdx: 96,
  rax: 104,
  rcx: 112,
  rsp: 120,
  rip: 128,
  flags: 136,
  cs: 144,
  ss: 150,
} as const;
const contextFault = { err: 152, trapno: 160, cr2: 176, fpstate: 184 } as const;

/** EDI: signal, RDX: ucontext, whose registers become the result. */
export function signalHandler(a: Assembler): void {
  a.label("handler");
  cleanFlags(a);
  a.movImm64(r15, ORACLE_STATE);
  a.load64(rbx, r15, state.result);
  a.mem([0x0f, 0xb7], rax, rdx, UC + context.cs); // movzx eax, word [cs]
  a.db(0x83, 0xff, signal.VTALRM); // cmp edi, SIGVTALRM
  a.jcc(cc.e, "tick");
  // In the oracle itself (64-bit code above 4 GiB): nothing can be right any more.
  a.db(0x83, 0xf8, USER_CS); // cmp eax, 23h
  a.jcc(cc.e, "of the case");
  a.mem([0x83], 7, rdx, UC + context.rip + 4);
  a.db(0);
  a.jcc(cc.ne, "die");
  a.label("of the case");
  a.movImm(rcx, 1);
  a.db(0x83, 0xff, signal.SYS);
  a.jcc(cc.ne, "report");
  a.movImm(rcx, 3);

  a.label("report");
  a.store32(rcx, rbx, resultAt.ending);
  a.store32(rdi, rbx, resultAt.signal);
  a.mem([0x66, 0x89], rax, rbx, resultAt.segments + 2);
  const copied: readonly (readonly [from: number, to: number])[] = [
    [contextFault.trapno, resultAt.vector],
    [contextFault.err, resultAt.errorCode],
    [contextFault.cr2, resultAt.cr2],
    [context.rip, resultAt.eip],
    [context.flags, resultAt.eflags],
    ...[context.rax, context.rcx, context.rdx, context.rbx, context.rsp, context.rbp, context.rsi, context.rdi].map(
      (from, i) => [from, resultAt.gpr + 4 * i] as const,
    ),
  ];
  for (const [from, to] of copied) {
    a.load32(rax, rdx, UC + from);
    a.store32(rax, rbx, to);
  }
  a.mem([0x0f, 0xb7], rax, rdx, UC + context.ss);
  a.mem([0x66, 0x89], rax, rbx, resultAt.segments + 4);
  a.load64(rsi, rdx, UC + contextFault.fpstate);
  a.lea(rdi, rbx, resultAt.fx);
  a.movImm(rcx, 512 / 8);
  a.db(0xf3, 0x48, 0xa5); // rep movsq
  a.lea(rsp, r15, STACK_TOP);
  a.jmp("finish");

  // The same case at two ticks, and in its own code: it doesn't end.
  a.label("tick");
  a.db(0x83, 0xf8, USER_CS); // cmp eax, 23h
  a.jcc(cc.ne, "tick return");
  a.load64(rcx, r15, state.sequence);
  a.load64(rsi, r15, state.lastSequence);
  a.store64(rcx, r15, state.lastSequence);
  a.reg([0x39], rcx, rsi, true);
  a.movImm(rcx, 2);
  a.jcc(cc.e, "report");
  a.label("tick return");
  a.db(0xc3);

  a.label("restorer");
  syscall(a, sys.rt_sigreturn);
}
