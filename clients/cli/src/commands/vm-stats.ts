import type { VmStats } from "@worldswitch/client";
import { command } from "../command.js";
import { printLine } from "../printing.js";
import { bytes, secondsOf, wholeNumber } from "../quantities.js";
import { machines } from "../references.js";

type Stats = NonNullable<VmStats["stats"]>;

const columns = ["TIME", "STATE", "CPU", "MIPS", "RESIDENT", "TRANSLATED", "HIDDEN/S", "TRUE/S", "SWITCHES/S"];
const widths = [8, 9, 6, 8, 10, 10, 8, 8, 10];

export const vmStatsCommand = command({
  words: ["vm", "stats"],
  summary: "what a machine does, a line for each interval",
  operands: [{ name: "VM", kind: "vm" }],
  options: {
    interval: { type: "string", value: "TIME", summary: "between two lines; default 1s" },
    count: { type: "string", short: "n", value: "LINES", summary: "end after so many" },
  },
  details: `CPU: of one processor of the host. MIPS: guest instructions, in millions a second. TRANSLATED: share of them that ran as translated code. HIDDEN, TRUE: page
faults of the monitor's making and of the guest's. SWITCHES: from the guest's world to the host's. With --json: whole samples, as the contract has them.`,
  async run({ client, operands, values, signal, ...printing }) {
    const [vm] = await machines(await client(), operands, signal);
    const intervalMs = (secondsOf("interval", values.interval) ?? 1) * 1000;
    const most = wholeNumber("count", values.count) ?? Number.POSITIVE_INFINITY;
    let printed = 0;
    let before: VmStats | null = null;
    if (!printing.json) printing.io.stdout.write(line(columns));
    for await (const sample of vm.stats({ intervalMs, signal })) {
      // What goes on is a difference between two samples of the same start.
      if (printing.json || before !== null) {
        printLine(printing, sample, line(row(sample, before)));
        if (++printed >= most) break;
      }
      before = sample;
    }
    return undefined;
  },
});

function row(sample: VmStats, before: VmStats | null): string[] {
  const { time, state, stats, generation } = sample;
  const earlier = before?.generation === generation ? before.stats : null;
  return [time.slice(11, 19), state, ...(stats === null || earlier === null ? [] : rates(stats, earlier))];
}

function rates(now: Stats, before: Stats): string[] {
  const seconds = Math.max((now.atMs - before.atMs) / 1000, 0.001);
  const instructions = now.cpu.instructions - before.cpu.instructions;
  const translated = now.engines.translated - before.engines.translated;
  const perSecond = (count: number) => (count / seconds).toFixed(0);
  return [
    `${((now.cpu.hostCpuUs - before.cpu.hostCpuUs) / seconds / 10_000).toFixed(0)} %`,
    (instructions / seconds / 1e6).toFixed(1),
    bytes(now.memory.residentBytes),
    instructions === 0 ? "-" : `${Math.round((translated / instructions) * 100)} %`,
    perSecond(now.mmu.hiddenFaults - before.mmu.hiddenFaults),
    perSecond(now.mmu.trueFaults - before.mmu.trueFaults),
    perSecond(switches(now) - switches(before)),
  ];
}

function switches({ worldSwitches }: Stats): number {
  return Object.values(worldSwitches).reduce((sum, { count }) => sum + count, 0);
}

function line(cells: readonly string[]): string {
  return `${cells
    .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
    .join("  ")
    .trimEnd()}\n`;
}
