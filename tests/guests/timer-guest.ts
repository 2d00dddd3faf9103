import { RAM_BASE } from "../../src/vmm/cpu/layout.js";
import type { Boot } from "../../src/vmm/machine.js";
import { Code } from "./code.js";

const NOP = 0x90;
const JNZ = 0x75;
const STI = 0xfb;
const CLI = 0xfa;
const HLT = 0xf4;
const ENTRY = 0x10_0000;
/** Code that changes itself, in a page of its own. */
const CHANGING = 0x10_2000;
export const TIMER_GUEST_RAM = 8 << 20;
const IDT = 0x2000;
const GDT = 0x1000;
const LOG = 0x20_0000;
const LOG_POINTER = 0x3000;
/** Bytes of an entry. */
const LOG_ENTRY = 9;
export const TIMER = 0x20;
export const CALENDAR = 0x28;

/**
 * Logs each interrupt: the low half of the TSC, which is the count of retired instructions and of skipped nanoseconds; the vector; and where it
 * came. Meanwhile it does what could make a difference: long straight code with interrupts off, STI, strings, its own modification, HLT.
 */
function program(): Code {
  const c = new Code();
  for (const [name, vector] of [
    ["timer", TIMER],
    ["calendar", CALENDAR],
  ] as const) {
    c.label(name).put(0x60, 0xfc, 0x0f, 0x31, 0x8b, 0x3d).dword(LOG_POINTER); // pusha; cld; rdtsc; mov edi, [pointer]
    c.put(0xab, 0xb0, vector, 0xaa, 0x8b, 0x44, 0x24, 0x20, 0xab); // stosd; mov al, vector; stosb; mov eax, [esp + 32]; stosd
    c.put(0x89, 0x3d).dword(LOG_POINTER);
    if (vector === CALENDAR) c.put(0xb0, 0x0c, 0xe6, 0x70, 0xe4, 0x71, 0xb0, 0x20, 0xe6, 0xa0); // register C is read; EOI
    c.put(0xb0, 0x20, 0xe6, 0x20, 0x61, 0xcf); // EOI; popa; iret
  }
  c.label("start").put(0x68).dword(IDT).put(0x66, 0x68, 0xff, 0x07, 0x0f, 0x01, 0x1c, 0x24); // lidt
  const ports = [
    // The 8259s: vectors 20h and 28h; IRQs 0, 2 and 8 let through.
    ...[0x20, 0x11, 0xa0, 0x11, 0x21, TIMER, 0xa1, CALENDAR, 0x21, 4, 0xa1, 2, 0x21, 1, 0xa1, 1, 0x21, 0xfa, 0xa1, 0xfe],
    // The 8254 in mode 2, every 11 of its periods (9 us); the RTC's periodic interrupt, 8,192 times a second.
    ...[0x43, 0x34, 0x40, 11, 0x40, 0, 0x70, 0x0a, 0x71, 0x23, 0x70, 0x0b, 0x71, 0x42],
  ];
  for (let i = 0; i < ports.length; i += 2) c.put(0xb0, ports[i + 1], 0xe6, ports[i]);
  c.label("loop").put(0xb9).dword(700).put(0xbf).dword(0x30_0ffd).put(0xf3, 0xab); // rep stosd over a page's end
  c.put(CLI, ...Array<number>(70).fill(NOP), STI, 0x40); // inc eax
  c.put(0xb9).dword(300).label("inner").put(0x49).branch(JNZ, "inner"); // dec ecx
  c.put(0xe8);
  c.dword(CHANGING - ENTRY - (c.bytes.length + 4)); // call
  c.put(0xf6, 0xc3, 0x0f).branch(JNZ, "on").put(STI, HLT); // test bl, 15
  c.label("on").put(0x9c, CLI, 0x9d, STI); // pushf; cli; popf
  c.put(0xe9);
  return c.dword(c.address("loop") - (c.bytes.length + 4));
}

/** Puts the guest into the memory of a machine of 8 MiB. */
export function loadTimerGuest(memory: WebAssembly.Memory): Boot {
  const ram = new DataView(memory.buffer, RAM_BASE);
  const code = program();
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(code.linked(), RAM_BASE + ENTRY);
  // inc byte [the next instruction's immediate]; mov bl, 0; ret
  bytes.set(
    new Code()
      .put(0xfe, 0x05)
      .dword(CHANGING + 7)
      .put(0xb3, 0, 0xc3)
      .linked(),
    RAM_BASE + CHANGING,
  );
  const descriptor = (selector: number, high: number) => ram.setBigUint64(GDT + selector, (BigInt(high) << 32n) | 0xffffn, true);
  descriptor(0x10, 0xcf_9b00);
  descriptor(0x18, 0xcf_9300);
  for (const [vector, name] of [
    [TIMER, "timer"],
    [CALENDAR, "calendar"],
  ] as const) {
    ram.setUint32(IDT + 8 * vector, ((ENTRY + code.address(name)) & 0xffff) | (0x10 << 16), true);
    ram.setUint32(IDT + 8 * vector + 4, ENTRY | 0x8e00, true);
  }
  ram.setUint32(LOG_POINTER, LOG, true);
  const eip = ENTRY + code.address("start");
  return {
    kind: "loaded",
    state: { gdtBase: GDT, gdtLimit: 0x1f, codeSelector: 0x10, dataSelector: 0x18, eip, registers: { esp: 0x9_0000 } },
  };
}

/** What it has logged by now, a line for each interrupt. */
export function timerLog(memory: WebAssembly.Memory): string[] {
  const ram = new DataView(memory.buffer, RAM_BASE);
  const entries = (ram.getUint32(LOG_POINTER, true) - LOG) / LOG_ENTRY;
  return Array.from({ length: entries }, (_, i) => {
    const entry = LOG + LOG_ENTRY * i;
    return `${ram.getUint32(entry, true)}: ${ram.getUint8(entry + 4).toString(16)} at ${ram.getUint32(entry + 5, true).toString(16)}`;
  });
}
