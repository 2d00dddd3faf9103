/** ModRM, SIB and displacement of a memory operand, in whatever form reaches an address. */
import { LOW, PAGE } from "../layout.js";
import type { Random } from "../random.js";
import { type CaseRegisters, SP } from "./registers.js";

const BP = 5;
const ADDRESS_SIZE = 0x67;
export const SEGMENT_PREFIXES = [0x26, 0x36, 0x3e, 0x2e, 0x64, 0x65];
/** Registers that a 16-bit address is the sum of, by ModRM.rm. */
const COMBINATIONS16 = [[3, 6], [3, 7], [5, 6], [5, 7], [6], [7], [5], [3]];

/** Where an operand is encoded to. */
export interface Encoding {
  readonly prefixes: number[];
  /** What follows the opcode. */
  readonly tail: number[];
}

export function pushLittle(to: number[], value: number, bytes: number): void {
  for (let i = 0; i < bytes; i++) to.push((value >>> (8 * i)) & 0xff);
}

/** Chooses an addressing form and the values of its registers so that the address is `target`, or what 16 bits allow; gives the address. */
export function encodeAddress(
  registers: CaseRegisters,
  random: Random,
  lowPage: boolean,
  reg: number,
  target: number,
  to: Encoding,
): number {
  if (random.oneIn(12)) to.prefixes.push(random.pick(SEGMENT_PREFIXES));
  if (random.oneIn(20)) {
    to.prefixes.push(ADDRESS_SIZE);
    return encodeAddress16(registers, random, reg, address16(random, lowPage, target), to.tail);
  }
  const base = random.oneIn(6) ? -1 : registers.known(0xff);
  const useBase = base >= 0;
  const index = random.oneIn(3) ? registers.known(0xff & ~(1 << SP)) : -1;
  const useIndex = index >= 0;
  const scale = random.below(4);
  let rest = target;
  if (useBase) registers.markPointer(base);
  if (useIndex) {
    registers.markPointer(index);
    if (registers.isFree(index) && index !== base) registers.setRegister(index, random.oneIn(2) ? random.below(64) - 32 : random.word());
    if (index !== base) rest = (rest - (registers.register(index) << scale)) | 0;
  }
  let disp: number;
  if (useBase && registers.isFree(base) && index !== base) {
    const kind = random.below(3);
    disp = kind === 0 ? 0 : kind === 1 ? random.below(256) - 128 : random.word() | 0;
    registers.setRegister(base, (rest - disp) >>> 0);
  } else {
    if (index === base && useBase) rest = (rest - (registers.register(index) << scale)) | 0;
    disp = useBase ? (rest - registers.register(base)) | 0 : rest | 0;
  }

  const needsSib = useIndex || base === SP || (!useBase && random.oneIn(3));
  const mod = !useBase ? 0 : disp === 0 && base !== BP && !random.oneIn(8) ? 0 : disp >= -128 && disp <= 127 && !random.oneIn(8) ? 1 : 2;
  const rm = needsSib ? SP : useBase ? base : BP;
  to.tail.push((mod << 6) | (reg << 3) | rm);
  if (needsSib) to.tail.push((scale << 6) | ((useIndex ? index : SP) << 3) | (useBase ? base : BP));
  if (!useBase || mod === 2) pushLittle(to.tail, disp, 4);
  else if (mod === 1) pushLittle(to.tail, disp, 1);
  return target >>> 0;
}

function encodeAddress16(registers: CaseRegisters, random: Random, reg: number, at: number, tail: number[]): number {
  const usable = [0, 1, 2, 3, 4, 5, 6, 7].filter((rm) => COMBINATIONS16[rm].every((r) => registers.isInitial(r)));
  if (usable.length === 0 || random.oneIn(6)) {
    tail.push((reg << 3) | 6);
    pushLittle(tail, at, 2);
    return at;
  }
  const rm = random.pick(usable);
  for (const r of COMBINATIONS16[rm]) registers.markPointer(r);
  const sum = COMBINATIONS16[rm].reduce((total, r) => total + registers.register(r), 0);
  tail.push(0x80 | (reg << 3) | rm);
  pushLittle(tail, at - sum, 2);
  return at;
}

/** An address that 16 bits reach: in the low page, where there is one, most often. */
function address16(random: Random, lowPage: boolean, target: number): number {
  return lowPage && !random.oneIn(6) ? LOW + random.below(PAGE - 32) : target & 0xffff;
}

/** The address of a form without ModRM (MOV A0 to A3): `target`, or what 16 bits allow; gives it. */
export function encodeOffset(random: Random, lowPage: boolean, target: number, to: Encoding): number {
  if (random.oneIn(12)) to.prefixes.push(random.pick(SEGMENT_PREFIXES));
  const is16 = random.oneIn(20);
  if (is16) to.prefixes.push(ADDRESS_SIZE);
  const at = is16 ? address16(random, lowPage, target) : target;
  pushLittle(to.tail, at, is16 ? 2 : 4);
  return at >>> 0;
}
