/**
 * Bits of the EVENTS word. While it is 0 the engines run on; otherwise they stop at the next instruction boundary and the run loop attends:
 *  1. `Stop`: leave to whoever asked. 2. `Debug`: `cpu.deliverDebugTrap()`. 3. `Nmi`: `cpu.deliverNmi()`. 4. `Intr`, if `cpu.interruptible()`:
 *  acknowledge at the interrupt controller, `cpu.deliverInterrupt(vector)`. 5. `Halted`: wait. 6. `VirtualInterrupt`, if
 *  `cpu.virtualInterruptRaised()`: `cpu.deliverFault()`. 7. `SingleStep`, `Shadow`, `Breakpoints` or a `VirtualInterrupt` that wasn't due:
 *  `cpu.beforeInstruction()`; if true, one instruction and, unless that raised something, `cpu.afterInstruction()`; if false, there is a `Debug` to
 *  attend to. `Resume` doesn't stop anyone: when the next instruction is about to run, `cpu.endResume()`.
 * All but `Stop`, `Shadow`, `StackShadow` and `Halted` are derived: `cpu.updateEvents()`, to be called whenever a block has ended by itself.
 */
export const Event = {
  /** The interrupt line is up, EFLAGS.IF is set, and there is no shadow. */
  Intr: 0x01,
  /** A non-maskable interrupt waits and is not blocked by one in progress or by `StackShadow`. */
  Nmi: 0x02,
  /** Someone outside the processor wants control: pause, stop, a device deadline. Set and cleared by the machine. */
  Stop: 0x04,
  /** EFLAGS.TF is set: a debug trap follows the next instruction. */
  SingleStep: 0x08,
  /** A debug trap is due at this instruction boundary, and there is no `StackShadow`. */
  Debug: 0x10,
  /** Interrupts wait for one more instruction (after STI). */
  Shadow: 0x20,
  /** After MOV SS and POP SS: also NMI and debug traps wait. Always together with `Shadow`. */
  StackShadow: 0x40,
  /** DR7 enables an instruction breakpoint: each instruction's address is compared before it runs. */
  Breakpoints: 0x80,
  /** HLT, or shutdown of an x87 wait, until an interrupt. */
  Halted: 0x100,
  /** EFLAGS.RF is set: what is delivered before the next instruction saves it, and that instruction clears it. */
  Resume: 0x200,
  /** EFLAGS.VIF and VIP are both set: #GP(0) before the next instruction where CR4.VME or PVI makes them count (`cpu.virtualInterruptRaised()`). */
  VirtualInterrupt: 0x400,
} as const;
