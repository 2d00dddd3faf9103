import { HostStats } from "../contract/host-stats.js";
import { leaveReasons } from "../world/leave-reason.js";

/**
 * The statistics of all machines that this worker has run, summed up: of each the last sample, whether it runs or has ended. What a VM process
 * sends is checked, since the guest in it may have got the better of it.
 */
export class HostTotals {
  private past: HostStats | null = null;
  private readonly last = new Map<object, HostStats>();

  /** A machine has sent a sample. One that is none is passed over. */
  heard(machine: object, sample: unknown): void {
    const { success, data } = HostStats.safeParse(sample);
    if (!success) return;
    // No others: they become labels.
    const known = leaveReasons.flatMap((reason) => (data.worldSwitches[reason] ? [[reason, data.worldSwitches[reason]]] : []));
    this.last.set(machine, { ...data, worldSwitches: Object.fromEntries(known) });
  }

  /** There will be no more samples of this machine. */
  ended(machine: object): void {
    const final = this.last.get(machine);
    if (!final) return;
    this.last.delete(machine);
    const nothingNow = { liveRegions: 0, codeBytes: 0, queueLength: 0 };
    this.past = sum(this.past, { ...final, translator: { ...final.translator, ...nothingNow } });
  }

  /** null: no machine has ever sent a sample. */
  read(): HostStats | null {
    return [...this.last.values()].reduce(sum, this.past);
  }
}

function sum(total: HostStats | null, more: HostStats): HostStats {
  return total === null ? more : (added(total, more) as HostStats);
}

/** Numbers added up in structures of one shape; what only one of them has stays as it is. */
function added(a: unknown, b: unknown): unknown {
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (Array.isArray(a) && Array.isArray(b)) return a.map((item, i) => added(item, b[i]));
  if (!isRecord(a) || !isRecord(b)) return a ?? b;
  return Object.fromEntries(Object.keys({ ...a, ...b }).map((key) => [key, added(a[key], b[key])]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
