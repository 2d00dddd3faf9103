import { ESP } from "../cpu/general-registers.js";
import * as at from "../cpu/layout.js";
import { CS, Seg, SS, TR } from "../cpu/layout.js";
import { ValueType } from "../wasm/opcodes.js";
import {
  agrees,
  demandDescriptor,
  demandFlat,
  demandOnePage,
  FLAT_SYSTEM,
  FLAT_USER,
  staySystem,
  systemAddress,
  toSystem,
  unless,
} from "./crossing.js";
import type { Emitter, Value } from "./emitter.js";
import { IF } from "./flags.js";
import type { Helper } from "./stage.js";

/*
 * Interrupts and exceptions of a system with flat segments, from itself and from applications, through a 32-bit interrupt or trap gate.
 * cpu/interrupts.ts delivers the others, and asks this first.
 */

const { i32 } = ValueType;

/** Upper doubleword of a gate: P, and what says that it is a 32-bit interrupt or trap gate. */
const GATE = 0x9e00;
const USABLE_GATE = 0x8e00;
const TRAP_GATE = 0x100;
const TSS32 = 8;
/** ESP0, SS0. */
const INNER_STACK = 4;

/**
 * (vector, error code, whether the gate's frame has one, EIP, EFLAGS, left of the budget) -> 1: delivered, EIP is the handler's; 0: nothing was
 * changed. For events, whose vector no instruction chose: the gate's DPL doesn't count.
 */
export const enterGate: Helper = {
  name: "enterGate",
  params: [i32, i32, i32, i32, i32, i32],
  results: [i32],
  emit(e) {
    const [vector, error, hasError, eip, flags, left] = [0, 1, 2, 3, 4, 5].map((local) => ({ local }));
    const index = e.shl(vector, 3);
    unless(e, e.eqz(e.gtU(e.add(index, 7), e.state(at.IDTR_LIMIT))));
    const gate = systemAddress(e, e.add(e.state(at.IDTR_BASE), index), 8);
    const high = e.loadHost(gate, 4, 4);
    unless(e, e.eq(e.and(high, GATE), USABLE_GATE));
    const selector = e.shrU(e.loadHost(gate, 4), 16);
    demandDescriptor(e, selector, FLAT_SYSTEM.code);
    const code = e.and(selector, 0xfffc);
    const offset = e.or(e.and(e.loadHost(gate, 4), 0xffff), e.and(high, 0xffff_0000));
    const kept = e.select(e.and(high, TRAP_GATE), -1, ~IF);
    const pushed = e.add(12, e.shl(hasError, 2));
    const enter = (esp: Value) => {
      e.setState(at.GPR + 8 * ESP, esp);
      e.setState(at.EFLAGS, e.and(e.state(at.EFLAGS), kept));
      e.setState(at.EIP, offset);
    };
    /** Gives where EIP lies in the frame: behind the error code. */
    const store = (frame: Value) => {
      e.when(hasError, () => e.storeHost(frame, 4, error));
      const saved = e.add(frame, e.shl(hasError, 2));
      e.storeHost(saved, 4, eip);
      e.storeHost(saved, 4, e.state(at.SEGMENT + CS * at.SEGMENT_SIZE + Seg.selector), 4);
      e.storeHost(saved, 4, flags, 8);
      return saved;
    };
    e.when(
      e.eqz(e.state(at.CPL)),
      () => {
        demandFlat(e, FLAT_SYSTEM);
        const esp = e.sub(e.state(at.GPR + 8 * ESP), pushed);
        store(frameAt(e, esp, pushed));
        staySystem(e, code);
        enter(esp);
      },
      () => {
        demandFlat(e, FLAT_USER);
        const task = at.SEGMENT + TR * at.SEGMENT_SIZE;
        unless(e, e.and(e.state(task + Seg.access), TSS32));
        unless(e, e.gtU(e.state(task + Seg.limit), INNER_STACK + 7));
        const stackAt = e.add(e.state(task + Seg.base), INNER_STACK);
        const top = e.loadHost(systemAddress(e, stackAt, 4), 4);
        const stack = e.loadHost(systemAddress(e, e.add(stackAt, 4), 4), 2);
        unless(e, e.eqz(e.and(stack, 3)));
        demandDescriptor(e, stack, FLAT_SYSTEM.data);
        const length = e.add(pushed, 8);
        const esp = e.sub(top, length);
        const saved = store(frameAt(e, esp, length));
        e.storeHost(saved, 4, e.state(at.GPR + 8 * ESP), 12);
        e.storeHost(saved, 4, e.state(at.SEGMENT + SS * at.SEGMENT_SIZE + Seg.selector), 16);
        toSystem(e, code, stack, left);
        agrees(e);
        enter(esp);
      },
    );
    e.put(1);
  },
};

/** Host address of a frame that lies in one page, where the system may store to it at once. */
function frameAt(e: Emitter, esp: Value, length: Value): Value {
  demandOnePage(e, esp, length);
  return systemAddress(e, esp, 4, at.TLB + at.TLB_SIZE);
}
