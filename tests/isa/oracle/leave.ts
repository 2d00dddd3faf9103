import { HLT, LOW, ORACLE_STATE, PAGE, tail, USER_CS, writablePages } from "../layout.js";
import { type Assembler, cc, r13, r14, r15, rax, rbx, rcx, rdi, rdx, rsi, rsp } from "./assembler.js";
import { cleanFlags, codeImage, imageAddress, LARGEST_RESULT, OUTPUT, OUTPUT_SIZE, STACK_TOP, state, sys, syscall } from "./memory.js";
import { CASE_SIZE, caseAt, resultAt } from "./records.js";

/** From the exit page, which has saved RAX in the state and destroyed it; everything else is still the case's. */
export function leaveCase(a: Assembler): void {
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
export function finish(a: Assembler): void {
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
    a.movImm64(rdi, imageAddress(page.address));
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
