/**
 * The oracle: 64-bit code that runs cases in the compatibility mode of the processor and reports what became of them.
 *
 * It is a 64-bit program, although cases are 32-bit code, because then its code, buffers and stacks lie above 4 GiB, where no case can
 * reach, and everything below is the case's. IRETQ enters a case with all registers, flags and segments at once. A case leaves by a far
 * jump to the exit page, or by a signal on the alternate stack; the handler never returns to the case. A timer ends those that loop.
 * The system calls that a case might make by accident are stopped by a seccomp filter, which lets the oracle only read, write, return
 * from the timer's handler and exit.
 */
import {
  CODE,
  CROSSING_WINDOW,
  DATA,
  EDGE_WINDOW,
  EXIT,
  HLT,
  LOW,
  ORACLE_STATE,
  PAGE,
  tail,
  USER_CS,
  USER_DS,
  WINDOW,
  writablePages,
} from "../layout.js";
import { Assembler, cc, r8, r10, r13, r14, r15, rax, rbx, rcx, rdi, rdx, rsi, rsp } from "./assembler.js";
import { CASE_SIZE, caseAt, MAGIC, resultAt } from "./records.js";

/** Offsets in the oracle's writable memory; the first is known to the exit page. */
const state = { rax: 0, result: 8, caseRecord: 16, inputEnd: 24, sequence: 32, lastSequence: 40, lowMapped: 48 } as const;
const STACK_TOP = 0x8000;
const SIGNAL_STACK = 0x8000;
const SIGNAL_STACK_SIZE = 0x20000;
const INPUT = 0x30000;
const INPUT_SIZE = 0x10000;
const OUTPUT = 0x40000;
const OUTPUT_SIZE = 0x40000;
export const STATE_SIZE = OUTPUT + OUTPUT_SIZE;

/** One page for each of `writablePages`, in that order: what the page holds when a case starts. */
export const IMAGES = 0x1_1010_0000n;

