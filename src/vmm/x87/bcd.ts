import { type Callout, Outcome } from "../cpu/callout.js";
import { MemoryImage } from "./memory-image.js";
import { bitLength, INDEFINITE, isInfinity, isNan, isNegative, isUnsupported, shiftRounding, toBinary } from "./real.js";
import { Registers, setInstructionPointer } from "./registers.js";
import { BIAS, IE, SIGN } from "./words.js";

/** Packed decimal: 18 digits in 9 bytes, then a byte with the sign. */
const SIZE = 10;
/** Where AC is checked. */
const ALIGNMENT = 8;
const DIGIT_BYTES = 9;
const LIMIT = 10n ** 18n;
const INDEFINITE_BYTES = [0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0xff];

/** Digits above 9 count as what they are. */
export const fbld: Callout = (cpu, insn) => {
  const image = new MemoryImage(cpu, insn);
  if (!image.probe(SIZE, false, ALIGNMENT)) return Outcome.Fault;
  const bytes = Array.from({ length: SIZE }, (_, i) => image.read(i, 1));
  setInstructionPointer(cpu);
  const registers = new Registers(cpu);
  if (registers.valid(-1)) {
    if (registers.stackFault(true)) registers.push(INDEFINITE);
    return Outcome.Next;
  }
  registers.raise(0);
  let n = 0n;
  for (let i = DIGIT_BYTES - 1; i >= 0; i--) n = n * 100n + BigInt((bytes[i] >> 4) * 10 + (bytes[i] & 15));
  const sign = bytes[DIGIT_BYTES] & 0x80 ? SIGN : 0;
  const length = bitLength(n);
  registers.push(n === 0n ? { sig: 0n, se: sign } : { sig: n << BigInt(64 - length), se: sign | (BIAS + length - 1) });
  return Outcome.Next;
};

/** The ten bytes for ST(0), or undefined if an unmasked exception forbids storing. */
function packed(registers: Registers): number[] | undefined {
  const invalid = () => (registers.raise(IE) ? undefined : INDEFINITE_BYTES);
  if (!registers.valid(0)) return registers.stackFault() ? INDEFINITE_BYTES : undefined;
  const a = registers.load(0);
  if (isNan(a) || isUnsupported(a) || isInfinity(a)) return invalid();
  const x = toBinary(a);
  if (x.e >= 0) return invalid();
  const { m, flags } = shiftRounding(x, -x.e, registers.control);
  if (m >= LIMIT) return invalid();
  registers.raise(flags);
  const digits = m.toString().padStart(2 * DIGIT_BYTES, "0");
  const bytes = Array.from({ length: DIGIT_BYTES }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)).reverse();
  return [...bytes, isNegative(a) ? 0x80 : 0];
}

export const fbstp: Callout = (cpu, insn) => {
  const image = new MemoryImage(cpu, insn);
  if (!image.probe(SIZE, true, ALIGNMENT)) return Outcome.Fault;
  setInstructionPointer(cpu);
  const registers = new Registers(cpu);
  const bytes = packed(registers);
  if (!bytes) return Outcome.Next;
  bytes.forEach((byte, i) => {
    image.write(i, 1, byte);
  });
  registers.pop();
  return Outcome.Next;
};
