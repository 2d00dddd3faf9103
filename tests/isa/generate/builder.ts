import { newBytes, newWords } from "../arena.js";
import type { Case, Instruction } from "../case.js";
import { type Form, type Operand, widthOf } from "../forms/form.js";
import { CODE, CODE_LIMIT, CROSSING_WINDOW, EDGE_WINDOW, PAGE, WINDOW } from "../layout.js";
import type { Random } from "../random.js";
import { flagRules, undefinedAfter } from "../undefined-flags.js";
import { hasUnspecifiedFields } from "../unspecified.js";
import { encodeAddress, encodeOffset, pushLittle } from "./addressing.js";
import { defaultFx } from "./fx.js";
import { CaseRegisters, SP } from "./registers.js";
import { address, interestingImmediate, interestingWord, randomFlags, randomPlace } from "./values.js";

/** With 16 bits and a count above 16 their result is undefined, not only its flags. */
const DOUBLE_SHIFTS = new Set(["shld", "shrd"]);

const CX = 1;

/** What the caller wants of an instruction; everything left out is drawn. */
export interface Wish {
  readonly size?: number;
  readonly memory?: boolean;
  readonly address?: number;
  /** Percentage of memory operands that should fault. */
  readonly faults?: number;
  readonly immediate?: number;
  /** The second immediate. */
  readonly selector?: number;
  /** ModRM.rm when it is a register, ModRM.reg when it is an operand. */
  readonly rm?: number;
  readonly reg?: number;
  /** Prefixes beside those that size and address ask for. */
  readonly prefix?: readonly number[];
  /** Whether a register must not be written. */
  readonly keep?: (register: number) => boolean;
  /** Written where the memory operand is, as far as it lies in a window. */
  readonly content?: ArrayLike<number>;
}

/** Builds a case instruction by instruction. */
export class CaseBuilder extends CaseRegisters {
  readonly instructions: Instruction[] = [];
  readonly crossing: Uint8Array;
  readonly edge: Uint8Array;
  eflags: number;
  eip: number;
  fx: Uint8Array = defaultFx;
  readonly #lowPage: boolean;
  /** The last instruction has left memory that isn't compared, and which nothing may read. */
  #sealed = false;
  #kept = { from: 0, to: 0 };
  #undefined = 0;
  #length = 0;

  constructor(random: Random, lowPage: boolean) {
    super(random);
    this.#lowPage = lowPage;
    this.eflags = randomFlags(random);
    this.eip = CODE + 0x100 + random.below(64);
    const windows = newWords((2 * WINDOW) / 4);
    for (let i = 0; i < windows.length; i++) windows[i] = interestingWord(random);
    this.crossing = new Uint8Array(windows.buffer, windows.byteOffset, WINDOW);
    this.edge = new Uint8Array(windows.buffer, windows.byteOffset + WINDOW, WINDOW);
  }

  get length(): number {
    return this.#length;
  }

  /** Flags that are undefined here. */
  get undefinedFlags(): number {
    return this.#undefined;
  }

