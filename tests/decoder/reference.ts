import {
  type Code,
  CodeExt,
  CpuidFeature,
  Decoder,
  DecoderOptions,
  Instruction,
  OpCodeOperandKind as Kind,
  MemorySizeExt,
  Mnemonic,
  OpKind,
  Register,
} from "iced-x86";
import { type Description, INVALID } from "./description.js";
import * as operand from "./operand.js";

/** Per opcode, since asking costs more than decoding. */
interface Opcode {
  readonly mnemonics: readonly [string];
  readonly kinds: readonly Kind[];
  /** CPUID features that it belongs to. */
  readonly features: readonly string[];
}

export interface Reference extends Description {
  /** CPUID features that the instruction belongs to. */
  readonly features: readonly string[];
}

const opcodes = new Map<Code, Opcode>();
const instruction = new Instruction();

/** The independent decoder: iced, which knows every extension that there is. Decodes at any place of `bytes`. */
export class ReferenceDecoder {
  readonly #decoder: Decoder;

  constructor(bytes: Uint8Array, code32: boolean) {
    this.#decoder = new Decoder(code32 ? 32 : 16, bytes, DecoderOptions.None);
  }

  /** What iced makes of the bytes at `start`. */
  describe(start: number): Reference {
    this.#decoder.position = start;
    this.#decoder.decodeOut(instruction);
    if (instruction.isInvalid) return { ...INVALID, features: [] };
    const { mnemonics, kinds, features } = this.#opcode(instruction.code);
    const operands: string[] = [];
    const implied: string[] = [];
    for (let i = 0; i < kinds.length; i++) pushOperand(operands, implied, kinds[i], i);
    // The manual's order of implied memory is of no matter: source first.
    implied.sort((a, b) => Number(b.startsWith("s")) - Number(a.startsWith("s")));
    const repeat = !instruction.isStringInstruction ? "" : instruction.hasRepePrefix ? "rep" : instruction.hasRepnePrefix ? "repne" : "";
    const named = [...operands, ...implied.map((text) => text.slice(2))];
    return { valid: true, length: instruction.length, mnemonics, operands: named, repeat, features };
  }

  free(): void {
    this.#decoder.free();
  }

  #opcode(code: Code): Opcode {
    const known = opcodes.get(code);
    if (known) return known;
    const info = CodeExt.opCode(code);
    const made: Opcode = {
      mnemonics: [Mnemonic[info.mnemonic].toLowerCase()],
      kinds: Array.from({ length: info.opCount }, (_, i) => info.opKind(i)),
      features: Array.from(instruction.cpuidFeatures(), (feature) => CpuidFeature[feature]),
    };
    info.free();
    opcodes.set(code, made);
    return made;
  }
}

function pushOperand(explicit: string[], implied: string[], kind: Kind, i: number): void {
  switch (kind) {
    case Kind.imm8_const_1:
    case Kind.al:
    case Kind.cl:
    case Kind.ax:
    case Kind.dx:
    case Kind.eax:
    case Kind.es:
    case Kind.cs:
    case Kind.ss:
    case Kind.ds:
    case Kind.fs:
    case Kind.gs:
    case Kind.st0:
      return;
    case Kind.seg_rSI:
    case Kind.seg_rDI:
    case Kind.seg_rBX_al:
      implied.push(`s ${operand.impliedSource(segmentOf(), impliedAddressSize(i))}`);
      return;
    case Kind.es_rDI:
      implied.push(`d ${operand.impliedDestination(impliedAddressSize(i))}`);
      return;
    default:
      explicit.push(explicitOperand(i));
  }
}

function explicitOperand(i: number): string {
  const kind = instruction.opKind(i);
  switch (kind) {
    case OpKind.Register:
      return registerText(instruction.opRegister(i));
    case OpKind.Memory:
      return memory();
    case OpKind.NearBranch16:
      return operand.relative(instruction.nearBranch16 - instruction.nextIP16, 2);
    case OpKind.NearBranch32:
      return operand.relative(instruction.nearBranch32 - instruction.nextIP32, 4);
    case OpKind.FarBranch16:
      return operand.farPointer(instruction.farBranchSelector, instruction.farBranch16, 2);
    case OpKind.FarBranch32:
      return operand.farPointer(instruction.farBranchSelector, instruction.farBranch32, 4);
    case OpKind.Immediate8:
      return operand.immediate(instruction.immediate8, 1);
    case OpKind.Immediate8_2nd:
      return operand.immediate(instruction.immediate8_2nd, 1);
    case OpKind.Immediate16:
      return operand.immediate(instruction.immediate16, 2);
    case OpKind.Immediate32:
      return operand.immediate(instruction.immediate32, 4);
    case OpKind.Immediate8to16:
      return operand.immediate(instruction.immediate8to16, 2);
    case OpKind.Immediate8to32:
      return operand.immediate(instruction.immediate8to32, 4);
    default:
      return OpKind[kind];
  }
}

/** Register files of the class by their first register, in the numbering of ModRM. */
const FILES: readonly (readonly [file: string, first: Register, count: number])[] = [
  ["r8", Register.AL, 8],
  ["r16", Register.AX, 8],
  ["r32", Register.EAX, 8],
  ["sr", Register.ES, 6],
  ["cr", Register.CR0, 8],
  ["dr", Register.DR0, 8],
  ["mm", Register.MM0, 8],
  ["xmm", Register.XMM0, 8],
  ["st", Register.ST0, 8],
];

function registerText(register: Register): string {
  for (const [file, first, count] of FILES)
    if (register >= first && register < first + count) return operand.register(file, register - first);
  return Register[register];
}

function memory(): string {
  const base = instruction.memoryBase;
  const index = instruction.memoryIndex;
  const addressSize = addressSizeOf(base) || addressSizeOf(index) || instruction.memoryDisplSize;
  return operand.memory(
    MemorySizeExt.size(instruction.memorySize),
    addressSize,
    segmentOf(),
    numberOf(base),
    numberOf(index),
    Math.log2(instruction.memoryIndexScale),
    Number(BigInt.asIntN(32, instruction.memoryDisplacement)),
  );
}

const segmentOf = (): number => instruction.memorySegment - Register.ES;

function addressSizeOf(register: Register): number {
  if (register === Register.None) return 0;
  return register >= Register.EAX ? 4 : 2;
}
function numberOf(register: Register): number {
  if (register === Register.None) return -1;
  return register - (register >= Register.EAX ? Register.EAX : Register.AX);
}

function impliedAddressSize(i: number): number {
  switch (instruction.opKind(i)) {
    case OpKind.MemorySegSI:
    case OpKind.MemorySegDI:
    case OpKind.MemoryESDI:
      return 2;
    case OpKind.Memory:
      return addressSizeOf(instruction.memoryBase);
    default:
      return 4;
  }
}
