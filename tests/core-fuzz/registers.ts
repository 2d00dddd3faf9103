import * as bit from "../../src/vmm/cpu/control-bits.js";
import type { Cpu } from "../../src/vmm/cpu/cpu.js";
import { access, base, type Descriptor, limit } from "../../src/vmm/cpu/descriptors.js";
import { loadHidden, setNullSegment, setVirtual8086Segment } from "../../src/vmm/cpu/hidden-part.js";
import * as at from "../../src/vmm/cpu/layout.js";
import type { Random } from "../isa/random.js";
import * as map from "./memory-map.js";
import { Selector } from "./memory-map.js";
import type { Mode } from "./mode.js";
import { interestingWord, randomEflags } from "./values.js";

const VM = 0x2_0000;
const USABLE = 0x1_0000;
const DATA_SEGMENTS = [at.ES, at.DS, at.FS, at.GS];

/** Puts the processor, which has just been reset, into a state of this mode that it could have got into by itself, with segments of this GDT. */
export function enterMode(random: Random, cpu: Cpu, gdt: DataView, mode: Mode): void {
  const { state } = cpu;
  state.set(at.CR0, controlRegister0(random, mode));
  state.set(at.CR4, controlRegister4(random, mode));
  state.set(at.EFER, mode.noExecute ? bit.EFER_NXE : 0);
  state.set(at.CR3, map.PAGE_TABLES | (random.oneIn(8) ? 0x18 : 0));
  state.set(at.GDTR_BASE, map.GDT);
  state.set(at.GDTR_LIMIT, random.oneIn(16) ? random.below(0x100) : 8 * map.GDT_ENTRIES - 1);
  const isReal = mode.processor === "real" || mode.processor === "unreal";
  state.set(at.IDTR_BASE, isReal ? map.IVT : map.IDT);
  state.set(at.IDTR_LIMIT, random.oneIn(16) ? random.below(0x800) : isReal ? 0x3ff : 0x7ff);
  const eflags = randomEflags(random);
  cpu.setFlags(eflags | (mode.processor === "virtual8086" ? VM : 0), -1);
  state.set(at.CPL, mode.cpl);
  systemSegments(cpu, gdt);
  if (isReal) realSegments(random, cpu, mode.processor === "unreal");
  else if (mode.processor === "virtual8086") virtual8086Segments(random, cpu);
  else protectedSegments(random, cpu, gdt, mode);
  for (let n = 0; n < 8; n++) state.setReg(n, random.oneIn(3) ? map.DATA + random.below(0x1000) : interestingWord(random));
  stackPointer(random, cpu, mode);
  debugRegisters(random, cpu);
  floatingPoint(random, cpu);
  state.set(at.SYSENTER_CS, random.pick([0, Selector.code0]));
  state.set(at.SYSENTER_ESP, map.STACKS + 0x4000);
  state.set(at.SYSENTER_EIP, map.HANDLERS + 16 * random.below(256));
  state.set(at.NMI_PENDING, random.oneIn(20) ? 1 : 0);
  state.set(at.INTERRUPT_LINE, random.oneIn(4) ? 1 : 0);
  // PAE's registers are loaded when paging is enabled.
  if (mode.paging === "PAE" && !cpu.mmu.loadPdptes(state.get(at.CR3))) state.set(at.CR0, state.get(at.CR0) & ~bit.CR0_PG);
  cpu.restored();
}

function controlRegister0(random: Random, mode: Mode): number {
  let cr0 = bit.CR0_ET;
  if (mode.processor === "protected" || mode.processor === "virtual8086") cr0 |= bit.CR0_PE;
  if (mode.paging !== "off") cr0 |= bit.CR0_PG;
  for (const some of [bit.CR0_MP, bit.CR0_NE, bit.CR0_WP, bit.CR0_AM]) if (random.oneIn(2)) cr0 |= some;
  for (const rare of [bit.CR0_EM, bit.CR0_TS, bit.CR0_CD]) if (random.oneIn(10)) cr0 |= rare;
  return cr0 >>> 0;
}

function controlRegister4(random: Random, mode: Mode): number {
  let cr4 = random.oneIn(8) ? 0 : bit.CR4_OSFXSR | bit.CR4_OSXMMEXCPT;
  if (mode.paging === "PSE") cr4 |= bit.CR4_PSE;
  if (mode.paging === "PAE") cr4 |= bit.CR4_PAE | (random.oneIn(2) ? bit.CR4_PSE : 0);
  if (mode.virtualInterrupts) cr4 |= bit.CR4_VME | bit.CR4_PVI;
  if (random.oneIn(2)) cr4 |= bit.CR4_PGE;
  if (random.oneIn(4)) cr4 |= bit.CR4_DE;
  if (random.oneIn(8)) cr4 |= bit.CR4_TSD;
  return cr4;
}

