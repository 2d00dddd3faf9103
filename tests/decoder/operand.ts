/** Operands as text, so that two decoders can be compared, and differences read. Numbers are register numbers, or hexadecimal values. */

const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs"];

/** `file`: r8 r16 r32 sr cr dr mm xmm st. */
export const register = (file: string, n: number): string => `${file}:${n}`;
export const general = (bytes: number, n: number): string => register(`r${8 * bytes}`, n);

const masked = (value: number, bytes: number): string => (bytes === 4 ? value >>> 0 : value & (bytes === 2 ? 0xffff : 0xff)).toString(16);

/** An immediate of this width, sign extension applied. */
export const immediate = (value: number, bytes: number): string => `imm${8 * bytes} ${masked(value, bytes)}`;
/** The distance from the next instruction, modulo the operand size. */
export const relative = (distance: number, bytes: number): string => `rel${8 * bytes} ${masked(distance, bytes)}`;
export const farPointer = (selector: number, offset: number, bytes: number): string =>
  `far ${masked(selector, 2)}:${masked(offset, bytes)}`;

/** Base and index are register numbers, -1 for none; the scale is a shift count; `size` is 0 where the two decoders need not agree on it. */
export function memory(
  size: number,
  addressSize: number,
  segment: number,
  base: number,
  index: number,
  scale: number,
  displacement: number,
): string {
  const scaled = index < 0 ? "-" : `${index}<<${scale}`;
  return `mem${8 * size} ${SEGMENTS[segment]}:[a${8 * addressSize} ${base < 0 ? "-" : base} + ${scaled} + ${masked(displacement, addressSize)}]`;
}
/** Memory at DS:SI (or another segment) that the encoding doesn't name. */
export const impliedSource = (segment: number, addressSize: number): string => `${SEGMENTS[segment]}:[a${8 * addressSize}]`;
/** Memory at ES:DI. */
export const impliedDestination = (addressSize: number): string => `es:[a${8 * addressSize}]`;
