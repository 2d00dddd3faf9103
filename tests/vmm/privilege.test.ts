import { describe, expect, it } from "vitest";
import { SYSENTER_CS } from "../../src/vmm/cpu/layout.js";
import { CODE0, DATA, EAX, EBX, ECX, EDI, SystemGuest } from "./system-guest.js";

const shared = new SystemGuest();

/** Who may execute what, by mode and CPL (SDM vol. 3, 5.9 and 20.1.1; vol. 2, exceptions of each instruction). */
const UD = { vector: 6, error: -1 };
const GP = { vector: 13, error: 0 };
const DONE = undefined;

/** ModRM.rm of memory at DATA: [EDI], or [BX] with 16-bit addresses; DS may be used everywhere. */
const MEMORY = 7;
const REGISTER = 0xc0;

/** The system's: HLT, table registers, control and debug registers, caches, MSRs. */
const PRIVILEGED: [string, number[]][] = [
  ["HLT", [0xf4]],
  ["LGDT", [0x0f, 0x01, 0x10 | MEMORY]],
  ["LIDT", [0x0f, 0x01, 0x18 | MEMORY]],
  ["LMSW", [0x0f, 0x01, 0x30 | REGISTER | 3]],
  ["LMSW from memory", [0x0f, 0x01, 0x30 | MEMORY]],
  ["INVLPG", [0x0f, 0x01, 0x38 | MEMORY]],
  ["CLTS", [0x0f, 0x06]],
  ["INVD", [0x0f, 0x08]],
  ["WBINVD", [0x0f, 0x09]],
  ["MOV from CR0", [0x0f, 0x20, 0xc2]],
  ["MOV from CR0, mod not 3", [0x0f, 0x20, 0x02]],
  ["MOV to CR2", [0x0f, 0x22, 0xd3]],
  ["MOV from DR0", [0x0f, 0x21, 0xc2]],
  ["MOV to DR0", [0x0f, 0x23, 0xc3]],
  ["RDMSR", [0x0f, 0x32]],
  ["WRMSR", [0x0f, 0x30]],
];
/** Of protected mode; in the other two they don't exist. */
const PROTECTED_PRIVILEGED: [string, number[]][] = [
  ["LLDT", [0x0f, 0x00, 0x10 | REGISTER | 3]],
  ["LLDT from memory", [0x0f, 0x00, 0x10 | MEMORY]],
];
const PROTECTED: [string, number[]][] = [
  ["SLDT", [0x0f, 0x00, 0x00 | REGISTER | 3]],
  ["STR", [0x0f, 0x00, 0x08 | REGISTER | 3]],
  ["VERR", [0x0f, 0x00, 0x20 | REGISTER | 3]],
  ["VERW", [0x0f, 0x00, 0x28 | REGISTER | 3]],
  ["LAR", [0x0f, 0x02, REGISTER | 3]],
  ["LSL", [0x0f, 0x03, REGISTER | 3]],
  ["ARPL", [0x63, REGISTER | 3]],
];
/** Everybody's (no UMIP here). */
const FREE_FOR_ALL: [string, number[]][] = [
  ["SGDT", [0x0f, 0x01, 0x00 | MEMORY]],
  ["SIDT", [0x0f, 0x01, 0x08 | MEMORY]],
  ["SMSW", [0x0f, 0x01, 0x20 | REGISTER | 3]],
  ["SMSW to memory", [0x0f, 0x01, 0x20 | MEMORY]],
  ["RDTSC", [0x0f, 0x31]],
  ["CPUID", [0x0f, 0xa2]],
];
/** Not there in any mode, or not announced. */
const ABSENT: [string, number[]][] = [
  ["MOV to CR1", [0x0f, 0x22, 0xcb]],
  ["MOV from CR5", [0x0f, 0x20, 0xeb]],
  ["MOV to CR6", [0x0f, 0x22, 0xf3]],
  ["MOV from CR7", [0x0f, 0x20, 0xfb]],
  ["LOCK MOV from CR0 (CR8 elsewhere)", [0xf0, 0x0f, 0x20, 0xc2]],
  ["RSM", [0x0f, 0xaa]],
  ["SYSCALL, LOADALL of the 286", [0x0f, 0x05]],
  ["SYSRET, LOADALL of the 386", [0x0f, 0x07]],
  ["UD0", [0x0f, 0xff, 0xc0]],
  ["UD1", [0x0f, 0xb9, 0xc0]],
  ["UD2", [0x0f, 0x0b]],
  ["INVLPG of a register", [0x0f, 0x01, 0x38 | REGISTER]],
  ["LGDT of a register", [0x0f, 0x01, 0x10 | REGISTER]],
  ["SWAPGS, RDTSCP", [0x0f, 0x01, 0xf8]],
  ["MONITOR", [0x0f, 0x01, 0xc8]],
  ["CLAC", [0x0f, 0x01, 0xca]],
  ["VMCALL", [0x0f, 0x01, 0xc1]],
  ["XGETBV", [0x0f, 0x01, 0xd0]],
  ["INVPCID", [0x66, 0x0f, 0x38, 0x82, 0x00 | MEMORY]],
  ["RDFSBASE", [0xf3, 0x0f, 0xae, 0xc0]],
  ["CMPXCHG8B of a register", [0x0f, 0xc7, 0xc8]],
  ["RDRAND", [0x0f, 0xc7, 0xf0]],
  ["MOVBE, SSE4 and their like", [0x0f, 0x38, 0xf0, 0x00 | MEMORY]],
];

