import * as at from "../layout.js";
import { CS_, EAX, EBX, ECX, EDI, ESI, ESP, GS_, type Part } from "./code.js";
import { CR0_PROGRAM, CR4_PROGRAM } from "./start.js";

const { save } = at;

/**
 * Where a case's gate for `vector` leads. Nothing is known of its stack or data segments, so no stack is used: GS gives way.
 */
export function stub(p: Part, vector: number): void {
  p.abs([CS_, 0x8e], 5, at.word.dataSelector); // mov gs, cs:[...]
  p.db(GS_);
  p.storeAbsImm(at.SAVE + save.vector, vector);
  p.jmpTo(at.EXIT);
}

/** The same for an 8086 vector. */
export function stub16(p: Part, vector: number): void {
  p.abs16([CS_, 0x66, 0xc7], 0, at.SAVE + save.vector16);
  p.dd(vector + 1);
  p.db(0x66);
  p.jmpTo(at.EXIT16);
}

const SEGMENTS = 6;
const GS = 5;

/** Saves what the case has left and goes back to the program's own state. */
export function exit(p: Part): void {
  const store = (field: number, reg = EAX) => {
    p.db(GS_);
    p.storeAbs(reg, at.SAVE + field);
  };
  for (let reg = 0; reg < 8; reg++) store(save.gpr + 4 * reg, reg);
  for (let sreg = 0; sreg < SEGMENTS; sreg++) {
    if (sreg === GS) p.movImm(EAX, 0);
    else p.db(0x8c, 0xc0 | (sreg << 3));
    store(save.segments + 4 * sreg);
  }
  p.movFromControl(EAX, 0);
  store(save.control);
  p.abs([GS_, 0x0f, 0x01], 0, at.SAVE + save.gdtr); // sgdt
  p.abs([GS_, 0x0f, 0x01], 1, at.SAVE + save.idtr); // sidt
  p.abs([CS_, 0x0f, 0xb2], ESP, at.word.stack); // lss
  p.db(0x9c, 0x58); // pushfd, pop eax
  store(save.eflags);
  p.jmp("tail");

  while (p.bytes.length < EXIT_FROM_REAL - at.EXIT) p.db(0xcc);
  p.movImm(EAX, at.PROGRAM_DS);
  p.db(0x8e, 0xe8); // mov gs, ax
  p.abs([CS_, 0x0f, 0xb2], ESP, at.word.stack);

  p.label("tail");
  p.db(0x6a, 2, 0x9d); // push 2, popfd: NT and DF must not be set
  p.db(0x0f, 0x00, 0xc0); // sldt eax
  store(save.segments + 4 * SEGMENTS);
  p.db(0x0f, 0x00, 0xc8); // str eax
  store(save.segments + 4 * SEGMENTS + 4);
  [2, 3, 4].forEach((n, i) => {
    p.movFromControl(EAX, n);
    store(save.control + 4 + 4 * i);
  });
  [0, 1, 2, 3, 6, 7].forEach((n, i) => {
    p.movFromDebug(EAX, n);
    store(save.debug + 4 * i);
  });

  p.abs([GS_, 0x0f, 0x01], 2, at.word.gdtr);
  p.abs([GS_, 0x0f, 0x01], 3, at.word.idtr);
  p.movImm(EAX, CR0_PROGRAM);
  p.movToControl(0, EAX);
  p.db(0xeb, 0);
  p.movImm(EAX, CR4_PROGRAM);
  p.movToControl(4, EAX);
  p.movImm(EAX, 0);
  p.movToControl(3, EAX);
  p.jmpFar(at.PROGRAM_CS, p.origin + p.bytes.length + 7);
  p.movImm(EAX, at.PROGRAM_DS);
  for (const sreg of [0, 2, 3, 4, 5]) p.db(0x8e, 0xc0 | (sreg << 3));
  p.movImm(ESP, at.PROGRAM_STACK);
  p.out(at.PORT_WATCHDOG_OFF, 0);

  p.movImm(EAX, 0);
  for (let n = 0; n < 4; n++) p.movToDebug(n, EAX);
  p.movImm(EAX, 0x400);
  p.movToDebug(7, EAX);
  p.movImm(EAX, 0);
  p.db(0x0f, 0x00, 0xd0); // lldt ax
  p.abs([0xc6], 0, at.GDT + at.PROGRAM_TSS + 5); // the TSS is not busy
  p.db(0x89);
  p.movImm(EAX, at.PROGRAM_TSS);
  p.db(0x0f, 0x00, 0xd8); // ltr ax
  for (let i = 0; i < 3; i++) {
    p.movImm(ECX, 0x174 + i);
    p.db(0x0f, 0x32); // rdmsr
    p.storeAbs(EAX, at.SAVE + save.sysenter + 4 * i);
  }
  p.abs([0x0f, 0xae], 0, at.SAVE + save.fx); // fxsave
  p.jmpTo(at.RECORD);
}

