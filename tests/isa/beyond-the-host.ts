/** What the host's processor can't judge for us, why, and where it is tested instead. */
interface Beyond {
  readonly what: string;
  readonly why: string;
  /** Files under tests/. */
  readonly testedBy: readonly string[];
}

export const beyond: readonly Beyond[] = [
  { what: "SGDT SIDT SLDT STR SMSW", why: "the host's kernel emulates them under UMIP", testedBy: ["vmm/sensitive.test.ts"] },
  { what: "CPUID", why: "the host's processor is another one", testedBy: ["vmm/identity.test.ts"] },
  { what: "RDTSC", why: "time passes", testedBy: ["vmm/identity.test.ts"] },
  { what: "SYSENTER, SYSEXIT", why: "they enter and leave the host's kernel", testedBy: ["vmm/sysenter.test.ts"] },
  {
    what: "INT n through gates that ring 3 may use",
    why: "the gates are the host's kernel's",
    testedBy: ["vmm/interrupt-delivery.test.ts"],
  },
  {
    what: "INT1, single step, debug registers",
    why: "the host's kernel and hypervisor take part",
    testedBy: ["vmm/single-step.test.ts", "vmm/debug-registers.test.ts", "vmm/data-breakpoints.test.ts"],
  },
  {
    what: "IRET with NT, to an outer level or to virtual-8086 mode",
    why: "not from ring 3, nor in long mode",
    testedBy: ["vmm/interrupt-return.test.ts", "vmm/task-switch.test.ts"],
  },
  {
    what: "privileged instructions in ring 0",
    why: "here they are #GP",
    testedBy: ["vmm/control-registers.test.ts", "vmm/descriptor-tables.test.ts", "vmm/port-io.test.ts", "vmm/segment-load.test.ts"],
  },
  { what: "real and virtual-8086 mode", why: "the host is in long mode", testedBy: ["vmm/real-mode.test.ts", "vmm/virtual-8086.test.ts"] },
  { what: "undefined EFLAGS bits", why: "processors differ; ours follow undefined-flags.ts", testedBy: ["isa/undefined-flags.test.ts"] },
  {
    what: "x87 and SSE results that are only bounded",
    why: "compared within a tolerance (tolerance.ts)",
    testedBy: ["isa/x87-transcendental.test.ts"],
  },
  {
    what: "x87 pointers in images",
    why: "processors differ (unspecified.ts)",
    testedBy: ["isa/x87-environment.test.ts", "isa/x87-stack.test.ts"],
  },
  { what: "a device read by an instruction that then faults", why: "cases have no devices", testedBy: ["vmm/mmio-restart.test.ts"] },
  { what: "opcodes beyond the class", why: "the host has them", testedBy: ["isa/absent-opcodes.test.ts"] },
];

export function* beyondTheHost(): Generator<string> {
  yield "\nNot judged by the host:";
  for (const { what, why, testedBy } of beyond)
    yield `  ${what}: ${why}; tested instead by ${testedBy.map((file) => `tests/${file}`).join(", ")}`;
}