const sys = {
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
const signal = { ILL: 4, TRAP: 5, BUS: 7, FPE: 8, SEGV: 11, VTALRM: 26, SYS: 31 } as const;
/** SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_RESTART | SA_NODEFER: the mask must not change, because handlers don't return. */
const SA_FLAGS = 0x4 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x4000_0000;

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

/** The largest result: every doubleword of every writable page has changed. */
const LARGEST_RESULT = resultAt.pairs + writablePages.length * PAGE * 2 + 16;

const imageOffset = (address: number): bigint => {
  const index = writablePages.findIndex((page) => page.address === address - (address % PAGE));
  return IMAGES + BigInt(index * PAGE + (address % PAGE));
};

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

function syscall(a: Assembler, number: number): void {
  a.movImm(rax, number);
  a.db(0x0f, 0x05);
}

/** RFLAGS of a fresh thread: no AC, DF, NT or TF left over from a case. */
function cleanFlags(a: Assembler): void {
  a.db(0x6a, 0x02, 0x9d); // push 2; popfq
}

/** From the exit page, which has saved RAX in the state and destroyed it; everything else is still the case's. */
function leaveCase(a: Assembler): void {
  a.movImm64(rax, ORACLE_STATE);
  a.load64(rax, rax, state.result);
  for (let r = 1; r < 8; r++) a.store32(r, rax, resultAt.gpr + 4 * r);
  a.movImm64(r15, ORACLE_STATE);
  a.mov(rbx, rax);
  a.load32(rcx, r15, state.rax);
  a.store32(rcx, rbx, resultAt.gpr);
  a.lea(rsp, r15, STACK_TOP);
  a.db(0x9c, 0x59); // pushfq; pop rcx
  a.store32(rcx, rbx, resultAt.eflags);
  cleanFlags(a);
  a.mem([0x0f, 0xae], 0, rbx, resultAt.fx, true); // fxsave64
  a.load64(r13, r15, state.caseRecord);
  a.load32(rcx, r13, caseAt.eip);
  a.mem([0x03], rcx, r13, caseAt.codeLength);
  a.db(0x83, 0xe9, tail.length); // sub ecx, tail.length
  a.store32(rcx, rbx, resultAt.eip);
  a.store32Imm(rbx, resultAt.ending, 0);
  a.movImm(rcx, USER_CS);
  a.mem([0x66, 0x89], rcx, rbx, resultAt.segments + 2);
  a.db(0x8c, 0xd1); // mov ecx, ss
  a.mem([0x66, 0x89], rcx, rbx, resultAt.segments + 4);
  a.jmp("finish");
}

/** RBX: result, whose head is filled in except for ES DS FS GS. Finds and undoes what the case has written, then takes the next one. */
function finish(a: Assembler): void {
  a.label("finish");
  const segments: readonly (readonly [slot: number, modrm: number])[] = [
    [0, 0xc1], // es
    [3, 0xd9], // ds
    [4, 0xe1], // fs
    [5, 0xe9], // gs
  ];
  for (const [slot, modrm] of segments) {
    a.db(0x8c, modrm); // mov ecx, sreg
    a.mem([0x66, 0x89], rcx, rbx, resultAt.segments + 2 * slot);
  }
  a.lea(r14, rbx, resultAt.pairs);
  for (const page of writablePages) {
    const next = `after ${page.address}`;
    if (page.address === LOW) {
      a.mem([0x83], 7, r15, state.lowMapped); // cmp dword [..], 0
      a.db(0);
      a.jcc(cc.e, next);
    }
    a.movImm(rsi, page.address);
    a.movImm64(rdi, imageOffset(page.address));
    a.call("scan");
    a.label(next);
  }
  a.mov(rcx, r14);
  a.reg([0x29], rbx, rcx, true); // sub rcx, rbx
  a.db(0x81, 0xe9); // sub ecx, imm32
  a.dd(resultAt.pairs);
  a.db(0xc1, 0xe9, 3); // shr ecx, 3
  a.store32(rcx, rbx, resultAt.writes);
  a.db(0x49, 0x83, 0xc6, 15, 0x49, 0x83, 0xe6, 0xf0); // add r14, 15; and r14, -16
  a.store64(r14, r15, state.result);

  // HLT where the code was, in the page and in its image.
  a.load64(r13, r15, state.caseRecord);
  a.movImm(rax, HLT);
  a.load32(rdi, r13, caseAt.eip);
  a.load32(rcx, r13, caseAt.codeLength);
  codeImage(a, rdx);
  a.db(0xf3, 0xaa); // rep stosb
  a.mov(rdi, rdx);
  a.load32(rcx, r13, caseAt.codeLength);
  a.db(0xf3, 0xaa);

  a.db(0x49, 0x81, 0xc5); // add r13, CASE_SIZE
  a.dd(CASE_SIZE);
  a.store64(r13, r15, state.caseRecord);

  // Write out while the largest result would not fit.
  a.lea(rax, r15, OUTPUT + OUTPUT_SIZE - LARGEST_RESULT);
  a.reg([0x39], rax, r14, true); // cmp r14, rax
  a.jcc(cc.b, "next case");
  a.call("flush");
  a.jmp("next case");

  // RSI: page, RDI: image, R14: where pairs go. Changed doublewords are noted and put back.
  a.label("scan");
  a.movImm(rcx, PAGE / 64);
  a.label("scan line");
  for (let i = 0; i < 4; i++) {
    a.mem([0x66, 0x0f, 0x6f], i, rsi, 16 * i); // movdqa xmm, [rsi]
    a.mem([0x66, 0x0f, 0x76], i, rdi, 16 * i); // pcmpeqd xmm, [rdi]
  }
  for (let i = 1; i < 4; i++) a.reg([0x66, 0x0f, 0xdb], 0, i); // pand xmm0, xmm
  a.db(0x66, 0x0f, 0xd7, 0xc0); // pmovmskb eax, xmm0
  a.db(0x3d); // cmp eax, 0ffffh
  a.dd(0xffff);
  a.jcc(cc.ne, "scan words");
  a.label("scan next");
  a.db(0x48, 0x83, 0xc6, 64, 0x48, 0x83, 0xc7, 64); // add rsi, 64; add rdi, 64
  a.db(0xff, 0xc9); // dec ecx
  a.jcc(cc.ne, "scan line");
  a.db(0xc3);
  a.label("scan words");
  a.db(0x31, 0xd2); // xor edx, edx
  a.label("scan word");
  a.db(0x8b, 0x04, 0x16); // mov eax, [rsi+rdx]
  a.db(0x44, 0x8b, 0x04, 0x17); // mov r8d, [rdi+rdx]
  a.db(0x44, 0x39, 0xc0); // cmp eax, r8d
  a.jcc(cc.e, "scan same");
  a.db(0x44, 0x89, 0x04, 0x16); // mov [rsi+rdx], r8d
  a.store32(rax, r14, 4);
  a.db(0x8d, 0x04, 0x16); // lea eax, [rsi+rdx]
  a.store32(rax, r14, 0);
  a.db(0x49, 0x83, 0xc6, 8); // add r14, 8
  a.label("scan same");
  a.db(0x83, 0xc2, 4, 0x83, 0xfa, 64); // add edx, 4; cmp edx, 64
  a.jcc(cc.ne, "scan word");
  a.jmp("scan next");

  a.label("flush");
  a.lea(rsi, r15, OUTPUT);
  a.label("flush more");
  a.load64(rdx, r15, state.result);
  a.reg([0x29], rsi, rdx, true); // sub rdx, rsi
  a.jcc(cc.e, "flush done");
  a.movImm(rdi, 1);
  syscall(a, sys.write);
  a.reg([0x85], rax, rax, true);
  a.jcc(cc.s, "die");
  a.reg([0x01], rax, rsi, true); // add rsi, rax
  a.jmp("flush more");
  a.label("flush done");
  a.lea(rsi, r15, OUTPUT);
  a.store64(rsi, r15, state.result);
  a.db(0xc3);

  a.label("die");
  a.movImm(rdi, 99);
  syscall(a, sys.exit);
}

/** `to` := address of the code's image; EDI holds the code's address. */
function codeImage(a: Assembler, to: number): void {
  a.movImm64(to, imageOffset(CODE) - BigInt(CODE));
  a.reg([0x01], rdi, to, true);
}

function nextCase(a: Assembler): void {
  a.label("next case");
  a.load64(r13, r15, state.caseRecord);
  a.mem([0x3b], r13, r15, state.inputEnd, true);
  a.jcc(cc.ne, "prepare");
  // Read whole cases.
  a.lea(r13, r15, INPUT);
  a.store64(r13, r15, state.caseRecord);
  a.mov(rsi, r13);
  a.label("read more");
  a.lea(rdx, r15, INPUT + INPUT_SIZE);
  a.reg([0x29], rsi, rdx, true); // sub rdx, rsi
  a.movImm(rdi, 0);
  syscall(a, sys.read);
  a.reg([0x85], rax, rax, true);
  a.jcc(cc.s, "die");
  a.jcc(cc.e, "end of input");
  a.reg([0x01], rax, rsi, true);
  a.mov(rax, rsi);
  a.reg([0x29], r13, rax, true);
  a.db(0xa9); // test eax, CASE_SIZE - 1
  a.dd(CASE_SIZE - 1);
  a.jcc(cc.ne, "read more");
  a.store64(rsi, r15, state.inputEnd);

  a.label("prepare");
  a.mem([0xff], 0, r15, state.sequence, true); // inc
  for (const [window, at] of [
    [CROSSING_WINDOW, caseAt.crossing],
    [EDGE_WINDOW, caseAt.edge],
  ]) {
    a.movImm64(rax, imageOffset(window - (window % PAGE)) + BigInt(window % PAGE));
    for (let i = 0; i < WINDOW; i += 16) {
      a.mem([0x0f, 0x10], 0, r13, at + i); // movups xmm0, [case]
      a.mem([0x0f, 0x11], 0, rax, i); // movups [image], xmm0
    }
    a.movImm(rax, window);
    for (let i = 0; i < WINDOW; i += 16) {
      a.mem([0x0f, 0x10], 0, r13, at + i);
      a.mem([0x0f, 0x11], 0, rax, i);
    }
  }
  a.load32(rdi, r13, caseAt.eip);
  codeImage(a, rdx);
  a.lea(rsi, r13, caseAt.code);
  a.load32(rcx, r13, caseAt.codeLength);
  a.db(0xf3, 0xa4); // rep movsb
  a.mov(rdi, rdx);
  a.lea(rsi, r13, caseAt.code);
  a.load32(rcx, r13, caseAt.codeLength);
  a.db(0xf3, 0xa4);

  a.mem([0x0f, 0xae], 1, r13, caseAt.fx, true); // fxrstor64
  a.db(0x31, 0xc0, 0x8e, 0xe0, 0x8e, 0xe8); // xor eax, eax; mov fs, eax; mov gs, eax
  a.movImm(rax, USER_DS);
  a.db(0x8e, 0xd8, 0x8e, 0xc0); // mov ds, eax; mov es, eax
  a.db(0x50); // push rax: SS
  a.load32(rax, r13, caseAt.gpr + 16);
  a.db(0x50); // RSP
  a.load32(rax, r13, caseAt.eflags);
  a.db(0x50);
  a.db(0x6a, USER_CS);
  a.load32(rax, r13, caseAt.eip);
  a.db(0x50);
  a.mov(rsi, r13);
  for (const r of [0, 1, 2, 3, 5, 7, 6]) a.load32(r, rsi, caseAt.gpr + 4 * r);
  a.db(0x48, 0xcf); // iretq

  a.label("end of input");
  a.call("flush");
  a.movImm(rdi, 0);
  syscall(a, sys.exit);
}

/** EDI: signal, RDX: ucontext, whose registers become the result. */
function signalHandler(a: Assembler): void {
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

function start(a: Assembler): void {
  a.label("start");
  a.movImm64(r15, ORACLE_STATE);
  a.lea(rsp, r15, STACK_TOP);

  // The LOW page, if the host lets anybody have it: mmap(LOW, PAGE, RWX, PRIVATE | FIXED | ANONYMOUS, -1, 0)
  a.movImm(rdi, LOW);
  a.movImm(rsi, PAGE);
  a.movImm(rdx, 7);
  a.movImm(r10, 0x32);
  a.db(0x49, 0x83, 0xc8, 0xff); // or r8, -1
  a.db(0x45, 0x31, 0xc9); // xor r9d, r9d
  syscall(a, sys.mmap);
  a.db(0x48, 0x3d); // cmp rax, LOW
  a.dd(LOW);
  a.jcc(cc.ne, "no low page");
  a.store32Imm(r15, state.lowMapped, 1);
  a.label("no low page");
  // Fill every writable page, which also makes it present.
  for (const page of writablePages) {
    const next = `filled ${page.address}`;
    if (page.address === LOW) {
      a.mem([0x83], 7, r15, state.lowMapped);
      a.db(0);
      a.jcc(cc.e, next);
    }
    a.movImm64(rsi, imageOffset(page.address));
    a.movImm(rdi, page.address);
    a.movImm(rcx, PAGE);
    a.db(0xf3, 0xa4);
    a.label(next);
  }
  // Touch those that can't be written.
  for (const address of [EXIT, DATA, DATA + 5 * PAGE]) {
    a.movImm(rsi, address);
    a.load32(rax, rsi, 0);
  }

  // sigaltstack({ss_sp, ss_flags, ss_size}, 0), built on the stack
  a.db(0x68);
  a.dd(SIGNAL_STACK_SIZE);
  a.db(0x6a, 0);
  a.lea(rax, r15, SIGNAL_STACK);
  a.db(0x50);
  a.mov(rdi, rsp);
  a.movImm(rsi, 0);
  syscall(a, sys.sigaltstack);
  a.call("check");

  // rt_sigaction: {handler, flags, restorer, mask}
  a.db(0x6a, 0);
  a.leaLabel(rax, "restorer");
  a.db(0x50);
  a.movImm(rax, SA_FLAGS);
  a.db(0x50);
  a.leaLabel(rax, "handler");
  a.db(0x50);
  for (const number of Object.values(signal)) {
    a.movImm(rdi, number);
    a.mov(rsi, rsp);
    a.movImm(rdx, 0);
    a.movImm(r10, 8);
    syscall(a, sys.rt_sigaction);
    a.call("check");
  }

  a.movImm(rdi, 1); // ITIMER_VIRTUAL
  a.leaLabel(rsi, "interval");
  a.movImm(rdx, 0);
  syscall(a, sys.setitimer);
  a.call("check");

  const PR_SET_NO_NEW_PRIVS = 38;
  const PR_SET_SECCOMP = 22;
  a.movImm(rdi, PR_SET_NO_NEW_PRIVS);
  a.movImm(rsi, 1);
  a.movImm(rdx, 0);
  a.movImm(r10, 0);
  a.movImm(r8, 0);
  syscall(a, sys.prctl);
  a.call("check");
  a.leaLabel(rax, "filter");
  a.db(0x50); // sock_fprog {len, filter}
  a.db(0x6a, FILTER_LENGTH);
  a.movImm(rdi, PR_SET_SECCOMP);
  a.movImm(rsi, 2); // SECCOMP_MODE_FILTER
  a.mov(rdx, rsp);
  syscall(a, sys.prctl);
  a.call("check");

  // Greeting, then no input yet.
  a.lea(rcx, r15, OUTPUT);
  a.store32Imm(rcx, 0, MAGIC);
  a.load32(rax, r15, state.lowMapped);
  a.store32(rax, rcx, 4);
  a.db(0x48, 0x83, 0xc1, 8); // add rcx, 8
  a.store64(rcx, r15, state.result);
  a.lea(rsp, r15, STACK_TOP);
  a.call("flush");
  a.lea(rax, r15, INPUT);
  a.store64(rax, r15, state.caseRecord);
  a.store64(rax, r15, state.inputEnd);
  a.jmp("next case");

  a.label("check");
  a.reg([0x85], rax, rax, true);
  a.jcc(cc.s, "die");
  a.db(0xc3);
}

const FILTER_LENGTH = 9;

function constants(a: Assembler): void {
  // struct itimerval: every 20 ms of processor time
  a.label("interval");
  for (let i = 0; i < 2; i++) {
    a.dd(0);
    a.dd(0);
    a.dd(20_000);
    a.dd(0);
  }
  a.label("filter");
  const statement = (code: number, jt: number, jf: number, k: number) => {
    a.db(code & 0xff, code >> 8, jt, jf);
    a.dd(k);
  };
  const LOAD = 0x20;
  const EQUAL = 0x15;
  const RETURN = 0x06;
  statement(LOAD, 0, 0, 4); // arch
  statement(EQUAL, 0, 5, 0xc000003e); // AUDIT_ARCH_X86_64
  statement(LOAD, 0, 0, 0); // number
  statement(EQUAL, 4, 0, sys.read);
  statement(EQUAL, 3, 0, sys.write);
  statement(EQUAL, 2, 0, sys.rt_sigreturn);
  statement(EQUAL, 1, 0, sys.exit);
  statement(RETURN, 0, 0, 0x00030000); // SECCOMP_RET_TRAP
  statement(RETURN, 0, 0, 0x7fff0000); // SECCOMP_RET_ALLOW
}
