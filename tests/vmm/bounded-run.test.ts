import { describe, expect, it } from "vitest";
import { CR0_AM, CR0_PG } from "../../src/vmm/cpu/control-bits.js";
import * as at from "../../src/vmm/cpu/layout.js";
import { AC, IF } from "../../src/vmm/isa/flags.js";
import { Access, CODE, CODE3, DATA, ESP, HANDLERS, IDT, level, STACK3, SystemGuest } from "./system-guest.js";

const NOP = 0x90;
const UD2 = [0x0f, 0x0b];
const BUDGET = 1000;
const PAGE = 4096;

/** Whoever runs a guest must get control back, whatever the guest is about: for its timers, and to stop it. */
describe("a run with a budget returns", () => {
  it("from a handler whose first instruction raises what it handles", () => {
    const guest = new SystemGuest().realMode();
    // #UD at 1000:0, and SP wraps: no fault ever ends it.
    guest.put(4 * 6, 0, 2);
    guest.put(4 * 6 + 2, CODE >> 4, 2);
    guest.bytes(CODE, UD2);
    const before = guest.interpreter.retired;
    expect(guest.interpreter.run(BUDGET)).toBe("budget");
    expect(guest.interpreter.retired).toBe(before);
    expect(guest.interpreter.exceptions).toBe(BUDGET);
  });

  it("from #AC whose handler runs at CPL 3, on a stack that isn't aligned: its delivery is #AC again", () => {
    const guest = new SystemGuest().protectedMode().toUser(IF | AC);
    guest.state.set(at.CR0, guest.state.get(at.CR0) | CR0_AM);
    guest.gate(17, Access.interrupt32 | level(3), CODE3, HANDLERS);
    guest.set(ESP, STACK3 + 1);
    guest.cpu.restored();
    guest.bytes(CODE, [0x50]); // push eax
    guest.cpu.eip = CODE;
    const before = guest.interpreter.retired;
    expect(guest.interpreter.run(BUDGET)).toBe("budget");
    expect(guest.interpreter.retired).toBe(before);
    expect([guest.cpu.eip, guest.reg(ESP)]).toEqual([CODE, STACK3 + 1]);
  });

  it("from #AC whose gate isn't there, where the #PF for it is delivered with #AC again", () => {
    const guest = new SystemGuest().protectedMode().toUser(IF | AC);
    const table = DATA + PAGE;
    guest.put(DATA, table | 7);
    for (let page = 0; page < 256; page++) guest.put(table + 4 * page, page === 7 ? 0 : (page * PAGE) | 7);
    // The gates of vectors 16 and above lie in the page that is missing.
    const idt = 7 * PAGE - 8 * 16;
    guest.gate(14, Access.interrupt32 | level(3), CODE3, HANDLERS);
    for (const half of [0, 4]) guest.put(idt + 8 * 14 + half, guest.get(IDT + 8 * 14 + half));
    guest.state.set(at.IDTR_BASE, idt);
    guest.state.set(at.CR3, DATA);
    guest.state.set(at.CR0, (guest.state.get(at.CR0) | CR0_AM | CR0_PG) >>> 0);
    guest.set(ESP, STACK3 + 1);
    guest.cpu.restored();
    guest.bytes(CODE, [0x50]); // push eax
    guest.cpu.eip = CODE;
    expect(guest.interpreter.run(BUDGET)).toBe("budget");
    expect([guest.cpu.eip, guest.state.get(at.CR2)]).toEqual([CODE, idt + 8 * 17]);
  });

  it("from code without a branch that goes all around the address space", () => {
    const guest = new SystemGuest().protectedMode();
    const directory = DATA;
    const table = DATA + PAGE;
    for (let i = 0; i < PAGE; i += 4) {
      guest.put(directory + i, table | 3);
      guest.put(table + i, CODE | 3);
    }
    for (let i = 0; i < PAGE; i++) guest.put(CODE + i, NOP, 1);
    guest.state.set(at.CR3, directory);
    guest.state.set(at.CR0, (guest.state.get(at.CR0) | CR0_PG) >>> 0);
    guest.cpu.restored();
    guest.cpu.eip = 0x4000_0000;
    const before = guest.interpreter.retired;
    expect(guest.interpreter.run(BUDGET)).toBe("budget");
    expect(guest.interpreter.retired - before).toBeLessThan(BUDGET + PAGE);
  });

  it("and an interrupt that comes up there still waits for the instruction that STI shadows", () => {
    const guest = new SystemGuest().protectedMode();
    const sti = CODE + PAGE - 1;
    guest.bytes(sti, [0xfb, 0xf4]); // sti; hlt: the pair that must not be torn apart, in two pages
    guest.bytes(HANDLERS + 16 * 0x20, [0xf4]);
    guest.cpu.eip = sti;
    expect(guest.interpreter.run(1)).toBe("budget");
    guest.cpu.setInterruptLine(true);
    guest.interpreter.run(BUDGET);
    // HLT was executed, and the interrupt ended it: the frame points behind it.
    expect(guest.stack(0)).toBe(sti + 2);
  });
});

describe("an instruction that is stepped", () => {
  it("doesn't fetch from the next page, which may be a device, unless it goes on there", () => {
    const guest = new SystemGuest().protectedMode();
    const device = 0xfee0_0000;
    let reads = 0;
    guest.mmu.memory.addRegion({ base: device, size: PAGE, read: () => ++reads & 0, write: () => undefined });
    guest.mmu.memory.addRegion({ base: device - PAGE, size: PAGE, read: () => NOP, write: () => undefined });
    guest.cpu.eip = device - 1;
    guest.interpreter.step();
    expect(guest.eip).toBe(device);
    expect(reads).toBe(0);
  });
});
