import { beforeEach, describe, expect, it } from "vitest";
import { RAM_BASE, wasmPages } from "../../src/vmm/cpu/layout.js";
import { CpuState } from "../../src/vmm/cpu/state.js";
import { Machine, type SliceEnd } from "../../src/vmm/machine.js";
import { Access, Mmu } from "../../src/vmm/mmu/mmu.js";

const RAM = 4 << 20;
const LARGEST = 512 << 10;
const KIB = 1024;
const FOUR_GIB = 2 ** 32;

function storage(): WebAssembly.Memory {
  const pages = wasmPages(RAM, LARGEST);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

describe("a ROM in guest-physical space", () => {
  let state: CpuState;
  let mmu: Mmu;
  beforeEach(() => {
    state = new CpuState(storage());
    mmu = new Mmu(state, RAM);
    // Each KiB has its number in each byte.
    for (let kib = 0; kib < LARGEST / KIB; kib++) state.u8.fill(kib, RAM_BASE + RAM + kib * KIB, RAM_BASE + RAM + (kib + 1) * KIB);
  });
  const read = (physical: number) => mmu.memory.read(physical, 1);

  it("ends at 4 GiB, whole", () => {
    mmu.mapRom(256 * KIB);
    expect(read(FOUR_GIB - 256 * KIB - 1)).toBe(0xff);
    expect(read(FOUR_GIB - 256 * KIB)).toBe(0);
    expect(read(FOUR_GIB - 1)).toBe(255);
  });

  it.each([
    [64, 0xf0000, 0],
    [128, 0xe0000, 0],
    [256, 0xe0000, 128],
    [4, 0xff000, 0],
  ])("ends at 1 MiB too, with its last 128 KiB at most: %i KiB", (kib, base, first) => {
    mmu.mapRom(kib * KIB);
    expect(read(base - 1)).toBe(0xff);
    expect(read(base)).toBe(first);
    expect(read(0xfffff)).toBe(kib - 1);
    expect(read(0x100000), "RAM begins behind it").toBe(0);
  });

  it("isn't there before it is mapped, nor after it was taken away", () => {
    expect([read(0xfffff), read(FOUR_GIB - 1)]).toEqual([0xff, 0xff]);
    mmu.mapRom(64 * KIB);
    expect([read(0xfffff), mmu.readU8(0xfffff)]).toEqual([63, 63]);
    mmu.mapRom(0);
    expect([read(0xfffff), mmu.readU8(0xfffff), read(FOUR_GIB - 1)]).toEqual([0xff, 0xff, 0xff]);
  });

  it("is refused where the machine has no room for it", () => {
    expect(() => mmu.mapRom(LARGEST + 0x20000)).toThrow(RangeError);
  });

  it("is read through the TLB, and stores to it are lost", () => {
    mmu.mapRom(64 * KIB);
    const direct = mmu.slow(0xf0004, 4, Access.read) >>> 0;
    expect(direct).toBe(RAM_BASE + RAM + 4);
    for (const kind of [Access.write, Access.modify]) {
      const cell = mmu.slow(0xf0004, 4, kind) >>> 0;
      expect(cell, "a scratch cell").toBeLessThan(RAM_BASE);
      if (kind === Access.modify) expect(state.load(cell, 4), "which has what the ROM has").toBe(0);
      state.store(cell, 4, 0x1234_5678);
      mmu.commit();
    }
    expect(mmu.write(0xf0004, 4, 0x1234_5678, false)).toBe(true);
    mmu.memory.writeBytes(0xf0004, Uint8Array.of(1, 2, 3, 4));
    expect(mmu.memory.read(0xf0004, 4)).toBe(0);
  });

  it("takes the part of a store that crosses into RAM", () => {
    mmu.mapRom(64 * KIB);
    expect(mmu.write(0xffffe, 4, 0x4433_2211, false)).toBe(true);
    expect(mmu.memory.read(0xffffe, 4)).toBe(0x4433_0000 | (63 << 8) | 63);
  });
});

/** A machine that starts from a ROM of 64 KiB, in which `parts` lie at offsets; reports through port 0xE9 and ends through 0xF4. */
class RomMachine {
  readonly said: number[] = [];
  private readonly machine: Machine;

  constructor(parts: Record<number, number[]>) {
    const memory = storage();
    const rom = new Uint8Array(memory.buffer, RAM_BASE + RAM, 64 * KIB);
    for (const [offset, bytes] of Object.entries(parts)) rom.set(bytes, Number(offset));
    const silence = { length: 0, peek: () => 0, advance: () => undefined };
    this.machine = new Machine({
      memory,
      ramBytes: RAM,
      clock: "deterministic",
      hostNs: () => 0,
      wallClockMs: () => 0,
      serialSink: () => undefined,
      input: [silence, silence],
      debug: { exit: true, ports: [0xe9], sink: (byte) => this.said.push(byte) },
    });
    this.machine.boot({ kind: "rom", bytes: 64 * KIB });
  }
  run(): SliceEnd {
    for (;;) {
      const end = this.machine.run();
      if (end.kind !== "slice") return end;
    }
  }
  /** Instructions that were decoded, and executed. */
  get counts(): [decoded: number, executed: number] {
    const { decodedInstructions, instructions } = this.machine.sample();
    return [decodedInstructions, instructions];
  }
}

describe("code in ROM", () => {
  const EXIT = [0xb0, 0x08, 0xe6, 0xf4]; // mov al, 8; out 0xf4, al

  it("starts at F000:FFF0 with the base at the top of the address space, and with a far jump goes on below 1 MiB", () => {
    const machine = new RomMachine({
      65520: [0x2e, 0xa0, 0x00, 0x01, 0xe6, 0xe9, 0xea, 0x00, 0x00, 0x00, 0xf0], // mov al, cs:[0x100]; out 0xe9, al; jmp f000:0000
      0: [0x8c, 0xc8, 0x88, 0xe0, 0xe6, 0xe9, ...EXIT], // mov ax, cs; mov al, ah; out 0xe9, al
      256: [0x42],
    });
    expect(machine.run()).toEqual({ kind: "exit", code: 17 });
    expect(machine.said).toEqual([0x42, 0xf0]);
  });

  it("is decoded once, and not again for its other window; a loop runs from the cache", () => {
    const loop = [0xb9, 0x10, 0x27, 0xe2, 0xfe]; // mov cx, 10000; loop $
    const machine = new RomMachine({
      65520: [0xe8, 0x0d, 0x20, 0x9a, 0x00, 0x20, 0x00, 0xf0, ...EXIT], // call 0x2000 near: the high window; then far: the low one
      // Near or far, the call is the third word from the top of the stack: ss:sp = 0:0 wraps below.
      8192: [...loop, 0x83, 0xfc, 0xfe, 0x75, 0x01, 0xc3, 0xcb], // cmp sp, -2; jne +1; ret; retf
    });
    expect(machine.run()).toEqual({ kind: "exit", code: 17 });
    const [decoded, executed] = machine.counts;
    expect(executed).toBeGreaterThan(20_000);
    expect(decoded).toBeLessThan(40);
  });

  it("cannot be changed, not even by an instruction that stores to itself", () => {
    const machine = new RomMachine({
      65520: [0xea, 0x00, 0x00, 0x00, 0xf0], // jmp f000:0000
      // mov byte cs:[0x0007], 0x99; mov al, 0x42 (at 6, its operand at 7); out; xchg bl, cs:[7] with bl = 0; mov al, bl; out
      0: [0x2e, 0xc6, 0x06, 0x07, 0x00, 0x99, 0xb0, 0x42, 0xe6, 0xe9, 0x2e, 0x86, 0x1e, 0x07, 0x00, 0x88, 0xd8, 0xe6, 0xe9, 0xeb, 0x0b],
      32: [0x2e, 0xa0, 0x07, 0x00, 0xe6, 0xe9, ...EXIT],
    });
    expect(machine.run()).toEqual({ kind: "exit", code: 17 });
    expect(machine.said, "executed, exchanged, read").toEqual([0x42, 0x42, 0x42]);
  });

  it("goes on across pages", () => {
    const machine = new RomMachine({
      65520: [0xea, 0xfd, 0x1f, 0x00, 0xf0], // jmp f000:1ffd
      8189: [0x66, 0xb8, 0x42, 0x00, 0x00, 0x00, 0xe6, 0xe9, ...EXIT], // mov eax, 0x42, which ends in the next page
    });
    expect(machine.run()).toEqual({ kind: "exit", code: 17 });
    expect(machine.said).toEqual([0x42]);
  });
});

it("a debug exit ends the machine after its instruction, with the first code that was given", () => {
  const machine = new RomMachine({ 65520: [0xe6, 0xf4, 0xb0, 0x01, 0xe6, 0xe9, 0xe6, 0xf4] }); // al = 0
  expect(machine.run()).toEqual({ kind: "exit", code: 1 });
  expect(machine.said).toEqual([]);
});
