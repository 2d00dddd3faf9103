import { DATA, EXIT, LOW, ORACLE_STATE, PAGE, writablePages } from "../layout.js";
import { type Assembler, cc, r8, r10, r15, rax, rcx, rdi, rdx, rsi, rsp } from "./assembler.js";
import { INPUT, imageAddress, OUTPUT, SIGNAL_STACK, SIGNAL_STACK_SIZE, STACK_TOP, state, sys, syscall } from "./memory.js";
import { MAGIC } from "./records.js";
import { SA_FLAGS, signal } from "./signals.js";

/** Fills the pages, arranges for signals and the timer, gives up every system call that is not needed, and says hello. */
export function start(a: Assembler): void {
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
    a.movImm64(rsi, imageAddress(page.address));
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

/** The timer's interval and the filter. */
export function constants(a: Assembler): void {
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
