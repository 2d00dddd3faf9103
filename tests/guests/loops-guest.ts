import { multibootKernel } from "../images/synthetic-multiboot.js";
import { Code } from "./code.js";

const JNZ = 0x75;
const LOOPS = 32;
const TIMES = 20_000;
const LETTERS = 8;
const COM1 = 0x3f8;

/**
 * A Multiboot kernel that is busy for `rounds` times 3.2 million instructions, in 32 loops by turns: each is hot code, and a region if there is a
 * translator. Then it writes what came of that to COM1, as eight letters, and ends by port 0xF4 with 0 (exit code 1).
 */
export function loopsGuest(rounds: number): Uint8Array {
  const c = new Code();
  c.put(0x31, 0xc0, 0xbd).dword(rounds); // xor eax, eax; mov ebp, rounds
  const round = c.bytes.length;
  for (let i = 0; i < LOOPS; i++) {
    c.put(0xb9).dword(TIMES); // mov ecx, TIMES
    c.label(`loop ${i}`)
      .put(0x05)
      .dword(0x1234_5677 * (2 * i + 1)); // add eax, constant
    c.put(0xc1, 0xc0, 1 + (i % 8), 0x31, 0xc8); // rol eax, 1 + i % 8; xor eax, ecx
    c.put(0x49).branch(JNZ, `loop ${i}`); // dec ecx
  }
  c.put(0x4d, 0x0f, 0x85).dword(round - (c.bytes.length + 6)); // dec ebp; jnz round
  c.put(0x89, 0xc3); // mov ebx, eax
  c.out(COM1 + 3, 3).put(0x66, 0xba, COM1 & 0xff, COM1 >> 8); // LCR: 8 data bits; mov dx, COM1
  for (let i = 0; i < LETTERS; i++) c.put(0xc1, 0xc3, 4, 0x88, 0xd8, 0x24, 0x0f, 0x04, 0x61, 0xee); // rol ebx, 4; al = "a" + (bl & 15); out
  c.put(0x31, 0xc0, 0xe6, 0xf4).label("end").branch(0xeb, "end"); // out 0xf4, 0
  return multibootKernel(c.linked());
}