function ready(guest: SystemGuest, atMemory: number): SystemGuest {
  guest.put(DATA, 0);
  guest.set(EDI, atMemory);
  guest.set(EBX, 0);
  guest.set(EAX, 0);
  guest.set(ECX, 0x175);
  return guest;
}
const MODES: [string, () => SystemGuest, Record<"privileged" | "protectedPrivileged" | "protected", typeof UD | typeof DONE>][] = [
  ["real mode", () => ready(shared.reused().realMode(), 0), { privileged: DONE, protectedPrivileged: UD, protected: UD }],
  ["CPL 0", () => ready(shared.reused().protectedMode(), DATA), { privileged: DONE, protectedPrivileged: DONE, protected: DONE }],
  ...[1, 2, 3].map((cpl): (typeof MODES)[number] => [
    `CPL ${cpl}`,
    () => ready(shared.reused().protectedMode().toLevel(cpl, 0x3202), DATA),
    { privileged: GP, protectedPrivileged: GP, protected: DONE },
  ]),
  [
    "virtual-8086 mode",
    () => ready(shared.reused().protectedMode().toVirtual8086(0x2_3202), 0),
    { privileged: GP, protectedPrivileged: UD, protected: UD },
  ],
];

describe.each(MODES)("%s", (_, make, outcome) => {
  it.each(PRIVILEGED)("%s, which is privileged", (__, code) => {
    expect(make().exec(...code)).toEqual(outcome.privileged);
  });
  it.each(PROTECTED_PRIVILEGED)("%s, which is privileged and of protected mode", (__, code) => {
    expect(make().exec(...code)).toEqual(outcome.protectedPrivileged);
  });
  it.each(PROTECTED)("%s, which is of protected mode", (__, code) => {
    expect(make().exec(...code)).toEqual(outcome.protected);
  });
  it.each(FREE_FOR_ALL)("%s, which anyone may execute", (__, code) => {
    expect(make().exec(...code)).toBeUndefined();
  });
  it.each(ABSENT)("%s is #UD", (__, code) => {
    expect(make().exec(...code)).toEqual(UD);
  });
  it("RDPMC is #GP(0): there is no counter", () => {
    expect(make().exec(0x0f, 0x33)).toEqual(GP);
  });
});

describe("SYSENTER and SYSEXIT", () => {
  it.each(MODES)("%s", (name, make) => {
    const prepared = () => {
      const guest = make();
      guest.state.set(SYSENTER_CS, CODE0);
      return guest;
    };
    expect(prepared().exec(0x0f, 0x34)).toEqual(name === "real mode" ? GP : DONE);
    expect(prepared().exec(0x0f, 0x35)).toEqual(name === "CPL 0" ? DONE : GP);
  });
});
