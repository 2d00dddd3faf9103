import { AC, ARITHMETIC, DF, ID, IF, IOPL, NT, RF, TF, VIF, VIP, VM } from "../isa/flags.js";
import { type Insn, Outcome } from "./callout.js";
import { CR4_VME } from "./control-bits.js";
import type { Cpu } from "./cpu.js";
import { limit, markAccessed } from "./descriptors.js";
import { returnCode, returnOuter } from "./far-return.js";
import { setCode, setRealCode } from "./far-transfer.js";
import { setVirtual8086Segment } from "./hidden-part.js";
import { CR4, CS, DS, EFLAGS, ES, FS, GS, NMI_BLOCKED, Seg, SS } from "./layout.js";
import { returnToTask } from "./tasks.js";

/** IRET and IRETD (SDM vol. 2). NMIs are taken again afterwards, even if it faults. */
export function iret(cpu: Cpu, insn: Insn): Outcome {
  cpu.state.set(NMI_BLOCKED, 0);
  const outcome = interruptReturn(cpu, insn);
  cpu.updateEvents();
  return outcome;
}

function interruptReturn(cpu: Cpu, insn: Insn): Outcome {
  const { size } = insn;
  const { mode } = cpu;
  if (mode === "protected" && cpu.state.get(EFLAGS) & NT) return returnToTask(cpu, insn.length);
  if (mode === "virtual8086" && cpu.iopl < 3 && (!(cpu.state.get(CR4) & CR4_VME) || size === 4)) return cpu.generalProtection();
  const eip = cpu.peekStack(size);
  if (eip < 0) return Outcome.Fault;
  const slot = cpu.peekStack(size, size);
  if (slot < 0) return Outcome.Fault;
  const image = cpu.peekStack(size, 2 * size);
  if (image < 0) return Outcome.Fault;
  if (mode !== "protected") return returnReal(cpu, size, eip, slot & 0xffff, image);
  if (image & VM && size === 4 && cpu.cpl === 0) return returnToVirtual8086(cpu, eip, slot & 0xffff, image);
  return returnProtected(cpu, size, eip, slot & 0xffff, image);
}

const BASIC = ARITHMETIC | TF | DF | NT;
/** What else a 32-bit image sets. */
const WIDE = RF | AC | ID;

/** In real mode everything but VM, VIF and VIP is loaded; in virtual-8086 mode IOPL stays, and with VME the image's IF goes to VIF. */
function returnReal(cpu: Cpu, size: number, eip: number, selector: number, image: number): Outcome {
  if (eip > cpu.state.segment(CS, Seg.limit)) return cpu.generalProtection();
  const wide = size === 4 ? WIDE : 0;
  if (cpu.mode === "real") cpu.setFlags(image, BASIC | IF | IOPL | wide);
  else if (cpu.iopl === 3) cpu.setFlags(image, BASIC | IF | wide);
  else {
    if (image & TF || (image & IF && cpu.state.get(EFLAGS) & VIP)) return cpu.generalProtection();
    cpu.setFlags((image & ~VIF) | (image & IF ? VIF : 0), BASIC | VIF);
  }
  cpu.dropStack(3 * size);
  return setRealCode(cpu, selector, eip);
}

function returnProtected(cpu: Cpu, size: number, eip: number, selector: number, image: number): Outcome {
  const { cpl, iopl } = cpu;
  let mask = BASIC | (size === 4 ? WIDE : 0);
  if (cpl <= iopl) mask |= IF;
  if (cpl === 0) mask |= IOPL | (size === 4 ? VIF | VIP : 0);
  const target = returnCode(cpu, selector);
  if (!target) return Outcome.Fault;
  if ((selector & 3) > cpl) {
    const outcome = returnOuter(cpu, size, selector, target, eip, 3 * size, 0);
    if (outcome !== Outcome.Fault) cpu.setFlags(image, mask);
    return outcome;
  }
  if (eip > limit(target)) return cpu.generalProtection();
  const code = markAccessed(cpu, target);
  if (!code) return Outcome.Fault;
  cpu.dropStack(3 * size);
  cpu.setFlags(image, mask);
  return setCode(cpu, selector, code, eip, cpl);
}

/** From CPL 0 to virtual-8086 mode: the frame goes on with ESP, SS, ES, DS, FS and GS. */
function returnToVirtual8086(cpu: Cpu, eip: number, selector: number, image: number): Outcome {
  const words: number[] = [];
  for (let i = 3; i < 9; i++) {
    const word = cpu.peekStack(4, 4 * i);
    if (word < 0) return Outcome.Fault;
    words.push(word);
  }
  const [esp, ss, es, ds, fs, gs] = words;
  // Every segment's limit becomes FFFFh.
  if (eip > 0xffff) return cpu.generalProtection();
  cpu.setFlags(image, BASIC | WIDE | IF | IOPL | VM | VIF | VIP);
  cpu.setCpl(3);
  setVirtual8086Segment(cpu, SS, ss & 0xffff);
  setVirtual8086Segment(cpu, ES, es & 0xffff);
  setVirtual8086Segment(cpu, DS, ds & 0xffff);
  setVirtual8086Segment(cpu, FS, fs & 0xffff);
  setVirtual8086Segment(cpu, GS, gs & 0xffff);
  cpu.state.setReg(4, esp);
  return setRealCode(cpu, selector, eip);
}