/** In EXIT: entered from EXIT16 with general and segment registers saved. */
const EXIT_FROM_REAL = at.EXIT + 0xc0;

/** The end of a case in real mode. In virtual-8086 mode it ends at the MOV from CR0, with #GP. */
export function exit16(p: Part): void {
  for (let reg = 0; reg < 8; reg++) p.abs16([CS_, 0x66, 0x89], reg, at.SAVE + save.gpr + 4 * reg);
  p.db(0x66);
  p.movImm(EBX, 0);
  for (let sreg = 0; sreg < SEGMENTS; sreg++) {
    p.db(0x8c, 0xc0 | (sreg << 3) | EBX); // mov bx, sreg
    p.abs16([CS_, 0x66, 0x89], EBX, at.SAVE + save.segments + 4 * sreg);
  }
  p.movFromControl(EAX, 0);
  p.abs16([CS_, 0x66, 0x89], EAX, at.SAVE + save.control);
  p.abs16([CS_, 0x66, 0x0f, 0x01], 0, at.SAVE + save.gdtr);
  p.abs16([CS_, 0x66, 0x0f, 0x01], 1, at.SAVE + save.idtr);
  p.abs16([CS_, 0x66, 0xc7], 0, at.SAVE + save.eflags);
  p.dd(0);
  p.abs16([CS_, 0x66, 0xc7], 0, at.SAVE + save.vector);
  p.dd(at.REAL_MODE);
  p.abs16([CS_, 0x66, 0x0f, 0x01], 2, at.word.gdtr);
  p.db(0x0c, 0x01); // or al, PE
  p.movToControl(0, EAX);
  p.db(0x66);
  p.jmpFar(at.PROGRAM_CS, EXIT_FROM_REAL);
}

/** Appends the result: the saved state, then every dword of the arena that is not as it was, which is put back. */
export function record(p: Part): void {
  p.storeAbsImm(at.word.running, 0);
  p.movImm(ESI, at.SAVE);
  p.loadAbs(EDI, at.word.nextResult);
  p.movImm(ECX, at.SAVE_SIZE / 4);
  p.db(0xf3, 0xa5); // rep movsd
  p.db(0x89, 0xfd); // mov ebp, edi: the count
  p.db(0x8d, 0x5f, 4); // lea ebx, [edi + 4]
  p.movImm(ESI, at.ARENA);
  p.movImm(EDI, at.PRISTINE);
  p.movImm(ECX, at.ARENA_SIZE / 4);
  p.label("compare");
  p.db(0x85, 0xc9); // test ecx, ecx
  p.jz("compared");
  p.db(0xf3, 0xa7); // repe cmpsd
  p.jz("compared");
  p.db(0x8d, 0x56, 0xfc, 0x89, 0x13); // lea edx, [esi - 4]; mov [ebx], edx
  p.db(0x8b, 0x02, 0x89, 0x43, 4); // mov eax, [edx]; mov [ebx + 4], eax
  p.db(0x83, 0xc3, 8); // add ebx, 8
  p.db(0x8b, 0x47, 0xfc, 0x89, 0x02); // mov eax, [edi - 4]; mov [edx], eax
  p.jmp("compare");
  p.label("compared");
  p.storeAbs(EBX, at.word.nextResult);
  p.db(0x29, 0xeb, 0x83, 0xeb, 4, 0xc1, 0xeb, 3); // sub ebx, ebp; sub ebx, 4; shr ebx, 3
  p.db(0x89, 0x5d, 0); // mov [ebp], ebx
  p.abs([0xff], 0, at.word.done); // inc
  p.jmpTo(at.NEXT);
}
