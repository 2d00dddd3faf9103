import { syntheticKernel } from "../images/synthetic-kernel.js";
import { Code, JE, JMP } from "./code.js";

/**
 * A guest of a few hundred bytes that needs no disk, no network and no time: prints "ready", then sleeps in HLT and answers each byte on COM1:
 *   !  powers off (HLT with interrupts off)       r  resets by the keyboard controller
 *   t  triple fault                               f  writes FLOOD_BYTES letters "x", then a newline
 *   s  spins without interrupts, for ever         anything else is echoed
 */
export const FLOOD_BYTES = 1_000_000;
export const READY = "ready\r\n";

const ENTRY = 0x100000;
const IDT = 0x2000;
const COM1 = 0x3f8;
/** IRQ 4 at the vectors that the board starts with. */
const VECTOR = 0x0c;

/** A bzImage. */
export function tinyGuest(): Uint8Array {
  return syntheticKernel({ code: code(), prefAddress: BigInt(ENTRY) });
}

function code(): Uint8Array {
  const c = new Code();
  c.put(0xe9).dword(0); // jmp start, patched below

  // Interrupt 4: answers all that is there.
  c.label("isr").put(0x60); // pusha
  c.label("more").put(0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01).branch(JE, "done"); // test LSR.DR
  c.put(0x66, 0xba, 0xf8, 0x03, 0xec); // in al, dx
  c.put(0x3c, 0x21).branch(JE, "off");
  c.put(0x3c, 0x72).branch(JE, "reset");
  c.put(0x3c, 0x74).branch(JE, "triple");
  c.put(0x3c, 0x66).branch(JE, "flood");
  c.put(0x3c, 0x73).branch(JE, "spin");
  c.put(0xee).branch(JMP, "more"); // echo
  c.label("done").put(0xb0, 0x20, 0xe6, 0x20, 0x61, 0xcf); // EOI, popa, iret
  c.label("off").put(0xfa, 0xf4).branch(JMP, "off");
  c.label("spin").branch(JMP, "spin");
  c.label("reset").put(0xb0, 0xfe, 0xe6, 0x64).branch(JMP, "spin");
  c.label("triple").put(0x6a, 0x00, 0x6a, 0x00, 0x0f, 0x01, 0x1c, 0x24, 0xcc); // lidt of zeros, int3
  c.label("flood").put(0xb9).dword(FLOOD_BYTES).put(0xb0, 0x78);
  c.label("next").put(0xee, 0xe2, 0xfd); // out dx, al; loop
  c.put(0xb0, 0x0a, 0xee).branch(JMP, "more");

  const start = c.bytes.length;
  c.put(0xbc).dword(0x90000); // mov esp
  // IDT entry of the vector: interrupt gate, the code segment that the loader gave.
  const isr = ENTRY + c.address("isr");
  c.put(0xc7, 0x05)
    .dword(IDT + VECTOR * 8)
    .dword((isr & 0xffff) | (0x10 << 16));
  c.put(0xc7, 0x05)
    .dword(IDT + VECTOR * 8 + 4)
    .dword((isr & 0xffff0000) | 0x8e00);
  c.put(0x68).dword(IDT).put(0x66, 0x68, 0xff, 0x07, 0x0f, 0x01, 0x1c, 0x24); // push base, push word limit, lidt [esp]
  c.out(COM1 + 3, 3); // LCR: 8 data bits
  for (const letter of READY) c.out(COM1, letter.charCodeAt(0));
  c.out(COM1 + 1, 1).out(COM1 + 4, 0x0b); // IER: received data; MCR: DTR, RTS, OUT2
  c.out(0x21, 0xef); // unmask IRQ 4
  c.label("idle").put(0xfb, 0xf4).branch(JMP, "idle"); // sti; hlt
  const bytes = c.linked();
  new DataView(bytes.buffer).setInt32(1, start - 5, true);
  return bytes;
}
