import { ACCESS_BIG } from "../cpu/descriptors.js";
import { CS, EIP, Seg } from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import { Decoder, MAX_LENGTH, NEEDS_MORE } from "../decode/decoder.js";

/** Where an instruction is. */
export interface InstructionPlace {
  readonly retired: number;
  readonly cs: number;
  readonly eip: number;
  readonly linear: number;
  readonly code32: boolean;
}

export function placeOf(state: CpuState, retired: number): InstructionPlace {
  const eip = state.get(EIP);
  const linear = (state.segment(CS, Seg.base) + eip) >>> 0;
  return { retired, cs: state.segment(CS, Seg.selector), eip, linear, code32: (state.segment(CS, Seg.access) & ACCESS_BIG) !== 0 };
}

const decoder = new Decoder();

/** Address, bytes and name of an instruction, as far as its bytes can be read. */
export function instructionText({ cs, eip, linear, code32 }: InstructionPlace, read: (linear: number, into: Uint8Array) => number): string {
  const hex = (value: number, digits: number) => (value >>> 0).toString(16).padStart(digits, "0");
  const bytes = new Uint8Array(MAX_LENGTH);
  const available = read(linear, bytes);
  const length = decoder.decode(bytes, 0, available, code32);
  const shown = bytes.subarray(0, length === NEEDS_MORE ? available : length);
  const { entry, size, memory } = decoder;
  const name =
    length === NEEDS_MORE ? "(not all of it can be read)" : `${entry.name}${size ? ` of ${size} bytes` : ""}${memory ? ", memory" : ""}`;
  return `${hex(cs, 4)}:${hex(eip, 8)}  ${[...shown].map((byte) => hex(byte, 2)).join(" ")}  ${name}`;
}
