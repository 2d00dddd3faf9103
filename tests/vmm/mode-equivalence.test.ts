import { describe, expect, it } from "vitest";
import { CR0_NE, CR4_OSFXSR, CR4_OSXMMEXCPT } from "../../src/vmm/cpu/control-bits.js";
import { CR0, CR4, MXCSR, RAM_BASE, X87, X87_STATUS, X87_TAGS, X87_TOP, XMM } from "../../src/vmm/cpu/layout.js";
import { SSE } from "../../src/vmm/decode/sse-table.js";
import { Access, BIG, EAX, FREE, SystemGuest } from "./system-guest.js";

/**
 * The host's processor judges instructions in flat 32-bit code. What they do elsewhere (16-bit code, segments with bases, real and virtual-8086 mode)
 * must be the same, with the operand and address size that prefixes or the mode give them: random instructions are executed in several guests, whose
 * registers, flags, memory and faults must agree.
 */
const SEED = 20_261_125;
const CASES = 4000;

/** xorshift32. */
class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed | 0 || 1;
  }
  below(limit: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % limit;
  }
  word(): number {
    return (this.below(0x1_0000) * 0x1_0000 + this.below(0x1_0000)) >>> 0;
  }
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)];
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
/** Without those of the system, far transfers, CALL (which pushes an address that prefixes change), flags as a whole, and ports. */
const ONE_BYTE = [
  ...range(0x00, 0x3f).filter((opcode) => (opcode & 7) < 6),
  ...[0x27, 0x2f, 0x37, 0x3f],
  ...range(0x40, 0x61),
  ...range(0x68, 0x6b),
  ...range(0x70, 0x81),
  ...range(0x83, 0x8b),
  ...[0x62, 0x8d, 0x8f],
  ...range(0x90, 0x99),
  ...[0x9e, 0x9f],
  ...range(0xa0, 0xc1),
  ...[0xc6, 0xc7, 0xc8, 0xc9],
  ...range(0xd0, 0xdf),
  ...range(0xe0, 0xe3),
  ...[0xe9, 0xeb, 0xf6, 0xf7, 0xfe],
];
const INTEGER_TWO_BYTE = [
  ...range(0x40, 0x4f),
  ...range(0x80, 0x9f),
  ...[0xa3, 0xa4, 0xa5, 0xab, 0xac, 0xad, 0xaf, 0xb0, 0xb1, 0xb3, 0xb6, 0xb7],
  ...range(0xba, 0xc1),
  ...range(0xc7, 0xcf),
];
/** MMX, SSE and SSE2 that no prefix selects: with 66 most of them are others. Without FXSAVE, whose image tells the mode, and MOVNTI. */
const VECTOR_TWO_BYTE = range(0x10, 0xfe).filter((opcode) => SSE[opcode]?.[0] && opcode !== 0xae && opcode !== 0xc3);

interface Instruction {
  bytes: number[];
  /** Its operand size is that of the code, or of a 66 prefix. */
  sized: boolean;
  /** A string instruction with F2 or F3. */
  repeats: boolean;
}
/** x87 environments are kept in another format in real mode. */
const isEnvironment = (opcode: number, modrm: number) => (opcode === 0xd9 || opcode === 0xdd) && modrm < 0xc0 && (modrm & 0x20) !== 0;

/** Any bytes. */
function anyTail(random: Random): number[] {
  return Array.from({ length: 11 }, () => (random.below(3) ? random.below(0x40) : random.below(256)));
}
/** Bytes of which any four in a row are an address in RAM but above the tables, or one where no memory is in any of the guests. */
function highTail(random: Random): number[] {
  const phase = random.below(4);
  return Array.from({ length: 11 }, (_, i) => [2 + random.below(0x3e), 2 + random.below(0x3e), 0x14, 0][(i + phase) & 3]);
}

function instruction(random: Random, operands: (random: Random) => number[]): Instruction {
  const tail = operands(random);
  tail[0] = random.below(256);
  const prefixes = random.below(3) ? [] : [random.pick([0x26, 0x36, 0x3e, 0x64, 0x65])];
  const kind = random.below(8);
  if (kind === 0) return { bytes: [...prefixes, 0x0f, random.pick(VECTOR_TWO_BYTE), ...tail], sized: false, repeats: false };
  if (kind < 3) return { bytes: [...prefixes, 0x0f, random.pick(INTEGER_TWO_BYTE), ...tail], sized: true, repeats: false };
  const opcode = random.pick(ONE_BYTE);
  if (isEnvironment(opcode, tail[0])) tail[0] |= 0xc0;
  const isString = (opcode >= 0xa4 && opcode <= 0xa7) || (opcode >= 0xaa && opcode <= 0xaf);
  const repeats = isString && random.below(2) === 0;
  if (repeats) prefixes.push(random.pick([0xf2, 0xf3]));
  return { bytes: [...prefixes, opcode, ...tail], sized: true, repeats };
}

const MEMORY = 16 << 20;
/** EIP of every case; and the base of CS in all but flat code. */
const CODE_OFFSET = 0x100;
const CODE_BASE = 0x1_0000;
const GRANULAR = 8;
const FLAGS = 0x24_0cd5;

/** A guest, where its data segments lie, and which prefixes make its code mean what is compared. */
interface Place {
  name: string;
  guest: SystemGuest;
  base: number;
  prefixes: (sized: boolean) => number[];
}

const BOTH = (sized: boolean) => (sized ? [0x66, 0x67] : [0x67]);
const NONE = () => [];

