import { DS, SS } from "../cpu/layout.js";
import { type Entry, Takes } from "./entry.js";
import { invalid, Mandatory, type Node, oneByte, tooLong, twoByte, x87Memory, x87Register } from "./opcode-map.js";

/** Longest instruction that executes; a longer one is #GP(0) (SDM vol. 2, 2.3.11). */
export const MAX_LENGTH = 15;

/** What `decode` says besides a length. */
export const NEEDS_MORE = -1;

const NONE = -1;

/**
 * Takes one instruction apart. The fields describe the instruction last decoded; one object is reused, since a boot decodes hundreds of thousands.
 * Registers are numbers 0-7, -1 for none.
 */
export class Decoder {
  entry: Entry = invalid;
  /** Operand size that the form is for: 0, 1, 2, 4, 8, 16. */
  size = 0;
  length = 0;
  operandSize: 2 | 4 = 4;
  addressSize: 2 | 4 = 4;
  /** Whether `rm` is memory. */
  memory = false;
  rm = 0;
  reg = 0;
  base = NONE;
  index = NONE;
  /** Shift count of the index, 0 to 3. */
  scale = 0;
  displacement = 0;
  /** Segment register number of the memory operand or string source. */
  segment = DS;
  immediate = 0;
  /** Selector of a far pointer, level of ENTER. */
  immediate2 = 0;
  /** 0, 0xf2 or 0xf3. */
  rep = 0;
  lock = false;
  /** ModRM byte, 0 where there is none; for the x87 opcode register and disassembly. */
  modrm = 0;
  opcode = 0;

  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private end = 0;
  private short = false;

  private next(): number {
    if (this.at >= this.end) {
      this.short = true;
      return 0;
    }
    return this.bytes[this.at++];
  }
  private next16(): number {
    const low = this.next();
    return low | (this.next() << 8);
  }
  private next32(): number {
    const low = this.next16();
    return low | (this.next16() << 16);
  }

  /**
   * Decodes the instruction at `bytes[start]`, reading no byte at or beyond `end`.
   * @returns its length, or NEEDS_MORE when it goes on beyond `end` (fields are then meaningless).
   */
  decode(bytes: Uint8Array, start: number, end: number, code32: boolean): number {
    this.bytes = bytes;
    this.at = start;
    this.end = Math.min(end, start + MAX_LENGTH);
    this.short = false;
    this.lock = false;
    this.rep = 0;
    this.memory = false;
    this.modrm = 0;
    this.rm = 0;
    this.reg = 0;
    this.base = NONE;
    this.index = NONE;
    this.scale = 0;
    this.displacement = 0;
    this.immediate = 0;
    this.immediate2 = 0;
    let operand16 = !code32;
    let address16 = !code32;
    let override = NONE;
    let has66 = false;
    let opcode: number;
    prefixes: for (;;) {
      opcode = this.next();
      switch (opcode) {
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
          override = (opcode >> 3) & 3;
          break;
        case 0x64:
        case 0x65:
          override = opcode & 7;
          break;
        case 0x66:
          operand16 = code32;
          has66 = true;
          break;
        case 0x67:
          address16 = code32;
          break;
        case 0xf0:
          this.lock = true;
          break;
        case 0xf2:
        case 0xf3:
          this.rep = opcode;
          break;
        default:
          break prefixes;
      }
      if (this.short) break;
    }
    this.operandSize = operand16 ? 2 : 4;
    this.addressSize = address16 ? 2 : 4;
    this.segment = override === NONE ? DS : override;
    if (!this.short) this.instruction(opcode, has66, override);
    if (this.short) {
      if (this.at - start < MAX_LENGTH) return NEEDS_MORE;
      this.fail(tooLong);
    }
    this.length = this.at - start;
    return this.length;
  }

