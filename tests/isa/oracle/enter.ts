import { CROSSING_WINDOW, EDGE_WINDOW, PAGE, USER_CS, USER_DS, WINDOW } from "../layout.js";
import { type Assembler, cc, r13, r15, rax, rcx, rdi, rdx, rsi } from "./assembler.js";
import { codeImage, INPUT, INPUT_SIZE, imageAddress, state, sys, syscall } from "./memory.js";
import { CASE_SIZE, caseAt } from "./records.js";

/** Reads cases as needed, puts one into its pages, and enters it. */
export function nextCase(a: Assembler): void {
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
    a.movImm64(rax, imageAddress(window - (window % PAGE)) + BigInt(window % PAGE));
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
