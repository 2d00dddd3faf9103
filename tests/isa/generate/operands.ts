/** Operands that make integer instructions do something worth looking at: dividends that fit, selectors that load, stacks that hold flags. */
import { CROSSING_WINDOW, EDGE_WINDOW, HOST_CS, LOW, PAGE, USER_CS, USER_DS, WINDOW } from "../layout.js";
import type { Random } from "../random.js";
import type { CaseBuilder, Wish } from "./builder.js";
import type { Variant } from "./families.js";
import { address, interestingWord, randomPlace } from "./values.js";

const AX = 0;
const CX = 1;
const DX = 2;
const BX = 3;
const SP = 4;
const BP = 5;
const SI = 6;
const DI = 7;

const POP_SS = 0x17;
const REPNE = 0xf2;
const REP = 0xf3;

/**
 * Those that load, null, RPL 0; the kernel's, the LDT's, the TSS, an empty TLS slot, beyond the table. Not null with an RPL: an interrupt of
 * the host, on its way back, makes 0 of it.
 */
const SELECTORS = [USER_DS, USER_DS, USER_DS, USER_CS, 0, 0, 0x28, HOST_CS, 0x20, 0x10, 0x18, 0x07, 0x40, 0x63, 0xfff0, 0xff83];

/** SS takes one only. */
const STACK_SELECTORS = [...new Array(8).fill(USER_DS), ...SELECTORS];

/** 33h is another descriptor on the host, which LAR would show. */
const SHARED_SELECTORS = SELECTORS.filter((selector) => selector !== HOST_CS);

export function addInteger(builder: CaseBuilder, random: Random, variant: Variant, wish: Wish): boolean {
  const { form, size, memory } = variant;
  const prepared = prepare(builder, random, variant, { ...wish, size, memory });
  return prepared !== undefined && builder.add(form, prepared);
}

/** Sets registers and memory up; undefined where this can't be done here. */
function prepare(builder: CaseBuilder, random: Random, variant: Variant, wish: Wish): Wish | undefined {
  const { form, size, memory } = variant;
  const faults = wish.faults ?? 15;
  switch (form.mnemonic) {
    case "div":
    case "idiv":
      if (!random.oneIn(4)) {
        const low = interestingWord(random);
        builder.offer(AX, size === 1 ? (low & 0xffff00ff) | (random.below(4) << 8) : low);
        builder.offer(DX, random.oneIn(2) ? low >> 31 : random.below(8));
      }
      return wish;
    case "bt":
    case "bts":
    case "btr":
    case "btc": {
      const reg = random.below(8);
      if (form.modrm === "r")
        builder.offer(reg, random.oneIn(3) ? random.below(1024) - 512 : random.oneIn(8) ? random.word() : random.below(32));
      return { ...wish, reg };
    }
    case "bsf":
    case "bsr":
      return memory && random.oneIn(4) ? { ...wish, content: [0, 0, 0, 0].map(() => (random.oneIn(3) ? random.below(256) : 0)) } : wish;
    case "xlat": {
      const al = random.below(256);
      const is16 = random.oneIn(16);
      builder.offer(AX, (random.word() & 0xffffff00) | al);
      builder.offer(BX, (is16 ? LOW + random.below(PAGE) : address(random, randomPlace(random, faults), 1, false)) - al);
      const prefix = [...(wish.prefix ?? []), ...(is16 ? [0x67] : []), ...(random.oneIn(12) ? [random.pick([0x26, 0x2e, 0x64])] : [])];
      return prefix.length > 0 ? { ...wish, prefix } : wish;
    }
    case "cmpxchg":
    case "cmpxchg8b": {
      if (random.oneIn(2)) return wish;
      const words = [builder.isInitial(AX) ? builder.register(AX) : 0, builder.isInitial(DX) ? builder.register(DX) : 0];
      const rm = random.below(8);
      builder.offer(rm, words[0]);
      return { ...wish, rm, content: new Uint8Array(Uint32Array.from(words).buffer, 0, form.mnemonic === "cmpxchg" ? 4 : 8) };
    }
    case "movs":
    case "cmps":
    case "stos":
    case "lods":
    case "scas":
      return prepareString(builder, random, wish, size, faults);
    case "aam":
    case "aad":
      return random.oneIn(3) ? { ...wish, immediate: 10 } : wish;
    case "enter":
      if (builder.isFree(BP)) builder.setRegister(BP, stackAddress(random, faults, 64));
      return { ...wish, immediate: undefined };
    case "leave":
      if (builder.isFree(BP)) builder.setRegister(BP, stackAddress(random, faults, size));
      return wish;
    case "popf":
      return preparePopf(builder, random, wish);
    case "pop":
    case "push":
    case "pusha":
    case "popa":
    case "pushf":
    case "ret":
      return prepareStack(builder, random, variant, wish, faults);
    case "mov":
      return form.operands.some((o) => o.kind === "S") ? selectorOperand(builder, random, wish, SELECTORS) : wish;
    case "les":
    case "lds":
    case "lss":
    case "lfs":
    case "lgs": {
      const content = new Uint8Array(6).map(() => random.below(256));
      new DataView(content.buffer).setUint16(size, random.pick(form.mnemonic === "lss" ? STACK_SELECTORS : SELECTORS), true);
      return { ...wish, content };
    }
    case "bound": {
      const content = new Uint8Array(8);
      const view = new DataView(content.buffer);
      // Lower below, upper above zero, most often.
      view.setUint32(0, random.oneIn(3) ? interestingWord(random) : -random.below(0x7fff), true);
      const upper = random.oneIn(3) ? interestingWord(random) : random.below(0x7fff);
      if (size === 2) view.setUint16(2, upper, true);
      else view.setUint32(4, upper, true);
      const reg = random.below(8);
      if (random.oneIn(2) && reg !== SP) builder.offer(reg, random.below(0x8000) - 0x4000);
      return { ...wish, content, reg };
    }
    case "lar":
    case "lsl":
    case "verr":
    case "verw":
    case "lldt":
    case "ltr":
      return selectorOperand(builder, random, wish, SHARED_SELECTORS);
    case "int": {
      // 80h is the kernel's.
      const vector = random.pick([0, 1, 2, 3, 4, 5, 13, 14, 0x20, 0x7f, 0x81, 0xff]);
      return { ...wish, immediate: vector };
    }
    default:
      return wish;
  }
}