/** From the descriptor tables, as a load would: with the accessed bit. */
function fromTable(cpu: Cpu, gdt: DataView, n: number, selector: number): void {
  const address = selector & ~7;
  const d: Descriptor = { low: gdt.getUint32(address, true), high: gdt.getUint32(address + 4, true), address: map.GDT + address };
  const marked = n === at.LDTR ? 0 : n === at.TR ? 2 : 1;
  loadHidden(cpu, n, selector, base(d), limit(d), access(d) | marked);
}

function systemSegments(cpu: Cpu, gdt: DataView): void {
  fromTable(cpu, gdt, at.TR, Selector.tss32);
  fromTable(cpu, gdt, at.LDTR, Selector.ldt);
}

function realSegments(random: Random, cpu: Cpu, unreal: boolean): void {
  const big = random.oneIn(2) ? 0x4000 : 0;
  const segment = (n: number, selector: number) =>
    loadHidden(
      cpu,
      n,
      selector,
      selector << 4,
      unreal && n !== at.CS ? 0xffff_ffff : 0xffff,
      USABLE | 0x93 | (unreal && n === at.SS ? big : 0),
    );
  segment(at.CS, map.CODE >> 4);
  segment(at.SS, map.STACKS >> 4);
  for (const n of DATA_SEGMENTS) segment(n, random.pick([map.DATA >> 4, map.DATA >> 4, 0, 0xffff, random.below(0x1_0000)]));
}

function virtual8086Segments(random: Random, cpu: Cpu): void {
  setVirtual8086Segment(cpu, at.CS, map.CODE >> 4);
  setVirtual8086Segment(cpu, at.SS, map.STACKS >> 4);
  for (const n of DATA_SEGMENTS)
    setVirtual8086Segment(cpu, n, random.pick([map.DATA >> 4, map.DATA >> 4, 0, 0xffff, random.below(0x1_0000)]));
}

function protectedSegments(random: Random, cpu: Cpu, gdt: DataView, mode: Mode): void {
  const { cpl, code32 } = mode;
  const code = code32
    ? [Selector.code0, Selector.code1, Selector.code2, Selector.code3][cpl]
    : cpl === 3
      ? Selector.code16User
      : Selector.code16;
  const data = [Selector.data0, Selector.data1, Selector.data2, Selector.data3][cpl];
  const data16 = cpl === 3 ? Selector.data16User : Selector.data16;
  fromTable(cpu, gdt, at.CS, code);
  fromTable(cpu, gdt, at.SS, !code32 && random.oneIn(2) ? data16 : data);
  for (const n of DATA_SEGMENTS) {
    if (random.oneIn(8)) setNullSegment(cpu, n, random.below(4));
    else
      fromTable(
        cpu,
        gdt,
        n,
        random.pick([Selector.data3, Selector.data3, Selector.data16User, cpl === 0 ? Selector.expandDown : Selector.data3]),
      );
  }
}

function stackPointer(random: Random, cpu: Cpu, mode: Mode): void {
  const isFlat = cpu.state.segment(at.SS, at.Seg.base) === 0;
  const usual = isFlat && mode.processor !== "real" ? map.STACKS + 0x6000 : 0x6000;
  cpu.state.setReg(4, random.oneIn(10) ? interestingWord(random) : usual + (random.oneIn(10) ? random.below(8) : 0));
}

function debugRegisters(random: Random, cpu: Cpu): void {
  if (!random.oneIn(6)) return;
  const { state } = cpu;
  for (let n = 0; n < 4; n++)
    state.set(
      at.DR + 8 * n,
      random.pick([map.CODE + random.below(0x80), map.DATA + random.below(0x1000), random.below(0x80), interestingWord(random)]),
    );
  state.set(at.DR + 8 * 7, (random.word() & 0xffff_23ff) | 0x400);
}

function floatingPoint(random: Random, cpu: Cpu): void {
  const { state } = cpu;
  if (random.oneIn(2)) return;
  for (let i = 0; i < 8; i++) {
    const register = at.X87 + 16 * i;
    state.set(register, interestingWord(random));
    state.set(register + 4, random.oneIn(4) ? interestingWord(random) : (random.word() | 0x8000_0000) >>> 0);
    state.store(
      register + 8,
      2,
      random.oneIn(3) ? random.pick([0, 1, 0x3fff, 0x7ffe, 0x7fff, 0xffff, 0x8000]) : 0x3fc0 + random.below(0x80),
    );
  }
  for (let word = at.XMM; word < at.XMM + 8 * 16; word += 4) state.set(word, interestingWord(random));
  state.set(at.MXCSR, random.oneIn(2) ? 0x1f80 : random.word() & 0xffff);
  state.set(at.X87_CONTROL, random.oneIn(2) ? 0x37f : (random.word() & 0xf3f) | 0x40);
  state.set(at.X87_TOP, random.below(8));
  state.set(at.X87_TAGS, random.below(256));
  // ES and B say whether an exception is unmasked.
  const flags = random.oneIn(3) ? random.word() & 0x477f : 0;
  const pending = flags & 0x3f & ~state.get(at.X87_CONTROL) ? 0x8080 : 0;
  state.set(at.X87_STATUS, flags | pending);
}
