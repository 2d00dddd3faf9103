import * as arena from "../arena.js";
import { anyDescriptor, anyMode, anySelector, SLOTS, systemSegment } from "./choice.js";
import { Draft, EAX, EBX, ECX, EDX, type Family, IF, iopl } from "./draft.js";

/** MOV to and from CR0-CR4, LMSW, SMSW, CLTS, with legal and illegal values (SDM vol. 3, 2.5; vol. 2, MOV CRn). */
export const controlRegisters: Family = {
  name: "control",
  generate(random) {
    const d = new Draft("control", random, random.oneIn(3) ? anyMode(random) : { ring: 0, bits: random.oneIn(4) ? 16 : 32 });
    if (random.oneIn(3) && d.bits === 32) d.paging(random.oneIn(2) ? "32" : "pae");
    const pe = d.mode === "real" ? 0 : 1;
    for (let i = 0; i < 2; i++) {
      switch (random.below(6)) {
        case 0: {
          // Never out of protected mode while paging is on, nor into it: that would be another program.
          const paging = random.oneIn(8) ? 0x8000_0000 : d.cr0 & 0x8000_0000;
          const value = (random.word() & 0x7fff_fffe) | pe | paging;
          d.cr3 ||= arena.PAGE_DIRECTORY;
          d.mov(EAX, value).op(`mov cr0, eax`, 0x0f, 0x22, 0xc0);
          break;
        }
        case 1: {
          const n = random.pick([1, 2, 4, 4, 4, 5, 7]);
          const kept = d.cr4 & 0x30;
          const value = n === 4 ? kept | (random.word() & 0x7cf) : random.word();
          if (n !== 2 && n !== 4 && !random.oneIn(4)) break;
          d.mov(EAX, value).op(`mov cr${n}, eax`, 0x0f, 0x22, 0xc0 | (n << 3));
          break;
        }
        case 2: {
          const n = random.pick([0, 1, 2, 3, 4, 6]);
          d.op(`mov ebx, cr${n}`, 0x0f, 0x20, 0xc0 | (n << 3) | EBX);
          break;
        }
        case 3:
          d.mov(EAX, (random.word() & 0xfffe) | pe).op("lmsw ax", 0x0f, 0x01, 0xf0);
          break;
        case 4:
          if (random.oneIn(2)) d.op32("smsw ecx", 0x0f, 0x01, 0xe0 | ECX);
          else d.op16("smsw cx", 0x0f, 0x01, 0xe0 | ECX);
          break;
        default:
          d.cr0 |= random.oneIn(2) ? 8 : 0;
          d.op("clts", 0x0f, 0x06);
      }
    }
    return d.done();
  },
};

/** LGDT, LIDT, LLDT, LTR, and their stores, in every ring and mode (SDM vol. 3, 2.4; vol. 2). */
export const descriptorTables: Family = {
  name: "tables",
  generate(random) {
    const d = new Draft("tables", random, anyMode(random));
    for (const slot of SLOTS) d.describe(slot, random.oneIn(3) ? anyDescriptor(random) : systemSegment(random));
    const place = d.offset(arena.DATA + 0x40);
    const selector = random.oneIn(3) ? anySelector(random) : random.pick([SLOTS[0], SLOTS[1], arena.TSS_B_SELECTOR, arena.LDT_SELECTOR, 0]);
    switch (random.below(7)) {
      case 0:
        // The same table, longer or shorter; its old self is below 16 MiB, so that 16-bit operands do as well.
        d.put16(arena.DATA + 0x40, random.pick([0x1ff, 0x1fe, 0xffff]), arena.GDT & 0xffff, (arena.GDT >> 16) | (random.word() & 0xff00));
        if (random.oneIn(2)) d.op("(o16)", 0x66);
        else d.put16(arena.DATA + 0x44, arena.GDT >> 16);
        d.at("lgdt @", [0x0f, 0x01], 2, place);
        break;
      case 1:
        if (d.mode === "real") d.put16(arena.DATA + 0x40, random.pick([0x3ff, 0xffff]), 0, 0);
        else d.put16(arena.DATA + 0x40, random.pick([0x7ff, 0xffff]), arena.IDT & 0xffff, arena.IDT >> 16);
        d.at("lidt @", [0x0f, 0x01], 3, place);
        break;
      case 2:
        d.mov(EAX, selector).op(`lldt ax (${selector.toString(16)})`, 0x0f, 0x00, 0xd0);
        break;
      case 3:
        d.mov(EAX, selector).op(`ltr ax (${selector.toString(16)})`, 0x0f, 0x00, 0xd8);
        break;
      case 4:
        if (random.oneIn(3)) d.op("(other size)", 0x66);
        d.at("sgdt @", [0x0f, 0x01], 0, place);
        break;
      case 5:
        if (random.oneIn(3)) d.op("(other size)", 0x66);
        d.at("sidt @", [0x0f, 0x01], 1, place);
        break;
      default:
        d.op32("sldt ebx", 0x0f, 0x00, 0xc0 | EBX)
          .op32("str ecx", 0x0f, 0x00, 0xc8 | ECX)
          .op16("str dx", 0x0f, 0x00, 0xc8 | EDX);
    }
    return d.done();
  },
};

