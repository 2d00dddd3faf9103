import type { MachineSpec } from "../vmx/spec.js";
import { Machine, type MachineParts } from "./machine.js";

/** The running machines of this host: at most one per vm. */
export class Supervisor {
  private readonly machines = new Map<string, Machine>();

  constructor(private readonly parts: MachineParts) {}

  get(vmId: string): Machine | undefined {
    return this.machines.get(vmId);
  }

  /** The machine of a vm whose process lives. One that has just ended is waited for, until its end is written and another may begin. */
  async live(vmId: string): Promise<Machine | undefined> {
    const machine = this.machines.get(vmId);
    if (!machine?.over) return machine;
    await machine.ended;
    return undefined;
  }

  all(): Machine[] {
    return [...this.machines.values()];
  }

  /** Forks the machine's VM process. The caller has written the generation to the row. */
  launch(vmId: string, generation: number, spec: MachineSpec): Machine {
    if (this.machines.has(vmId)) throw new Error(`${vmId} runs already`);
    const machine = new Machine(this.parts, vmId, generation, spec);
    this.machines.set(vmId, machine);
    void machine.ended.finally(() => {
      if (this.machines.get(vmId) === machine) this.machines.delete(vmId);
    });
    return machine;
  }
}
