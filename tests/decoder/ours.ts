import { Decoder, NEEDS_MORE } from "../../src/vmm/decode/decoder.js";
import { invalid, tooLong } from "../../src/vmm/decode/opcode-map.js";
import { type Description, INVALID } from "./description.js";
import { mnemonicsOf } from "./mnemonics.js";
import * as operand from "./operand.js";

/** Those whose `size` is not that of the memory operand: far pointers, pairs of bounds, selectors, states, hints, the low half of an MMX operand. */
const OTHER_SIZE_IN_MEMORY = new Set([
  ..."les lds lss lfs lgs callFarMemory jmpFarMemory bound lgdt lidt sgdt sidt fldenv fnstenv frstor fnsave fxsave fxrstor".split(" "),
  ..."cmpxchg8b fbld fbstp fld_m80 fstp_m80 movFromSegment sldt str smsw lar lsl nop lea punpcklbw punpcklwd punpckldq".split(" "),
]);
/** Definitions with memory that no operand names: at DS:SI (with override), and at ES:DI. */
const SOURCE = new Set(["movs", "cmps", "lods", "outs", "xlat", "maskmovq", "maskmovdqu"]);
const DESTINATION = new Set(["ins", "movs", "cmps", "stos", "scas"]);
const STRINGS = new Set(["ins", "outs", "movs", "cmps", "lods", "stos", "scas"]);
/** Their ModRM byte selects them and no more. */
const WITHOUT_OPERANDS = new Set(["lfence", "mfence", "fcompp", "fucompp"]);

const decoder = new Decoder();

/** What the monitor's decoder makes of the 16 bytes at `start`. */
export function describeOurs(bytes: Uint8Array, start: number, code32: boolean): Description {
  const length = decoder.decode(bytes, start, start + 16, code32);
  const { entry, size, addressSize, memory } = decoder;
  if (entry === invalid || entry === tooLong) return INVALID;
  const name = entry.name.replace(/^rep(e|ne)?_/, "");
  const isFence = name === "clflush" && !memory;
  const operands: string[] = [];
  if (!WITHOUT_OPERANDS.has(name) && !isFence) for (const token of entry.operands) pushOperand(operands, token, name);
  if (SOURCE.has(name)) operands.push(operand.impliedSource(decoder.segment, addressSize));
  if (DESTINATION.has(name)) operands.push(operand.impliedDestination(addressSize));
  const repeat = STRINGS.has(name) && decoder.rep ? (decoder.rep === 0xf3 ? "rep" : "repne") : "";
  return { valid: true, length, mnemonics: mnemonicsOf(name, name === "jcxz" ? addressSize : size), operands, repeat };
}

/** Whether the decoder asks for more as long as the instruction is incomplete, and then says the same. */
export function isPrefixFree(bytes: Uint8Array, start: number, length: number, code32: boolean): boolean {
  for (let have = 1; have < length; have++) if (decoder.decode(bytes, start, start + have, code32) !== NEEDS_MORE) return false;
  return decoder.decode(bytes, start, start + length, code32) === length;
}

function pushOperand(into: string[], token: string, name: string): void {
  const { size, rm, reg } = decoder;
  switch (token) {
    case "E":
    case "R":
      into.push(decoder.memory ? memory(size, name) : operand.general(Math.min(size, 4) || 4, rm));
      break;
    case "Eb":
    case "Ew": {
      const bytes = token === "Eb" ? 1 : 2;
      // PINSRW takes the low word of a 32-bit register.
      into.push(decoder.memory ? memory(bytes, name) : operand.general(name === "pinsrw" ? 4 : bytes, rm));
      break;
    }
    case "M":
    case "O":
      into.push(memory(size, name));
      break;
    case "Rx":
      into.push(operand.general(4, rm));
      break;
    case "Z":
      into.push(operand.general(size, rm));
      break;
    case "G":
      into.push(operand.general(Math.min(size, 4), reg));
      break;
    case "S":
      into.push(operand.register("sr", reg));
      break;
    case "C":
      into.push(operand.register("cr", reg));
      break;
    case "D":
      into.push(operand.register("dr", reg));
      break;
    case "V":
      into.push(operand.register("xmm", reg));
      break;
    case "P":
      into.push(operand.register("mm", reg));
      break;
    case "W":
    case "U":
      into.push(decoder.memory ? memory(size, name) : operand.register("xmm", rm));
      break;
    case "Q":
    case "N":
      into.push(decoder.memory ? memory(size, name) : operand.register("mm", rm));
      break;
    case "F":
      into.push(operand.register("st", rm));
      break;
    case "I":
    case "Ib":
      into.push(operand.immediate(decoder.immediate, size));
      break;
    case "Iu":
      into.push(operand.immediate(decoder.immediate, 1));
      break;
    case "Iw":
      into.push(operand.immediate(decoder.immediate, 2));
      break;
    case "J":
    case "Jb":
      into.push(operand.relative(decoder.immediate, size));
      break;
    case "X":
      into.push(operand.farPointer(decoder.immediate2, decoder.immediate, size));
      break;
    case "L":
      into.push(operand.immediate(decoder.immediate, 2), operand.immediate(decoder.immediate2, 1));
      break;
    default:
      // A and 1 are implied.
      break;
  }
}

function memory(size: number, name: string): string {
  const { addressSize, segment, base, index, scale, displacement } = decoder;
  return operand.memory(OTHER_SIZE_IN_MEMORY.has(name) ? 0 : size, addressSize, segment, base, index, scale, displacement);
}