/** RDMSR and WRMSR; SYSENTER and SYSEXIT (SDM vol. 4; vol. 3, 5.8.7). */
export const modelSpecific: Family = {
  name: "msr",
  generate(random) {
    const d = new Draft("msr", random, random.oneIn(3) ? anyMode(random) : { ring: random.pick([0, 3]), bits: random.oneIn(4) ? 16 : 32 });
    const cs = random.pick([0x08, 0x08, 0x0b, 0, 2, 0x23]);
    d.sysenter = [cs, arena.STACKS[0], arena.CODE + 0x800];
    d.eflags = 2 | IF | iopl(random.below(4));
    switch (random.below(4)) {
      case 0:
        d.mov(ECX, random.pick([0x174, 0x175, 0x176, 0xdead]))
          .mov(EAX, random.word())
          .mov(EDX, 0)
          .op("wrmsr", 0x0f, 0x30);
        break;
      case 1:
        d.mov(ECX, random.pick([0x174, 0x175, 0x176, 0xdead])).op("rdmsr", 0x0f, 0x32);
        break;
      case 2:
        d.op("sysenter", 0x0f, 0x34);
        break;
      default:
        // SYSEXIT finds its segments behind SYSENTER_CS: the ring 3 ones of the fixture are at 80h.
        d.sysenter[0] = random.pick([arena.code32(3) - 16 - 3, 0, 3, 0x1000]);
        d.mov(EDX, arena.CODE + 0x800)
          .mov(ECX, arena.STACKS[3])
          .op("sysexit", 0x0f, 0x35);
    }
    return d.done();
  },
};

/** I/O ports that nobody has, by IOPL and the bitmap (SDM vol. 1, 18.5). */
export const inputOutput: Family = {
  name: "io",
  generate(random) {
    const d = new Draft("io", random, anyMode(random));
    d.eflags = 2 | iopl(random.below(4));
    const port = 0x300 + random.below(0x18);
    d.putBytes(arena.TSS + arena.IO_MAP + 0x60, ...[0, 1, 2, 3].map(() => random.word() & random.word() & 0xff));
    if (random.oneIn(6)) d.put(arena.TSS + 0x64, random.pick([0xffff, arena.TSS_LIMIT, arena.IO_MAP - 0x40, 0x67]) << 16);
    if (random.oneIn(6))
      d.describe(arena.TSS_SELECTOR, arena.descriptor(arena.TSS, random.pick([0x67, 0x66, 0xe8, 0xe9, 0xea]), arena.Access.tss32));
    d.gpr[EDX] = port;
    d.gpr[6] = d.gpr[7] = d.offset(arena.DATA + 0x100);
    d.gpr[ECX] = random.pick([0, 1, 3]);
    if (random.oneIn(2)) d.eflags |= 0x400;
    const out = random.oneIn(2);
    switch (random.below(4)) {
      case 0:
        d.op(out ? "out dx, al" : "in al, dx", out ? 0xee : 0xec);
        break;
      case 1:
        d.op32(out ? "out dx, eax" : "in eax, dx", out ? 0xef : 0xed);
        break;
      case 2:
        d.op16(out ? "out dx, ax" : "in ax, dx", out ? 0xef : 0xed);
        break;
      default: {
        const wide = random.below(2);
        const rep = random.oneIn(2);
        d.op(`${rep ? "rep " : ""}${out ? "outs" : "ins"}${wide ? "w/d" : "b"}`, ...(rep ? [0xf3] : []), (out ? 0x6e : 0x6c) | wide);
      }
    }
    return d.done();
  },
};
