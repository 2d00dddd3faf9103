import { type Insn, Outcome } from "./callout.js";
import type { Cpu } from "./cpu.js";
import { type Descriptor, dpl, isCode, isConforming, limit, markAccessed, readAdmitted } from "./descriptors.js";
import { Vector } from "./exceptions.js";
import { setCode, setRealCode } from "./far-transfer.js";
import { setSegment } from "./hidden-part.js";
import { CS, Seg, SS } from "./layout.js";
import { dropInnerSegments, stackDescriptor } from "./segments.js";

/** Far RET without and with a number of bytes to release. */
export function retFar(cpu: Cpu, insn: Insn): Outcome {
  return farReturn(cpu, insn.size, 0);
}
export function retFarPop(cpu: Cpu, insn: Insn): Outcome {
  return farReturn(cpu, insn.size, insn.imm & 0xffff);
}

function farReturn(cpu: Cpu, size: number, release: number): Outcome {
  const eip = cpu.peekStack(size);
  if (eip < 0) return Outcome.Fault;
  const slot = cpu.peekStack(size, size);
  if (slot < 0) return Outcome.Fault;
  const selector = slot & 0xffff;
  if (!cpu.isProtected) {
    if (eip > cpu.state.segment(CS, Seg.limit)) return cpu.generalProtection();
    cpu.dropStack(2 * size + release);
    return setRealCode(cpu, selector, eip);
  }
  const target = returnCode(cpu, selector);
  if (!target) return Outcome.Fault;
  if ((selector & 3) > cpu.cpl) return returnOuter(cpu, size, selector, target, eip, 2 * size + release, release);
  if (eip > limit(target)) return cpu.generalProtection();
  const code = markAccessed(cpu, target);
  if (!code) return Outcome.Fault;
  cpu.dropStack(2 * size + release);
  return setCode(cpu, selector, code, eip, cpu.cpl);
}

/** The code segment that RET or IRET goes back to, checked; `undefined`: an exception was raised. */
export function returnCode(cpu: Cpu, selector: number): Descriptor | undefined {
  const rpl = selector & 3;
  return readAdmitted(cpu, selector, (d) => isCode(d) && rpl >= cpu.cpl && (isConforming(d) ? dpl(d) <= rpl : dpl(d) === rpl));
}

/**
 * Back to an outer level: ESP and SS lie on the stack at `stackAt`; `release` bytes go from the outer stack too. EFLAGS are the caller's.
 */
export function returnOuter(
  cpu: Cpu,
  size: number,
  selector: number,
  target: Descriptor,
  eip: number,
  stackAt: number,
  release: number,
): Outcome {
  const esp = cpu.peekStack(size, stackAt);
  if (esp < 0) return Outcome.Fault;
  const slot = cpu.peekStack(size, stackAt + size);
  if (slot < 0) return Outcome.Fault;
  const stackSelector = slot & 0xffff;
  const rpl = selector & 3;
  const d = stackDescriptor(cpu, stackSelector, rpl, Vector.GP);
  if (!d) return Outcome.Fault;
  if (eip > limit(target)) return cpu.generalProtection();
  const code = markAccessed(cpu, target);
  const stack = code && markAccessed(cpu, d);
  if (!stack) return Outcome.Fault;
  setSegment(cpu, SS, stackSelector, stack);
  // On a 16-bit stack only SP is loaded: the upper half of ESP stays what the inner level had (kernels know and hide it).
  cpu.setStackPointer((esp + release) >>> 0);
  dropInnerSegments(cpu, rpl);
  return setCode(cpu, selector, code, eip, rpl);
}
