/**
 * The program that runs the cases, on the bare machine, the same bytes on both sides: it takes a batch of cases from memory, enters each in its
 * mode, catches whatever ends it, and writes what has become of registers and memory behind the results that are there. A case that shuts the
 * processor down resets the machine; the program finds out and goes on with the next one.
 */
import * as at from "../layout.js";
import { Part } from "./code.js";
import { enter, enterReal, next } from "./enter.js";
import { exit, exit16, record, stub, stub16 } from "./exit.js";
import { panic, reset16, start } from "./start.js";

/** Bytes and the physical address where they belong. */
export interface Piece {
  readonly address: number;
  readonly bytes: Uint8Array;
}

const VECTORS = 256;
const INT3 = 0xcc;

export function program(): Piece[] {
  const pieces: Piece[] = [];
  const part = (address: number, end: number, write: (p: Part) => void) => {
    const p = new Part(address);
    write(p);
    const bytes = p.finish();
    if (address + bytes.length > end) throw new Error(`the part at ${address.toString(16)} has ${bytes.length} bytes`);
    pieces.push({ address, bytes });
  };
  part(at.RESET16, at.START, reset16);
  part(at.START, at.NEXT, start);
  part(at.NEXT, at.ENTER, next);
  part(at.ENTER, at.ENTER_REAL, enter);
  part(at.ENTER_REAL, at.EXIT, enterReal);
  part(at.EXIT, at.EXIT16, exit);
  part(at.EXIT16, at.RECORD, exit16);
  part(at.RECORD, at.PANIC, record);
  part(at.PANIC, at.NOTHING[0][0], panic);
  for (const [from, to] of at.NOTHING) pieces.push({ address: from, bytes: new Uint8Array(to - from).fill(INT3) });
  for (let vector = 0; vector < VECTORS; vector++) {
    const stubAt = at.STUBS + at.STUB_SIZE * vector;
    part(stubAt, stubAt + at.STUB_SIZE, (p) => stub(p, vector));
    const stub16At = at.STUBS16 + at.STUB16_SIZE * vector;
    part(stub16At, stub16At + at.STUB16_SIZE, (p) => stub16(p, vector));
  }
  pieces.push({ address: at.IVT, bytes: words(Array.from({ length: VECTORS }, (_, v) => at.STUBS16 + at.STUB16_SIZE * v)) });

  pieces.push({
    address: at.GDT,
    bytes: words([
      ...[0, 0],
      ...[0x0000_ffff, 0x00cf_9b00],
      ...[0x0000_ffff, 0x00cf_9300],
      ...[0x0000_ffff, 0x0000_9b00],
      ...[0x0000_ffff, 0x0000_9300],
      ...[((at.TSS << 16) | 0x67) >>> 0, 0x0000_8900],
    ]),
  });
  pieces.push({
    address: at.IDT,
    bytes: words(Array.from({ length: VECTORS }, () => [(at.PROGRAM_CS << 16) | at.PANIC, 0x8e00]).flat()),
  });
  pieces.push({ address: at.word.stack, bytes: words([at.PROGRAM_STACK, at.PROGRAM_DS]) });
  pieces.push({ address: at.word.gdtr, bytes: pointer(0xff, at.GDT) });
  pieces.push({ address: at.word.idtr, bytes: pointer(8 * VECTORS - 1, at.IDT) });
  pieces.push({ address: at.word.dataSelector, bytes: words([at.PROGRAM_DS]) });
  // Everything masked, registers empty and zero.
  const fx = new Uint8Array(512);
  new DataView(fx.buffer).setUint16(0, 0x37f, true);
  new DataView(fx.buffer).setUint32(24, 0x1f80, true);
  pieces.push({ address: at.FX_INITIAL, bytes: fx });
  return pieces;
}

/** A ROM whose reset vector leads to the program. */
export function resetRom(): Uint8Array {
  const rom = new Uint8Array(0x1_0000).fill(0xf4);
  rom.set([0xea, at.RESET16 & 0xff, at.RESET16 >> 8, 0, 0], 0xfff0);
  return rom;
}

/** As LGDT and LIDT take it. */
export function pointer(limit: number, base: number): Uint8Array {
  const bytes = new Uint8Array(6);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, limit, true);
  view.setUint32(2, base, true);
  return bytes;
}

export function words(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(4 * i, value, true);
  });
  return bytes;
}
