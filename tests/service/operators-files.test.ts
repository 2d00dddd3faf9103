/** What operators are given beside the program: compose.yaml, what Prometheus and Grafana read, and the README's table of variables. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readEnvironment } from "../../src/command/environment.js";
import { settingsFromEnvironment } from "../../src/server/settings.js";
import { type Installation, startInstallation } from "./http-installation.js";

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
const yaml = async (path: string) => parse(await read(path), { merge: true });

/** Variables that the program asks for, where they have these values. */
function variablesAsked(values: Record<string, string> = {}): string[] {
  const asked = new Set<string>();
  const env = new Proxy(values, {
    get: (given, name: string) => {
      asked.add(name);
      return given[name];
    },
  });
  readEnvironment(env);
  settingsFromEnvironment(env);
  return [...asked];
}

describe("metrics", () => {
  let installation: Installation;
  /** Type by name, and the names of all samples that a metric of it has. */
  let types: Map<string, string>;
  let samples: Set<string>;
  beforeAll(async () => {
    installation = await startInstallation();
    const { text } = await installation.admin.get("/metrics");
    types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]));
    const suffixes: Record<string, string[]> = { histogram: ["_bucket", "_sum", "_count"], summary: ["", "_sum", "_count"] };
    samples = new Set([...types].flatMap(([name, type]) => (suffixes[type] ?? [""]).map((suffix) => name + suffix)));
  });
  afterAll(() => installation?.close());

  const ours = () => [...types].filter(([name]) => name.startsWith("worldswitch_"));

  it("are named as Prometheus wants it: counters end in _total, and nothing else; base units; no upper case", () => {
    expect(ours().length).toBeGreaterThan(20);
    for (const [name, type] of ours()) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
      expect(name).not.toMatch(/_(ms|us|ns|milliseconds|microseconds|minutes|kib|mib|kb|mb|percent)(_total)?$/i);
      if (type === "histogram") expect(name).toMatch(/_(seconds|bytes)$/);
    }
  });

  /** Names in an expression: what is neither a function, a keyword nor inside braces, brackets or a grouping. */
  function metricsOf(expression: string): string[] {
    const bare = expression.replaceAll(/\{[^}]*\}|\[[^\]]*\]|\b(by|without|on|ignoring)\s*\([^)]*\)/g, " ");
    return [...bare.matchAll(/[a-z_][a-z0-9_]*(?![a-z0-9_]*\s*\()/g)]
      .map(([name]) => name)
      .filter((name) => name.includes("_") || name === "up");
  }

  it("that alert rules name exist", async () => {
    const { groups } = await yaml("api/alerts.yml");
    const rules: { alert: string; expr: string; annotations: object }[] = groups.flatMap((group: { rules: object[] }) => group.rules);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, expr, annotations } of rules) {
      const names = metricsOf(expr).filter((name) => name !== "up" && name !== "histogram_quantile");
      expect([alert, names.filter((name) => !samples.has(name))]).toEqual([alert, []]);
      expect(metricsOf(expr)).not.toEqual([]);
      expect(Object.keys(annotations)).toEqual(["summary", "description"]);
    }
  });

  it("that the dashboard shows exist", async () => {
    const { panels } = JSON.parse(await read("api/grafana-dashboard.json")) as {
      panels: { title: string; targets?: { expr: string }[] }[];
    };
    const shown = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, names: metricsOf(expr) })));
    for (const { title, names } of shown) {
      expect(names).not.toEqual([]);
      expect([title, names.filter((name) => !samples.has(name))]).toEqual([title, []]);
    }
    // And all that is told of the installation is looked at somewhere.
    const looked = new Set(shown.flatMap(({ names }) => names));
    for (const name of samples) if (/^worldswitch_(vms|hosts?_|operation)/.test(name)) expect(looked).toContain(name);
  });
});

describe("compose.yaml", () => {
  interface ComposeService {
    build?: string;
    command?: string[];
    environment?: Record<string, string>;
    volumes?: (string | object)[];
    secrets?: string[];
    depends_on?: Record<string, object>;
    configs?: { source: string }[];
  }
  interface Compose {
    services: Record<string, ComposeService>;
    volumes: Record<string, null>;
    secrets: Record<string, object>;
    configs: Record<string, { content: string }>;
  }
  let compose: Compose;
  beforeAll(async () => {
    compose = await yaml("compose.yaml");
  });

  const own = () => Object.entries(compose.services).filter(([, { build }]) => build === ".");

  it("runs two API servers and two workers, which agree on all that they share", () => {
    const commands = own().map(([, { command }]) => command?.join(" "));
    expect(commands.sort()).toEqual(["api", "api", "worker", "worker"].map((command) => `node bin/worldswitch.js ${command}`));
    for (const name of ["DATABASE_URL", "REDIS_URL", "WORLDSWITCH_CLUSTER_SECRET"])
      expect(new Set(own().map(([, { environment }]) => environment?.[name])).size).toBe(1);
    for (const [name, { environment }] of own()) expect(environment?.WORLDSWITCH_ADDRESS).toBe(name);
  });

  it("gives them only variables that they ask for, with values that they take", () => {
    for (const [, { environment = {} }] of own()) {
      const values = Object.fromEntries(
        Object.entries(environment).map(([name, value]) => [name, value.replaceAll(/\$\{\w+:\?\}/g, "5".repeat(64))]),
      );
      const asked = variablesAsked(values);
      expect(Object.keys(environment).filter((name) => !asked.includes(name))).toEqual([]);
    }
  });

  it("names only services, volumes, secrets, settings and files that are there", async () => {
    const { services, volumes, secrets, configs } = compose;
    for (const service of Object.values(services)) {
      for (const name of Object.keys(service.depends_on ?? {})) expect(services).toHaveProperty(name);
      for (const name of service.secrets ?? []) expect(secrets).toHaveProperty(name);
      for (const { source } of service.configs ?? []) expect(parse(configs[source].content)).toHaveProperty("apiVersion", 1);
      for (const [source] of (service.volumes ?? []).map((volume) => String(volume).split(":"))) {
        if (source.startsWith("./")) await read(source);
        else expect(volumes).toHaveProperty([source]);
      }
    }
    const { rule_files, scrape_configs } = await yaml("api/prometheus.yml");
    for (const file of rule_files) await read(`api/${file}`);
    const targets: string[] = scrape_configs[0].static_configs[0].targets;
    for (const target of targets) expect(services).toHaveProperty([target.split(":")[0]]);
  });
});

it("the README names every variable that the program asks for", async () => {
  const documented = [...(await read("README.md")).matchAll(/`([A-Z][A-Z_]{3,})`/g)].map(([, name]) => name);
  expect(variablesAsked().filter((name) => !documented.includes(name))).toEqual([]);
});