function selectors(guest: SystemGuest, data: number): void {
  for (const n of [0, 2, 3, 4, 5]) {
    guest.set(EAX, data);
    expect(guest.exec(0x8e, 0xc0 | (n << 3))).toBeUndefined();
  }
}
/** Protected mode with code of one size, and data segments (the stack's too) of one base and limit, of 16 or of 32 bits. */
function protectedPlace(name: string, base: number, limit: number, code32: boolean, prefixes: Place["prefixes"]): Place {
  const guest = new SystemGuest(MEMORY).protectedMode();
  const wide = limit > 0xffff;
  guest.descriptor(FREE, CODE_BASE, limit, Access.code, (wide ? GRANULAR : 0) | (code32 ? BIG & ~GRANULAR : 0));
  guest.descriptor(FREE + 8, base, limit, Access.data, wide ? BIG : 0);
  selectors(guest, FREE + 8);
  guest.exec(0xea, 0, 1, 0, 0, FREE, 0);
  return { name, guest, base, prefixes };
}
function flatPlace(): Place {
  return {
    name: "flat 32-bit code",
    guest: new SystemGuest(MEMORY).protectedMode(),
    base: 0,
    prefixes: NONE,
  };
}
function realPlace(base: number): Place {
  const guest = new SystemGuest(MEMORY).realMode();
  selectors(guest, base >> 4);
  return { name: "real mode", guest, base, prefixes: NONE };
}
function virtual8086Place(base: number): Place {
  const guest = new SystemGuest(MEMORY).protectedMode().toVirtual8086(0x2_3002);
  selectors(guest, base >> 4);
  return { name: "virtual-8086 mode", guest, base, prefixes: NONE };
}

/** What a case starts from. */
interface Start {
  registers: number[];
  flags: number;
}
function begin({ guest }: Place, start: Start): void {
  start.registers.forEach((value, n) => {
    guest.set(n, value);
  });
  guest.cpu.setFlags(start.flags, FLAGS);
  guest.cpu.eip = CODE_OFFSET;
}
/** Everything that must agree. EIP is told from the end of the prefixes on, unless it stays (a fault, one iteration of a repeated instruction). */
function end({ guest }: Place, eip: number, repeats: boolean, raised: ReturnType<SystemGuest["exec"]>): unknown[] {
  const { state } = guest;
  const bytes = (from: number, to: number) => Buffer.from(state.u8.slice(from, to)).toString("hex");
  return [
    raised?.vector,
    raised || (repeats && guest.eip === CODE_OFFSET) ? "the same" : (guest.eip - eip) & 0xffff,
    ...range(0, 7).map((n) => guest.reg(n).toString(16)),
    (guest.cpu.flags & FLAGS).toString(16),
    bytes(X87, X87 + 128),
    [X87_STATUS, X87_TAGS, X87_TOP, MXCSR].map((word) => state.get(word)),
    bytes(XMM, XMM + 128),
  ];
}

function compare(
  places: Place[],
  operands: (random: Random) => number[],
  next: (random: Random) => Start,
  memory: { from: number; to: number },
): void {
  const random = new Random(SEED);
  const content = Buffer.from(range(1, 0x1_0000).map(() => random.below(256)));
  const window = ({ guest, base }: Place) => guest.state.u8.subarray(RAM_BASE + base + memory.from, RAM_BASE + base + memory.to);
  for (const place of places) {
    window(place).set(content);
    const { state, cpu } = place.guest;
    state.set(CR4, CR4_OSFXSR | CR4_OSXMMEXCPT);
    state.set(CR0, state.get(CR0) | CR0_NE);
    cpu.restored();
  }
  for (let i = 0; i < CASES; i++) {
    const start = next(random);
    const { bytes, sized, repeats } = instruction(random, operands);
    const results = places.map((place) => {
      begin(place, start);
      const prefixes = place.prefixes(sized);
      const raised = place.guest.exec(...prefixes, ...bytes);
      return end(place, CODE_OFFSET + prefixes.length, repeats, raised);
    });
    const [first, ...others] = places.map((place) => Buffer.from(window(place)));
    others.forEach((other, n) => {
      const where = `case ${i}: ${Buffer.from(bytes).toString("hex")} in ${places[n + 1].name} and in ${places[0].name}`;
      expect(results[n + 1], where).toEqual(results[0]);
      expect(other.equals(first), `memory, ${where}`).toBe(true);
    });
  }
}

describe("random instructions do the same", () => {
  it("with 32-bit operands and addresses, wherever the segments lie and whatever the code's own size is", () => {
    const places = [
      flatPlace(),
      protectedPlace("32-bit code, segments with a base", 0x20_0000, 0xfffff, true, NONE),
      protectedPlace("16-bit code with prefixes", 0x20_0000, 0xfffff, false, BOTH),
    ];
    const start = (random: Random) => ({ registers: range(0, 7).map(() => 0x14_0000 + random.below(0x1000)), flags: random.word() });
    // Every sum of a base and a scaled index stays in RAM, and away from the tables.
    compare(places, highTail, start, { from: 0x13_0000, to: 0x16_0000 });
  });

  it("with 16-bit operands and addresses: 32-bit code with prefixes, 16-bit code, real and virtual-8086 mode", () => {
    const base = 0x4_0000;
    const places = [
      protectedPlace("32-bit code with prefixes", base, 0xffff, true, BOTH),
      protectedPlace("16-bit code", base, 0xffff, false, NONE),
      realPlace(base),
      virtual8086Place(base),
    ];
    const start = (random: Random) => ({ registers: range(0, 7).map(() => random.word()), flags: random.word() });
    compare(places, anyTail, start, { from: 0, to: 0x1_0000 });
  });
});
