import * as at from "../layout.js";
import { CS_, EAX, ECX, EDI, ESP, type Part } from "./code.js";

/** From RESET, in real mode at 0:RESET16. */
export function reset16(p: Part): void {
  p.db(0xfa, 0xfc); // cli, cld
  p.abs16([0x66, CS_, 0x0f, 0x01], 2, at.word.gdtr); // lgdt
  p.abs16([0x66, CS_, 0x0f, 0x01], 3, at.word.idtr); // lidt
  p.movFromControl(EAX, 0);
  p.db(0x0c, 0x01); // or al, PE
  p.movToControl(0, EAX);
  p.db(0x66);
  p.jmpFar(at.PROGRAM_CS, at.START);
}

export const CR0_PROGRAM = 0x33; // PE MP ET NE
export const CR4_PROGRAM = 0x600; // OSFXSR OSXMMEXCPT

/** Protected mode: a case that was running has shut the processor down; otherwise this is power-on. */
export function start(p: Part): void {
  p.movImm(EAX, at.PROGRAM_DS);
  for (const sreg of [0, 2, 3, 4, 5]) p.db(0x8e, 0xc0 | (sreg << 3));
  p.movImm(ESP, at.PROGRAM_STACK);
  p.abs([0xc6], 0, at.GDT + at.PROGRAM_TSS + 5); // the TSS is not busy
  p.db(0x89);
  p.movImm(EAX, at.PROGRAM_TSS);
  p.db(0x0f, 0x00, 0xd8); // ltr ax
  p.movImm(EAX, CR0_PROGRAM);
  p.movToControl(0, EAX);
  p.movImm(EAX, CR4_PROGRAM);
  p.movToControl(4, EAX);
  for (const port of [0x21, 0xa1]) p.db(0xb0, 0xff, 0xe6, port); // no interrupts from the board
  p.out(at.PORT_WATCHDOG_OFF, 0);
  p.abs([0x83], 7, at.word.running);
  p.db(0);
  p.jz("power on");
  p.movImm(EDI, at.SAVE);
  p.movImm(ECX, at.SAVE_SIZE / 4);
  p.movImm(EAX, 0);
  p.db(0xf3, 0xab); // rep stosd
  p.storeAbsImm(at.SAVE + at.save.vector, at.SHUTDOWN);
  p.jmpTo(at.RECORD);
  p.label("power on");
  p.jmpTo(at.NEXT);
}

/** An exception of the program itself. */
export function panic(p: Part): void {
  p.out(at.PORT_EXIT, at.EXIT_PANIC);
  p.db(0xfa, 0xf4); // cli, hlt
}