  /** Puts bytes into the windows, as far as they lie there. */
  poke(at: number, bytes: ArrayLike<number>): void {
    for (let i = 0; i < bytes.length; i++) {
      const a = at + i;
      if (a >= this.#kept.from && a < this.#kept.to) continue;
      if (a >= CROSSING_WINDOW && a < CROSSING_WINDOW + WINDOW) this.crossing[a - CROSSING_WINDOW] = bytes[i];
      if (a >= EDGE_WINDOW && a < EDGE_WINDOW + WINDOW) this.edge[a - EDGE_WINDOW] = bytes[i];
    }
  }

  /**
   * Appends an instruction. Returns false, and appends nothing, if it would read flags that are undefined here, or could read an
   * image with fields that aren't compared, or if the code is full.
   */
  add(form: Form, wish: Wish = {}): boolean {
    const random = this.random;
    const rules = flagRules(form.mnemonic);
    if ((rules.reads & this.#undefined) !== 0) return false;
    if (this.#length + 15 > CODE_LIMIT || this.#sealed) return false;

    const size = wish.size ?? random.pick(form.sizes);
    const prefixes: number[] = [];
    if (form.mandatory !== 0) prefixes.push(form.mandatory);
    if (size === 2) prefixes.push(0x66);
    const opcode = [...form.opcode];
    if (form.opcodeRegister) opcode[opcode.length - 1] |= random.below(8);

    const { rm } = form;
    const memory = rm === undefined ? form.traits.has("memory") : this.#isMemory(rm, wish);
    const tail: number[] = [];
    let destinationIsMemory = false;
    let operandAddress: number | undefined;
    if (form.modrm !== undefined) {
      const reg = form.modrm === "r" ? (wish.reg ?? random.below(8)) : form.modrm;
      if (memory && rm !== undefined) {
        const width = widthOf(rm, size);
        const target = wish.address ?? address(random, randomPlace(random, wish.faults ?? 15), width, this.#wantsAlignment(form, width));
        if (wish.content !== undefined) this.poke(target, wish.content);
        operandAddress = encodeAddress(this, random, this.#lowPage, reg, target, { prefixes, tail });
        destinationIsMemory = form.operands[0] === rm;
      } else {
        tail.push(0xc0 | (reg << 3) | (wish.rm ?? random.below(8)));
      }
    }
    if (form.traits.has("selector")) {
      if (!this.isInitial(SP)) return false;
      operandAddress = (this.register(SP) - (form.mnemonic === "push" ? size : 0)) >>> 0;
      // Two bytes are accessed or four (SDM vol. 3, 22.31.1), and so the next page or not.
      if (size === 4 && operandAddress % PAGE > PAGE - 4) return false;
    }
    const count = this.#shiftCount(form, size, wish);
    if (size === 2 && DOUBLE_SHIFTS.has(form.mnemonic) && (count === undefined || (count & 31) > 16)) return false;
    for (const o of form.operands) {
      if (o.kind === "I") {
        const bytes = o.width === "v" ? size : widthOf(o, size);
        const isSecond = o !== form.operands.find((other) => other.kind === "I");
        const immediateValue = (isSecond ? wish.selector : (wish.immediate ?? count)) ?? interestingImmediate(random, bytes);
        pushLittle(tail, immediateValue, bytes);
      } else if (o.kind === "O") {
        const target = wish.address ?? address(random, randomPlace(random, wish.faults ?? 15), size, false);
        operandAddress = encodeOffset(random, this.#lowPage, target, { prefixes, tail });
      } else if (o.kind === "J") {
        pushLittle(tail, wish.immediate ?? 0, o.width === "b" ? 1 : size === 2 ? 2 : 4);
      }
    }
    if (wish.prefix !== undefined) prefixes.push(...wish.prefix);
    const isLocked = form.traits.has("lock") && destinationIsMemory && random.oneIn(6);
    if (isLocked) prefixes.push(0xf0);
    shuffle(random, prefixes);

    const written = this.#written(form, opcode, tail, memory);
    if (wish.keep !== undefined && written.some(wish.keep)) return false;
    const bytes = [...prefixes, ...opcode, ...tail];
    const undefinedFlags = undefinedAfter(form.mnemonic, count ?? (rules.counts ? undefined : 1), size === 0 ? 4 : size);
    // A repeated string instruction may do nothing at all.
    const definedFlags = form.traits.has("rep") && wish.prefix !== undefined ? 0 : rules.defines;
    this.instructions.push({ form, bytes, size, memory, address: operandAddress, undefinedFlags, definedFlags });
    this.#length += bytes.length;
    this.#sealed = hasUnspecifiedFields(form, size);
    this.#undefined = (this.#undefined & ~definedFlags) | undefinedFlags;
    this.clobber(written);
    return true;
  }

  /** What is poked there now stays. */
  keepBytes(from: number, to: number): void {
    this.#kept = { from, to };
  }

  /** An instruction encoded elsewhere, with nothing undefined about it; it writes no register. */
  append(form: Form, bytes: readonly number[]): void {
    this.instructions.push({ form, bytes, size: 0, memory: true, undefinedFlags: 0, definedFlags: 0 });
    this.#length += bytes.length;
  }

  finish(family: string): Case {
    for (let r = 0; r < 8; r++) this.register(r);
    const code = newBytes(this.#length);
    let at = 0;
    for (const { bytes } of this.instructions) {
      code.set(bytes, at);
      at += bytes.length;
    }
    return {
      family,
      instructions: this.instructions,
      code,
      eip: this.eip,
      eflags: this.eflags,
      gpr: this.gpr,
      fx: this.fx,
      crossing: this.crossing,
      edge: this.edge,
    };
  }

  #isMemory(rm: Operand, wish: Wish): boolean {
    if (rm.kind === "M") return true;
    if (rm.kind === "R" || rm.kind === "N" || rm.kind === "U") return false;
    return wish.memory ?? !this.random.oneIn(2);
  }

  #wantsAlignment(form: Form, width: number): boolean {
    return form.traits.has("a16") ? !this.random.oneIn(10) : width > 1 && this.random.oneIn(3);
  }

  /** Count of a shift as encoded or in CL; undefined where it isn't one, or CL can't be known. */
  #shiftCount(form: Form, size: number, wish: Wish): number | undefined {
    const rule = flagRules(form.mnemonic);
    if (!rule.counts) return undefined;
    const random = this.random;
    if (form.operands.some((o) => o.width === "1")) return 1;
    if (form.operands.some((o) => o.kind === "I")) return wish.immediate ?? shiftCount(random, size);
    if (!this.isInitial(CX)) return undefined;
    if (this.isFree(CX)) this.setRegister(CX, ((interestingWord(random) & ~0xff) | shiftCount(random, size)) >>> 0);
    return this.gpr[CX] & 0xff;
  }

  /** General registers that the instruction writes. */
  #written(form: Form, opcode: readonly number[], tail: readonly number[], memory: boolean): readonly number[] {
    const [first] = form.operands;
    if (first === undefined) return form.alsoWrites;
    // AH..BH are halves of EAX..EBX.
    const whole = (register: number) => (first.width === "b" ? register & 3 : register);
    if (first.kind === "G") return [...form.alsoWrites, whole((tail[0] >> 3) & 7)];
    if (form.traits.has("ro")) return form.alsoWrites;
    if (first.kind === "Z") return [...form.alsoWrites, whole(opcode[opcode.length - 1] & 7)];
    if ((first.kind === "E" || first.kind === "R") && !memory) return [...form.alsoWrites, whole(tail[0] & 7)];
    return form.alsoWrites;
  }
}

/** Counts around 0, 1, the width and 32. */
function shiftCount(random: Random, size: number): number {
  switch (random.below(8)) {
    case 0:
      return 0;
    case 1:
    case 2:
      return 1;
    case 3:
      return random.below(8 * size + 1);
    case 4:
      return random.below(32);
    case 5:
      return random.below(256);
    case 6:
      return 31 + random.below(3);
    default:
      return 8 * size - random.below(2);
  }
}

function shuffle(random: Random, items: number[]): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
}
