/** Accesses of translated code that share one check of the TLB. */
import { describe, expect, it } from "vitest";
import { LocalPort } from "../../src/vmm/translator/local-port.js";
import { CODE, DATA, EAX, EBX, ECX, SystemGuest } from "./system-guest.js";

/** Each head is translated before it first runs. */
function translatingGuest(): SystemGuest {
  const it = new SystemGuest().protectedMode();
  it.interpreter.translateBy(new LocalPort(it.state.u8), { quantum: 1, threshold: 0, strict: true });
  return it;
}

describe("a byte that is read and written, in a page that the TLB has no entry of", () => {
  it.each([0, 1, 0xffe, 0xfff])("is where the guest has it, %i bytes into the page", (offset) => {
    const it = translatingGuest();
    it.put(DATA + offset, 0x5a, 1);
    it.state.setReg(EBX, DATA + offset);
    it.state.setReg(ECX, 0xc3);
    it.bytes(CODE, [0x0f, 0xb6, 0x03, 0x88, 0x0b, 0xeb, 0xfe]); // movzx eax, byte [ebx]; mov [ebx], cl; jmp to itself
    it.cpu.eip = CODE;
    it.interpreter.run(50);
    expect([it.reg(EAX), it.get(DATA + offset, 1)]).toEqual([0x5a, 0xc3]);
  });
});
