import type { Random } from "../../isa/random.js";
import * as arena from "../arena.js";
import type { Case, Entry, Instruction } from "../case.js";
import { ARENA } from "../layout.js";
import { type Piece, words } from "../monitor/program.js";

/** Register numbers, as ModRM has them. */
export const EAX = 0;
export const ECX = 1;
export const EDX = 2;
export const EBX = 3;
export const EBP = 5;
export const ESI = 6;
export const EDI = 7;
export const REGISTERS = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"] as const;
export const SREGS = ["es", "cs", "ss", "ds", "fs", "gs"] as const;

/** EFLAGS bits. */
export const TF = 0x100;
export const IF = 0x200;
export const DF = 0x400;
export const iopl = (level: number): number => level << 12;
export const NT = 0x4000;
export const RF = 0x1_0000;
export const VM = 0x2_0000;
export const AC = 0x4_0000;
export const VIF = 0x8_0000;
export const VIP = 0x10_0000;

/** How a case's processor starts: level and size of its code segment, or one of the 8086 modes. */
export type Mode = { readonly ring: number; readonly bits: 16 | 32 } | "virtual8086" | "real";

export const CR0_PLAIN = 0x33; // PE MP ET NE
const CR0_PG = 0x8000_0000;
const CR4_PLAIN = 0x600; // OSFXSR OSXMMEXCPT

/** A case being made. Instructions are appended in the code's own size; `op32` and `op16` ask for an operand size. */
export class Draft {
  readonly #instructions: Instruction[] = [];
  readonly #patches: Piece[] = [];
  readonly bits: 16 | 32;
  readonly ring: number;
  readonly entry: Entry;
  cs: number;
  eip: number;
  eflags = 2;
  ss: number;
  esp: number;
  gpr = [0x1111_1111, 0x2222_2222, 0x3333_3333, 0x4444_4444, 0, 0x5555_5555, 0x6666_6666, 0x7777_7777];
  segments: number[];
  cr0 = CR0_PLAIN;
  cr3 = 0;
  cr4 = CR4_PLAIN;
  debug = [0, 0, 0, 0, 0xffff_0ff0, 0x400];
  gdtr: [number, number] = [8 * arena.GDT_ENTRIES - 1, arena.GDT];
  idtr: [number, number] = [0x7ff, arena.IDT];
  ldtr: number = arena.LDT_SELECTOR;
  tr: number = arena.TSS_SELECTOR;
  sysenter = [0, 0, 0];

  constructor(
    readonly family: string,
    readonly random: Random,
    readonly mode: Mode,
  ) {
    if (typeof mode === "string") {
      this.bits = 16;
      this.ring = mode === "real" ? 0 : 3;
      this.entry = mode;
      this.cs = arena.SEGMENT;
      this.eip = arena.CODE - ARENA;
      this.ss = arena.SEGMENT;
      this.esp = arena.STACKS[3] - ARENA;
      this.segments = [arena.SEGMENT, arena.SEGMENT, arena.SEGMENT, arena.SEGMENT];
      if (mode === "real") {
        this.cr0 &= ~1;
        this.idtr = [0x3ff, 0];
      }
      return;
    }
    const { ring, bits } = mode;
    this.bits = bits;
    this.ring = ring;
    this.entry = "protected";
    this.cs = bits === 32 ? arena.code32(ring) : arena.code16(ring);
    this.ss = bits === 32 ? arena.data32(ring) : arena.data16(ring);
    this.eip = arena.CODE - this.base;
    this.esp = arena.STACKS[ring] - this.base;
    this.segments = [this.ss, this.ss, this.ss, this.ss];
  }

  /** Base of the segments that the case starts with. */
  get base(): number {
    return this.bits === 32 ? 0 : ARENA;
  }
  /** Offset of a place in the arena, in those segments. */
  offset(address: number): number {
    return address - this.base;
  }

  op(text: string, ...bytes: number[]): this {
    this.#instructions.push({ text, bytes });
    return this;
  }
  op32(text: string, ...bytes: number[]): this {
    return this.bits === 32 ? this.op(text, ...bytes) : this.op(text, 0x66, ...bytes);
  }
  op16(text: string, ...bytes: number[]): this {
    return this.bits === 16 ? this.op(text, ...bytes) : this.op(text, 0x66, ...bytes);
  }
  /** With an operand at an address: a displacement of 16 or 32 bits, as the code's size has it. */
  at(text: string, opcode: readonly number[], reg: number, offset: number): this {
    const modrm = (reg << 3) | (this.bits === 32 ? 5 : 6);
    const displacement = this.bits === 32 ? dword(offset) : dword(offset).slice(0, 2);
    return this.op(text.replace("@", `[${offset.toString(16)}]`), ...opcode, modrm, ...displacement);
  }
  mov(reg: number, value: number): this {
    return this.op32(`mov ${REGISTERS[reg]}, ${(value >>> 0).toString(16)}`, 0xb8 | reg, ...dword(value));
  }

  put(address: number, ...dwords: number[]): this {
    this.#patches.push({ address, bytes: words(dwords.map((value) => value >>> 0)) });
    return this;
  }
  put16(address: number, ...values: number[]): this {
    this.#patches.push({ address, bytes: Uint8Array.from(values.flatMap((value) => [value & 0xff, (value >> 8) & 0xff])) });
    return this;
  }
  putBytes(address: number, ...bytes: number[]): this {
    this.#patches.push({ address, bytes: Uint8Array.from(bytes) });
    return this;
  }
  /** Puts a descriptor where the selector says, in the GDT or the LDT. */
  describe(selector: number, dwords: arena.Dwords): this {
    return this.put((selector & 4 ? arena.LDT : arena.GDT) + (selector & ~7), ...dwords);
  }
  gate(vector: number, dwords: arena.Dwords): this {
    return this.put(arena.IDT + 8 * vector, ...dwords);
  }
  /** Puts dwords, or words, on the stack that the case starts with. */
  push32(...dwords: number[]): this {
    this.esp -= 4 * dwords.length;
    return this.put(this.stackAddress, ...dwords);
  }
  push16(...values: number[]): this {
    this.esp -= 2 * values.length;
    return this.put16(this.stackAddress, ...values);
  }
  get stackAddress(): number {
    return this.base + this.esp;
  }

  paging(kind: "32" | "pae"): this {
    this.cr0 = (this.cr0 | CR0_PG) >>> 0;
    this.cr3 = kind === "pae" ? arena.PAE_POINTERS : arena.PAGE_DIRECTORY;
    if (kind === "pae") this.cr4 |= 0x20;
    return this;
  }

  /** The case; its code ends with INT3, as whatever lies behind it does. */
  done(): Case {
    const code = Uint8Array.from(this.#instructions.flatMap(({ bytes }) => bytes));
    const title = this.#instructions.map(({ text }) => text).join("; ");
    const { family, entry, cs, eip, eflags, ss, esp, gpr, segments, cr0, cr3, cr4, debug, gdtr, idtr, ldtr, tr, sysenter } = this;
    const state = { entry, cs, eip, eflags, ss, esp, gpr, segments, cr0, cr3, cr4, debug, gdtr, idtr, ldtr, tr, sysenter };
    return { family, title, instructions: this.#instructions, ...state, patches: [...this.#patches, { address: arena.CODE, bytes: code }] };
  }
}

export const dword = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
export const halfword = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff];

/** A family makes cases without end. */
export interface Family {
  readonly name: string;
  generate(random: Random): Case;
}
