/** The newest figures of all machines of this host. However many ask, each machine is asked once a second at most. */
import { setTimeout as delay } from "node:timers/promises";
import { MachineStats } from "../contract/stats.js";
import type { VmUsage } from "../contract/usage.js";
import type { Machine } from "./machine.js";

const freshMs = 1000;
/** A machine that has not answered by then is left out. */
const patienceMs = 2000;

/** What a VM process sends is checked, since the guest in it may have got the better of it. */
const Sample = MachineStats.pick({ cpu: true, memory: true, serial: true });

type Figures = Omit<VmUsage, "vm">;

export class UsageFigures {
  private readonly asked = new WeakMap<Machine, { atMs: number; figures: Promise<Figures | null> }>();

  async of(machines: Machine[]): Promise<VmUsage[]> {
    const late = delay(patienceMs, null, { ref: false });
    const items = await Promise.all(
      machines.map(async (machine) => {
        const figures = await Promise.race([this.ask(machine), late]);
        return figures && { vm: machine.vmId, ...figures };
      }),
    );
    return items.filter((item) => item !== null);
  }

  private ask(machine: Machine): Promise<Figures | null> {
    const before = this.asked.get(machine);
    if (before && performance.now() - before.atMs < freshMs) return before.figures;
    const figures = machine.stats().then(figuresOf);
    this.asked.set(machine, { atMs: performance.now(), figures });
    return figures;
  }
}

function figuresOf(sample: unknown): Figures | null {
  const { success, data } = Sample.safeParse(sample);
  if (!success) return null;
  return {
    instructions: data.cpu.instructions,
    hostCpuUs: data.cpu.hostCpuUs,
    residentBytes: data.memory.residentBytes,
    outputBytes: data.serial.reduce((sum, { outputBytes }) => sum + outputBytes, 0),
  };
}
