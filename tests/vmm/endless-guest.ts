/** Programs without an end, to be run in slices by two engines. */
import * as at from "../../src/vmm/cpu/layout.js";
import { CODE, DATA, EBX, ESI, ESP, STACK0, SystemGuest } from "./system-guest.js";

/** Bytes of a doubleword. */
export const le32 = (value: number) => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];

export const INC_EAX = [0x40];
export const INC_ECX = [0x41];
export const DEC_EDX = [0x4a];
export const RET = [0xc3];
export const TEST_CL_3 = [0xf6, 0xc1, 0x03];
export const ADD_EAX_ECX = [0x01, 0xc8];
export const jmp = (bytes: number) => [0xeb, bytes & 0xff];
export const jz = (bytes: number) => [0x74, bytes & 0xff];
export const call = (bytes: number) => [0xe8, ...le32(bytes)];

export interface Program {
  /** Its code changes faster than it gets hot. */
  readonly fleeting?: boolean;
  readonly code: readonly (readonly number[])[];
  readonly at?: number;
  readonly memory?: readonly (readonly [address: number, value: number])[];
}

/** A processor that runs the program, and from its end again. */
export function guest({ code, at: start = CODE, memory = [] }: Program): SystemGuest {
  const it = new SystemGuest().protectedMode();
  const bytes = code.flat();
  it.bytes(start, [...bytes, 0xe9, ...le32(-(bytes.length + 5))]);
  for (const [address, value] of memory) it.put(address, value);
  // As FNINIT leaves them: with exceptions unmasked no x87 code is translated.
  it.state.set(at.X87_CONTROL, 0x37f);
  it.state.set(at.X87_TAGS, 0);
  it.set(EBX, DATA);
  it.set(ESI, DATA + 0xffe);
  it.set(ESP, STACK0);
  it.cpu.eip = start;
  return it;
}
/** All that it can have changed. */
export function seen(it: SystemGuest): string {
  const bytes = (from: number, to: number) => Buffer.from(it.state.u8.slice(from, to)).toString("hex");
  const ram = at.RAM_BASE;
  return [
    bytes(at.GPR, at.GPR + 64),
    it.eip,
    it.cpu.flags,
    bytes(ram + DATA, ram + DATA + 0x2000),
    bytes(ram + STACK0 - 64, ram + STACK0),
  ].join("\n");
}
