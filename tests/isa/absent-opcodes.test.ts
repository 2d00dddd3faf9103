import { describe, expect, it } from "vitest";
import { DATA, EBX } from "../vmm/system-guest.js";
import { SseGuest } from "./sse-guest.js";

const UD = 6;

/** Instructions of later processors, which CPUID does not announce. ModRM 03h is [EBX], C0h and above are registers. */
const absent: Readonly<Record<string, readonly string[]>> = {
  "3DNow!": ["0f 0e", "0f 0f c1 9e"],
  SYSCALL: ["0f 05", "0f 07"],
  SSE3: [
    ...[
      "f2 0f d0 c1",
      "66 0f d0 c1",
      "f2 0f 7c c1",
      "66 0f 7c c1",
      "f2 0f 7d c1",
      "f2 0f f0 03",
      "f2 0f 12 c1",
      "f3 0f 12 c1",
      "f3 0f 16 c1",
    ],
    ...["db 0b", "dd 0b", "df 0b"],
  ],
  MONITOR: ["0f 01 c8", "0f 01 c9"],
  SSSE3: ["0f 38 00 c1", "66 0f 38 1c c1", "0f 3a 0f c1 08"],
  "SSE4.1": ["66 0f 38 10 c1", "66 0f 3a 14 c0 00", "66 0f 38 40 c1", "66 0f 38 2a 03"],
  "SSE4.2": ["66 0f 38 37 c1", "66 0f 3a 60 c1 00", "f2 0f 38 f0 c0"],
  POPCNT: ["f3 0f b8 c1"],
  MOVBE: ["0f 38 f0 03", "0f 38 f1 03"],
  AES: ["66 0f 38 dc c1", "66 0f 3a 44 c1 00"],
  SHA: ["0f 38 c8 c1", "0f 3a cc c1 00"],
  AVX: ["c5 f8 77", "c5 f8 28 c1", "c4 e2 79 18 c1"],
  "AVX-512": ["62 f1 7c 48 28 c1"],
  XSAVE: ["0f ae 23", "0f ae 2b", "0f ae 33", "0f 01 d0", "0f 01 d1", "0f c7 23"],
  RDTSCP: ["0f 01 f9"],
  RDRAND: ["0f c7 f0", "0f c7 f8"],
  VMX: ["0f 01 c1", "0f 01 c2", "0f 78 c1", "0f 79 c1", "0f c7 33", "f3 0f c7 33"],
  SMX: ["0f 37"],
  TSX: ["0f 01 d5", "0f 01 d6"],
  SMAP: ["0f 01 ca", "0f 01 cb"],
  FSGSBASE: ["f3 0f ae c0", "f3 0f ae d0"],
  CLFLUSHOPT: ["66 0f ae 3b"],
  INVPCID: ["66 0f 38 82 03"],
};

describe("what CPUID does not announce is #UD", () => {
  it.each(Object.entries(absent))("%s", (_feature, encodings) => {
    for (const encoding of encodings) {
      const guest = new SseGuest();
      guest.set(EBX, DATA);
      const raised = guest.exec(...encoding.split(" ").map((byte) => Number.parseInt(byte, 16)));
      expect([encoding, raised?.vector]).toEqual([encoding, UD]);
    }
  });

  it("a prefix that makes another instruction on later processors means nothing here: TZCNT is BSF, LZCNT is BSR", () => {
    const guest = new SseGuest();
    guest.set(EBX, 0x10);
    expect(guest.exec(0xf3, 0x0f, 0xbc, 0xc3)).toBeUndefined();
    expect(guest.reg(0)).toBe(4);
    expect(guest.exec(0xf3, 0x0f, 0xbd, 0xc3)).toBeUndefined();
    expect(guest.reg(0)).toBe(4);
  });
});
