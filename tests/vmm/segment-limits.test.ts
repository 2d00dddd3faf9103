import { describe, expect, it } from "vitest";
import { FS, SS } from "../../src/vmm/cpu/layout.js";
import { Access, EAX, EBX, FREE, SystemGuest } from "./system-guest.js";

/** Which offsets of a segment may be read and written, for every kind of segment that DS, ES, FS and GS take (SDM vol. 3, 3.4.5.1 and 5.3). */
const KINDS = [
  { name: "read-only data", access: 0x90, write: false, down: false },
  { name: "data", access: 0x92, write: true, down: false },
  { name: "read-only expand-down data", access: 0x94, write: false, down: true },
  { name: "expand-down data", access: 0x96, write: true, down: true },
  { name: "code", access: 0x9a, write: false, down: false },
  { name: "conforming code", access: 0x9e, write: false, down: false },
] as const;
type Kind = (typeof KINDS)[number];
const GRANULAR = 8;
const BIG = 4;
const LIMITS = [0, 1, 0xfffe, 0xffff, 0x1_0000, 0xffffe, 0xfffff];
const SIZES = [1, 2, 4, 8] as const;

/** Whether all of `size` bytes at `offset` lie in the segment: what the manual says, byte by byte. */
function inside(kind: Kind, raw: number, flags: number, offset: number, size: number): boolean {
  const limit = flags & GRANULAR ? raw * 4096 + 4095 : raw;
  const top = flags & BIG ? 0xffff_ffff : 0xffff;
  const bytes = Array.from({ length: size }, (_, i) => offset + i);
  return bytes.every((at) => at <= 0xffff_ffff && (kind.down ? at > limit && at <= top : at <= limit));
}

/** Offsets around everything that could be an end. */
function offsets(raw: number, flags: number): number[] {
  const limit = flags & GRANULAR ? raw * 4096 + 4095 : raw;
  const found = new Set<number>();
  for (const end of [0, limit, 0xffff, 0xffff_ffff])
    for (const distance of [-8, -7, -4, -3, -2, -1, 0, 1, 2]) {
      const offset = end + distance;
      if (offset >= 0 && offset <= 0xffff_ffff) found.add(offset);
    }
  return [...found];
}

/** MOV between memory at FS:[EBX] and a register: AL, AX, EAX, MM0. */
const READ = { 1: [0x64, 0x8a, 0x03], 2: [0x64, 0x66, 0x8b, 0x03], 4: [0x64, 0x8b, 0x03], 8: [0x64, 0x0f, 0x6f, 0x03] };
const WRITE = { 1: [0x64, 0x88, 0x03], 2: [0x64, 0x66, 0x89, 0x03], 4: [0x64, 0x89, 0x03], 8: [0x64, 0x0f, 0x7f, 0x03] };
/** ADD of a register to memory, which reads and writes. */
const CHANGE = { 1: [0x64, 0x00, 0x03], 2: [0x64, 0x66, 0x01, 0x03], 4: [0x64, 0x01, 0x03] };

describe.each(KINDS)("$name", (kind) => {
  it.each(LIMITS)("limit %i: exactly the offsets inside may be accessed, the others are #GP(0)", (raw) => {
    const guest = new SystemGuest().protectedMode();
    for (const flags of [0, BIG, GRANULAR, GRANULAR | BIG]) {
      // A base where no memory is: what is stored there can't do harm.
      guest.descriptor(FREE, 0x4000_0000, raw, kind.access, flags);
      guest.set(EAX, FREE);
      expect(guest.exec(0x8e, 0xe0)).toBeUndefined();
      for (const size of SIZES)
        for (const offset of offsets(raw, flags)) {
          guest.set(EBX, offset);
          const within = inside(kind, raw, flags, offset, size);
          const where = `flags ${flags}, ${size} bytes at ${offset.toString(16)}`;
          const refused = { vector: 13, error: 0 };
          expect(guest.exec(...READ[size]), `read, ${where}`).toEqual(within ? undefined : refused);
          expect(guest.exec(...WRITE[size]), `write, ${where}`).toEqual(within && kind.write ? undefined : refused);
          if (size < 8) expect(guest.exec(...CHANGE[size as 4]), `change, ${where}`).toEqual(within && kind.write ? undefined : refused);
          guest.cpu.eip = 0x1_0000;
        }
    }
  });
});

describe("the code segment itself", () => {
  it.each([
    ["execute-only", Access.executeOnly, false],
    ["readable", Access.code, true],
  ])("%s: reads through CS are allowed by its type, writes never", (_, access, readable) => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, 0xfffff, access, GRANULAR | BIG);
    guest.exec(0xea, 0x00, 0x00, 0x01, 0x00, FREE, 0x00);
    const refused = { vector: 13, error: 0 };
    expect(guest.exec(0x2e, 0xa1, 0, 0, 4, 0)).toEqual(readable ? undefined : refused);
    expect(guest.exec(0x2e, 0xa3, 0, 0, 4, 0)).toEqual(refused);
  });
});

describe("the stack segment", () => {
  it("raises #SS(0) where others raise #GP(0), by EBP, ESP and the override", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, 0x0fff, Access.data, BIG);
    guest.set(EAX, FREE);
    guest.exec(0x8e, 0xd0); // mov ss, ax
    guest.set(5, 0xffe);
    guest.set(4, 0xffe);
    const refused = { vector: 12, error: 0 };
    expect(guest.exec(0x8b, 0x45, 0x00)).toEqual(refused); // mov eax, [ebp]
    expect(guest.exec(0x8b, 0x04, 0x24)).toEqual(refused); // mov eax, [esp]
    expect(guest.exec(0x36, 0xa1, 0xfe, 0x0f, 0, 0)).toEqual(refused);
    expect(guest.exec(0x58)).toEqual(refused);
    expect(guest.exec(0x3e, 0x8b, 0x45, 0x00)).toBeUndefined(); // ds:
    expect([guest.selector(SS), guest.selector(FS)]).toEqual([FREE, 0x10]);
  });
});

describe("a null selector", () => {
  it("in DS, ES, FS or GS makes every access #GP(0), whatever its offset", () => {
    for (const [n, prefix] of [
      [0, 0x26],
      [3, 0x3e],
      [4, 0x64],
      [5, 0x65],
    ]) {
      const guest = new SystemGuest().protectedMode();
      guest.exec(0x8e, 0xc0 | (n << 3)); // mov seg, ax: 0
      for (const offset of [0, 0x4_0000, 0xffff_fff0]) {
        guest.set(EBX, offset);
        expect(guest.exec(prefix, 0x8b, 0x03)).toEqual({ vector: 13, error: 0 });
        expect(guest.exec(prefix, 0x89, 0x03)).toEqual({ vector: 13, error: 0 });
      }
    }
  });
});