  private instruction(first: number, has66: boolean, override: number): void {
    let opcode = first;
    let found: Node;
    let modrm = NONE;
    if (opcode === 0x0f) {
      opcode = this.next();
      // F2 and F3 select before 66 does.
      const mandatory = this.rep === 0xf3 ? Mandatory.xf3 : this.rep === 0xf2 ? Mandatory.xf2 : has66 ? Mandatory.x66 : Mandatory.none;
      found = twoByte[mandatory][opcode];
      this.opcode = 0x0f00 | opcode;
    } else if (opcode >= 0xd8 && opcode <= 0xdf) {
      modrm = this.next();
      found = modrm >= 0xc0 ? x87Register[opcode - 0xd8][modrm & 63] : x87Memory[opcode - 0xd8][(modrm >> 3) & 7];
      this.opcode = opcode;
    } else {
      found = oneByte[opcode];
      this.opcode = opcode;
    }
    if (found && !("name" in found)) {
      if (modrm === NONE) modrm = this.next();
      found = found[(modrm >> 3) & 7];
    }
    if (!found || !("name" in found)) {
      this.fail();
      return;
    }
    let entry: Entry = found;
    if (entry.repeated && this.rep) entry = this.rep === 0xf3 ? entry.repeated.f3 : entry.repeated.f2;
    this.entry = entry;
    this.size = entry.sizes.length > 1 ? this.operandSize : entry.sizes[0];
    if (entry.hasModRM || modrm !== NONE) {
      if (modrm === NONE) modrm = this.next();
      this.modrm = modrm;
      this.reg = (modrm >> 3) & 7;
      this.rm = modrm & 7;
      if (modrm < 0xc0 && entry.operands[0] !== "Rx" && entry.operands[1] !== "Rx") this.address(modrm, override);
      if (this.memory ? !entry.allowsMemory : !entry.allowsRegister) {
        this.fail();
        return;
      }
    } else {
      this.rm = opcode & 7;
    }
    for (const what of entry.takes) this.take(what);
    if (this.lock && !(entry.lockable && this.memory)) this.fail();
  }

  private fail(entry: Entry = invalid): void {
    this.entry = entry;
    this.size = 0;
    this.memory = false;
  }

  /** ModRM and SIB (SDM vol. 2, tables 2-1 to 2-3). */
  private address(modrm: number, override: number): void {
    const mod = modrm >> 6;
    const rm = modrm & 7;
    this.memory = true;
    if (this.addressSize === 2) {
      const bases = [3, 3, 5, 5, 6, 7, 5, 3];
      const indexes = [6, 7, 6, 7, NONE, NONE, NONE, NONE];
      if (mod === 0 && rm === 6) {
        this.displacement = this.next16();
        return;
      }
      this.base = bases[rm];
      this.index = indexes[rm];
      if (mod === 1) this.displacement = (this.next() << 24) >> 24;
      else if (mod === 2) this.displacement = this.next16();
      if (this.base === 5 && override === NONE) this.segment = SS;
      return;
    }
    let base = rm;
    if (rm === 4) {
      const sib = this.next();
      this.scale = sib >> 6;
      const index = (sib >> 3) & 7;
      if (index !== 4) this.index = index;
      base = sib & 7;
    }
    if (base === 5 && mod === 0) {
      this.displacement = this.next32();
      return;
    }
    this.base = base;
    if (mod === 1) this.displacement = (this.next() << 24) >> 24;
    else if (mod === 2) this.displacement = this.next32();
    if ((base === 4 || base === 5) && override === NONE) this.segment = SS;
  }

  private take(what: Takes): void {
    switch (what) {
      case Takes.I:
        this.immediate = this.size === 1 ? this.next() : this.size === 2 ? this.next16() : this.next32();
        break;
      case Takes.J:
        this.immediate = this.size === 2 ? (this.next16() << 16) >> 16 : this.next32();
        break;
      case Takes.signedByte:
        this.immediate = (this.next() << 24) >> 24;
        break;
      case Takes.byte:
        this.immediate = this.next();
        break;
      case Takes.word:
        this.immediate = this.next16();
        break;
      case Takes.one:
        this.immediate = 1;
        break;
      case Takes.offset:
        this.memory = true;
        this.displacement = this.addressSize === 2 ? this.next16() : this.next32();
        break;
      case Takes.farPointer:
        this.immediate = this.size === 2 ? this.next16() : this.next32();
        this.immediate2 = this.next16();
        break;
      case Takes.enter:
        this.immediate = this.next16();
        this.immediate2 = this.next();
        break;
      case Takes.accumulator:
        this.rm = 0;
        break;
      case Takes.segment:
        // There are six segment registers.
        if (this.reg > 5) this.fail();
        break;
    }
  }
}
