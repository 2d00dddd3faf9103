/** In `/metrics`: what the machines of each host have done, as the workers report it at each scrape. A host that doesn't answer is left out. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { HostStats } from "../contract/host-stats.js";
import { liveHosts } from "../store/hosts.js";
import type { Service } from "./service.js";
import { askWorker } from "./streams/worker-endpoint.js";

interface Report {
  host: string;
  stats: HostStats;
}
type Labels = Record<string, string>;
type Values = (stats: HostStats) => [labels: Labels, value: number][];

/** Cumulative since the worker started. */
const counters: [name: string, help: string, labels: string[], values: Values][] = [
  [
    "instructions_total",
    "Guest instructions retired, by the execution mode that the decision engine chose",
    ["mode"],
    ({ modes }) => byKey("mode", modes, (mode) => mode.instructions),
  ],
  ["mode_entries_total", "Entries into execution modes", ["mode"], ({ modes }) => byKey("mode", modes, (mode) => mode.entries)],
  ["halted_seconds_total", "Time that guests were halted", [], ({ cpu }) => [[{}, cpu.haltedUs / 1e6]]],
  [
    "page_faults_total",
    "Hidden faults fill the monitor's tables, true faults are the guest's",
    ["kind"],
    ({ mmu }) => [
      [{ kind: "hidden" }, mmu.hiddenFaults],
      [{ kind: "true" }, mmu.trueFaults],
    ],
  ],
  ["interrupts_total", "Interrupts delivered to guests", [], ({ interrupts }) => [[{}, interrupts.delivered]]],
  ["exceptions_total", "Exceptions delivered to guests", [], ({ interrupts }) => [[{}, interrupts.exceptions]]],
  ["translator_regions_total", "Regions translated", [], ({ translator }) => [[{}, translator.regionsCompiled]]],
  [
    "translator_recalled_regions_total",
    "Regions had again instead of translated",
    [],
    ({ translator }) => [[{}, translator.regionsRecalled]],
  ],
  ["translator_linked_regions_total", "Regions put into a larger module", [], ({ translator }) => [[{}, translator.regionsLinked]]],
  ["translator_retranslations_total", "Regions translated again", [], ({ translator }) => [[{}, translator.retranslations]]],
  ["translator_generations_total", "Wholesale flushes of translated regions", [], ({ translator }) => [[{}, translator.generations]]],
  ["translator_instructions_total", "Guest instructions retired in regions", [], ({ translator }) => [[{}, translator.instructions]]],
  ["translator_entries_total", "Entries into regions", [], ({ translator }) => [[{}, translator.entries]]],
  ["translator_exits_total", "Exits of regions", ["cause"], ({ translator }) => byKey("cause", translator.exits, (count) => count)],
  [
    "translator_seconds_total",
    "Time that requests waited for their translation, that translating took, and compiling",
    ["phase"],
    ({ translator }) => [
      [{ phase: "queue" }, translator.queueTimeUs / 1e6],
      [{ phase: "translate" }, translator.translateTimeUs / 1e6],
      [{ phase: "compile" }, translator.compileTimeUs / 1e6],
    ],
  ],
];

/** Of the moment. */
const gauges: [name: string, help: string, value: (stats: HostStats) => number][] = [
  ["translator_live_regions", "Regions in place", ({ translator }) => translator.liveRegions],
  ["translator_code_bytes", "WebAssembly of the regions in place", ({ translator }) => translator.codeBytes],
  ["translator_queue_length", "Regions that are being translated", ({ translator }) => translator.queueLength],
];

const prefix = "worldswitch_machine_";

export function registerMachineMetrics(registry: Registry, service: Service): void {
  const registers = [registry];
  // The metrics of one scrape are collected at the same time, from the same answers.
  let asked: Promise<Report[]> | null = null;
  const reports = (): Promise<Report[]> => {
    asked ??= askWorkers(service).finally(() => {
      asked = null;
    });
    return asked;
  };
  for (const [name, help, labels, values] of counters) {
    new Counter({
      name: prefix + name,
      help,
      labelNames: ["host", ...labels],
      registers,
      async collect() {
        const heard = await reports();
        this.reset();
        for (const { host, stats } of heard) for (const [own, value] of values(stats)) this.inc({ host, ...own }, value);
      },
    });
  }
  for (const [name, help, value] of gauges) {
    new Gauge({
      name: prefix + name,
      help,
      labelNames: ["host"],
      registers,
      async collect() {
        const heard = await reports();
        this.reset();
        for (const { host, stats } of heard) this.set({ host }, value(stats));
      },
    });
  }
  registry.registerMetric(new WorldSwitchTimes(reports));
}

/** A histogram whose buckets have been filled elsewhere, in powers of two of microseconds. */
class WorldSwitchTimes extends Histogram<"host" | "reason"> {
  constructor(private readonly reports: () => Promise<Report[]>) {
    super({ name: switchTimes.name, help: switchTimes.help, labelNames: ["host", "reason"], registers: [] });
  }

  /** What the registry asks a histogram for. */
  async getForPromString() {
    const heard = await this.reports();
    const values = heard.flatMap(({ host, stats }) =>
      Object.entries(stats.worldSwitches).flatMap(([reason, time]) => samples({ host, reason }, time)),
    );
    return { ...switchTimes, values };
  }
}

const switchTimes = {
  name: `${prefix}world_switch_seconds`,
  help: "Time that monitors were away, by the reason for which they left",
  type: "histogram",
  aggregator: "sum",
};

function samples(labels: Labels, { count, timeUs, histogramUs }: HostStats["worldSwitches"][string]) {
  const { name } = switchTimes;
  let below = 0;
  const buckets = histogramUs.map((some, n) => {
    below += some;
    const le = n === histogramUs.length - 1 ? "+Inf" : String(2 ** n / 1e6);
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: below };
  });
  const sum = { metricName: `${name}_sum`, labels, value: timeUs / 1e6 };
  return [...buckets, sum, { metricName: `${name}_count`, labels, value: count }];
}

async function askWorkers(service: Service): Promise<Report[]> {
  const hosts = await liveHosts(service.db);
  const answers = await Promise.all(hosts.map((host) => askHost(service, host.id)));
  return answers.filter((report) => report !== null);
}

async function askHost(service: Service, host: string): Promise<Report | null> {
  try {
    const { status, body } = await askWorker(service, host, "/stats", {}, "metrics");
    const stats = status === 200 ? HostStats.nullable().parse(JSON.parse(body.toString("utf8"))) : null;
    return stats && { host, stats };
  } catch (error) {
    service.log.warn({ err: error, host }, "no statistics of a host");
    return null;
  }
}

function byKey<T>(label: string, of: Record<string, T>, value: (item: T) => number): [Labels, number][] {
  return Object.entries(of).map(([key, item]) => [{ [label]: key }, value(item)]);
}
