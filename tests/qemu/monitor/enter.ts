import * as at from "../layout.js";
import { CS_, EAX, EBP, EBX, ECX, EDI, EDX, ESI, ESP, type Part, SS_ } from "./code.js";

const { header } = at;

/** Takes the next case: its header to HEADER, its patches into the arena. */
export function next(p: Part): void {
  p.abs([0x83], 7, at.word.left);
  p.db(0);
  p.jnz("another");
  p.out(at.PORT_EXIT, at.EXIT_DONE);
  p.db(0xfa, 0xf4);

  p.label("another");
  p.abs([0xff], 1, at.word.left); // dec
  p.loadAbs(ESI, at.word.nextCase);
  p.movImm(EDI, at.HEADER);
  p.movImm(ECX, at.HEADER_SIZE / 4);
  p.db(0xf3, 0xa5); // rep movsd
  p.loadAbs(EBX, at.HEADER + header.patches);
  p.label("patch");
  p.db(0x4b); // dec ebx
  p.jcc(8, "patched"); // js
  p.db(0xad, 0x97, 0xad, 0x91); // lodsd, xchg edi, eax, lodsd, xchg ecx, eax
  p.db(0xf3, 0xa4); // rep movsb
  p.db(0x83, 0xc6, 3, 0x83, 0xe6, 0xfc); // add esi, 3; and esi, -4
  p.jmp("patch");
  p.label("patched");
  p.storeAbs(ESI, at.word.nextCase);
  p.storeAbsImm(at.word.running, 1);
  p.storeAbsImm(at.SAVE + at.save.vector16, 0);
  p.jmpTo(at.ENTER);
}

/** Makes the case's state and goes there by IRET. */
export function enter(p: Part): void {
  for (let i = 0; i < 3; i++) {
    p.movImm(ECX, 0x174 + i);
    p.loadAbs(EAX, at.HEADER + header.sysenter + 4 * i);
    p.movImm(EDX, 0);
    p.db(0x0f, 0x30); // wrmsr
  }
  p.abs([0x0f, 0xae], 1, at.FX_INITIAL); // fxrstor
  p.movImm(EAX, 0);
  p.movToControl(2, EAX);
  p.out(at.PORT_WATCHDOG, at.WATCHDOG_TIME);
  [0, 1, 2, 3, 6].forEach((n, i) => {
    p.loadAbs(EAX, at.HEADER + header.debug + 4 * i);
    p.movToDebug(n, EAX);
  });
  p.loadAbs(EAX, at.HEADER + header.cr4);
  p.movToControl(4, EAX);
  p.loadAbs(EAX, at.HEADER + header.cr3);
  p.movToControl(3, EAX);
  p.abs([0x0f, 0x01], 2, at.HEADER + header.gdtr); // lgdt
  p.abs([0x83], 7, at.HEADER + header.real);
  p.db(0);
  p.jnz("real");

  p.loadAbs(EAX, at.HEADER + header.cr0);
  p.movToControl(0, EAX);
  p.db(0xeb, 0); // jmp to the next instruction
  p.abs([0x0f, 0x01], 3, at.HEADER + header.idtr); // lidt
  p.abs([0x0f, 0x00], 2, at.HEADER + header.ldtr); // lldt
  p.abs([0x0f, 0x00], 3, at.HEADER + header.tr); // ltr
  p.loadAbs(EAX, at.HEADER + header.debug + 20);
  p.movToDebug(7, EAX);
  p.movImm(ESP, at.HEADER + header.gpr);
  [3, 0, 4, 5].forEach((sreg, i) => {
    p.abs([SS_, 0x8e], sreg, at.HEADER + header.segments + 4 * i);
  });
  p.db(0x61); // popad
  p.abs([CS_, 0x0f, 0xb2], ESP, at.HEADER + header.stack); // lss
  p.db(0xcf); // iretd

  p.label("real");
  p.movImm(EAX, at.PROGRAM_DS16);
  p.abs([0x0f, 0x01], 2, at.word.gdtr);
  p.jmpFar(at.PROGRAM_CS16, at.ENTER_REAL);
}

/** 16-bit code in protected mode, on its way to real mode: limits of 64 KiB first. */
export function enterReal(p: Part): void {
  for (const sreg of [0, 2, 3, 4, 5]) p.db(0x8e, 0xc0 | (sreg << 3));
  const load = (reg: number, address: number) => p.abs16([CS_, 0x66, 0x8b], reg, address);
  load(EAX, at.HEADER + header.cr0);
  p.movToControl(0, EAX);
  const here = p.origin + p.bytes.length + 5;
  p.db(0xea, here & 0xff, here >> 8, 0, 0); // jmp 0:here
  p.abs16([CS_, 0x66, 0x0f, 0x01], 2, at.HEADER + header.gdtr);
  p.abs16([CS_, 0x66, 0x0f, 0x01], 3, at.HEADER + header.idtr);
  load(EAX, at.HEADER + header.debug + 20);
  p.movToDebug(7, EAX);
  p.abs16([CS_, 0x66, 0x0f, 0xb2], ESP, at.HEADER + header.stack); // lss
  [3, 0, 4, 5].forEach((sreg, i) => {
    p.abs16([CS_, 0x8e], sreg, at.HEADER + header.segments + 4 * i);
  });
  [EDI, ESI, EBP, -1, EBX, EDX, ECX, EAX].forEach((reg, i) => {
    if (reg >= 0) load(reg, at.HEADER + header.gpr + 4 * i);
  });
  p.db(0x66, 0xcf); // iretd
}