function stackAddress(random: Random, faults: number, length: number): number {
  return address(random, randomPlace(random, faults), length, !random.oneIn(4));
}

/** A selector in the register or memory that ModRM names. */
function selectorOperand(builder: CaseBuilder, random: Random, wish: Wish, selectors: readonly number[]): Wish {
  const selector = random.pick(selectors);
  const rm = random.below(8);
  if (rm !== SP && builder.isFree(rm)) builder.setRegister(rm, (random.word() & 0xffff0000) | selector);
  return { ...wish, rm, content: [selector & 0xff, selector >> 8] };
}

function prepareString(builder: CaseBuilder, random: Random, wish: Wish, size: number, faults: number): Wish {
  const prefix = [...(wish.prefix ?? [])];
  const is16 = random.oneIn(16);
  if (is16) prefix.push(0x67);
  if (random.oneIn(12)) prefix.push(random.pick([0x26, 0x2e, 0x36, 0x64]));
  if (!random.oneIn(3)) prefix.push(random.oneIn(3) ? REPNE : REP);
  for (const register of [SI, DI]) {
    if (builder.isFree(register))
      builder.setRegister(
        register,
        is16 && random.oneIn(2)
          ? (random.word() & 0xffff0000) | (0x8000 + random.below(4096))
          : address(random, randomPlace(random, faults), size, random.oneIn(2)),
      );
  }
  if (builder.isFree(CX)) {
    const count = random.pick([0, 1, 2, 3, 4, 7, 8, 16, random.below(24), random.below(200)]);
    builder.setRegister(CX, random.oneIn(24) ? random.word() : is16 ? ((random.word() & 0xffff0000) | count) >>> 0 : count);
  }
  // Equal bytes, or nearly so, keep comparisons going.
  if (random.oneIn(2)) {
    const byte = random.oneIn(2) ? random.below(256) : builder.isInitial(AX) ? builder.register(AX) & 0xff : 0;
    const bytes = new Uint8Array(WINDOW).fill(byte);
    builder.poke(CROSSING_WINDOW, bytes);
    if (random.oneIn(2)) bytes[random.below(WINDOW)] ^= 1 << random.below(8);
    builder.poke(EDGE_WINDOW, bytes);
  }
  return prefix.length === 0 ? wish : { ...wish, prefix };
}

/** TF must not be set, and what is popped is the case's choice otherwise: so the stack lies in a window, or where nothing is. */
function preparePopf(builder: CaseBuilder, random: Random, wish: Wish): Wish | undefined {
  const mayHaveWritten = builder.instructions.some(({ memory, form }) => memory || form.alsoWrites.length > 0);
  if (!builder.isFree(SP) || mayHaveWritten) return undefined;
  if (random.below(100) < (wish.faults ?? 15)) {
    builder.setRegister(SP, EDGE_WINDOW + WINDOW - (wish.size === 2 ? 1 : random.below(4)));
    return wish;
  }
  const at = (random.oneIn(2) ? CROSSING_WINDOW : EDGE_WINDOW) + random.below(WINDOW - 3);
  const flags = random.word() & 0xfffbbeff;
  builder.setRegister(SP, at);
  builder.poke(at, [flags & 0xff, (flags >> 8) & 0xff, (flags >> 16) & 0xff, flags >>> 24]);
  builder.keepBytes(at, at + 4);
  return wish;
}

function prepareStack(builder: CaseBuilder, random: Random, variant: Variant, wish: Wish, faults: number): Wish {
  const { form } = variant;
  if (random.oneIn(2) && builder.isFree(SP)) builder.setRegister(SP, stackAddress(random, faults, 4));
  const opcode = form.opcode[form.opcode.length - 1];
  const isSegment = form.opcode.length === 2 || [0x06, 0x0e, 0x16, 0x1e, 0x07, 0x17, 0x1f].includes(opcode);
  if (!isSegment || !builder.isInitial(SP)) return wish;
  const top = builder.register(SP);
  if (form.mnemonic === "pop") {
    const selector = random.pick(opcode === POP_SS ? STACK_SELECTORS : SELECTORS);
    builder.poke(top, [selector & 0xff, selector >> 8]);
  }
  return wish;
}
