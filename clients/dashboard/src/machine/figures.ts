/** What a machine's charts show: each as a title, what it means, and how its series come from the statistics. */
import { byteRate, bytes, percent, rate } from "../format/quantity.js";
import { type Interval, type MachineStats, perSecond, shareOf } from "./interval.js";

export interface Figure {
  title: string;
  meaning: string;
  kind: "lines" | "stacked" | "share";
  inBytes?: boolean;
  format(value: number): string;
  series: { label: string; of(interval: Interval): number }[];
}

const instructions = (stats: MachineStats) => stats.cpu.instructions;
const translated = (stats: MachineStats) => stats.translator.instructions;
const direct = (stats: MachineStats) => stats.modes.directExecution.instructions;
const inModes = (stats: MachineStats) => direct(stats) + stats.modes.binaryTranslation.instructions;
const serial = (stats: MachineStats, way: "inputBytes" | "outputBytes") => stats.serial.reduce((sum, port) => sum + port[way], 0);

function counted(label: string, counter: (stats: MachineStats) => number): Figure["series"][number] {
  return { label, of: (interval) => perSecond(interval, counter) };
}

export const speed: Figure = {
  title: "Instructions",
  meaning: "Guest instructions that were carried out each second.",
  kind: "lines",
  format: rate,
  series: [counted("retired", instructions)],
};

export const processor: Figure = {
  title: "Processor",
  meaning: "Host processor time that the machine took, in parts of one processor, and the part of time that its guest was idle.",
  kind: "lines",
  format: percent,
  series: [
    { label: "host CPU", of: (interval) => perSecond(interval, (stats) => stats.cpu.hostCpuUs) / 1e6 },
    { label: "guest idle", of: (interval) => Math.min(1, perSecond(interval, (stats) => stats.cpu.haltedUs) / 1e6) },
  ],
};

export const memory: Figure = {
  title: "Memory",
  meaning: "What the machine's process holds of the host's memory, beside the memory that the guest sees.",
  kind: "lines",
  inBytes: true,
  format: bytes,
  series: [
    { label: "on the host", of: ({ after }) => after.memory.residentBytes },
    { label: "guest RAM", of: ({ after }) => after.memory.guestMiB * 1024 * 1024 },
  ],
};

export const engines: Figure = {
  title: "Who ran the instructions",
  meaning: "The interpreter runs what is seldom; hot code is translated to WebAssembly first.",
  kind: "share",
  format: percent,
  series: [
    { label: "translated", of: (interval) => shareOf(interval, translated, instructions) },
    { label: "interpreted", of: (interval) => 1 - shareOf(interval, translated, instructions) },
  ],
};

export const modes: Figure = {
  title: "Execution mode",
  meaning: "Direct execution for application code that needs no monitoring, binary translation for the guest's system.",
  kind: "share",
  format: percent,
  series: [
    { label: "direct execution", of: (interval) => shareOf(interval, direct, inModes) },
    { label: "binary translation", of: (interval) => 1 - shareOf(interval, direct, inModes) },
  ],
};

/** Reasons that have a band of their own; what is rare lies in the last. */
const switchReasons: Record<string, string> = {
  halt: "guest idle",
  output: "output",
  input: "input",
  sample: "statistics",
  throttle: "console full",
};

function switches(stats: MachineStats, which: (reason: string) => boolean): number {
  return Object.entries(stats.worldSwitches).reduce((sum, [reason, { count }]) => (which(reason) ? sum + count : sum), 0);
}

export const worldSwitches: Figure = {
  title: "World switches",
  meaning: "How often the monitor gave the host its turn, by reason.",
  kind: "stacked",
  format: rate,
  series: [
    ...Object.entries(switchReasons).map(([reason, label]) => counted(label, (stats) => switches(stats, (name) => name === reason))),
    counted("other", (stats) => switches(stats, (name) => !(name in switchReasons))),
  ],
};

export const faults: Figure = {
  title: "Page faults",
  meaning: "Hidden: the guest's mapping was fine and the monitor's was missing. True: the guest's own mapping forbade the access.",
  kind: "lines",
  format: rate,
  series: [counted("hidden", (stats) => stats.mmu.hiddenFaults), counted("true", (stats) => stats.mmu.trueFaults)],
};

export const consoleTraffic: Figure = {
  title: "Console",
  meaning: "Bytes of the serial ports.",
  kind: "lines",
  inBytes: true,
  format: byteRate,
  series: [counted("out of the guest", (stats) => serial(stats, "outputBytes")), counted("typed", (stats) => serial(stats, "inputBytes"))],
};

export const interrupts: Figure = {
  title: "Interrupts",
  meaning: "Interrupts of devices that reached the guest, and exceptions that its own code raised.",
  kind: "lines",
  format: rate,
  series: [counted("delivered", (stats) => stats.interrupts.delivered), counted("exceptions", (stats) => stats.interrupts.exceptions)],
};
