/** The real server, spawned as people start it, for tests that kill it. Needs the build. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { vmProcesses } from "../../src/worker/orphans.js";
import { tinyGuest } from "../guests/tiny-guest.js";

const bin = fileURLToPath(new URL("../../bin/worldswitch.js", import.meta.url));

export interface Operation {
  id: string;
  kind: string;
  state: string;
  error: { code: string } | null;
  resources: { vm: string };
}

export interface Vm {
  id: string;
  state: string;
  stateReason: string | null;
  generation: number;
  host: string;
}

/** A server process that has not been waited for. */
export class Spawned {
  readonly stderr: string[] = [];
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly ready: Promise<string>;
  private readonly child: ChildProcess;

  /**
   * `ready` is the ready line.
   * @param launcher words before the command: a program that becomes it
   */
  constructor(command: string, env: Record<string, string>, launcher: string[] = []) {
    const { PATH = "", HOME = "" } = process.env;
    const [program, ...args] = [...launcher, process.execPath, bin, command];
    this.child = spawn(program, args, { env: { PATH, HOME, PORT: "0", ...env }, stdio: ["ignore", "pipe", "pipe"] });
    if (!this.child.stdout || !this.child.stderr) throw new Error("no pipes");
    createInterface({ input: this.child.stderr }).on("line", (line) => this.stderr.push(line));
    this.ended = once(this.child, "close").then(([code, signal]) => ({ code, signal }));
    const lines = createInterface({ input: this.child.stdout });
    const over = this.ended.then(() => {
      throw new Error(`ended before it was ready: ${this.stderr.slice(-5).join("\n")}`);
    });
    this.ready = Promise.race([once(lines, "line").then(([line]) => String(line)), over]);
    // Whoever waits for it is told; a test that doesn't, doesn't mind.
    this.ready.catch(() => {});
    over.catch(() => {});
  }

  kill(signal: NodeJS.Signals) {
    this.child.kill(signal);
    return this.ended;
  }
}

/** An installation in a data folder, which its server can be killed and started again on. */
export class Served {
  url = "";
  token = "";
  private server!: Spawned;

  constructor(
    readonly folder: string,
    private readonly command = "serve",
    private readonly env: Record<string, string> = {},
    private readonly launcher: string[] = [],
  ) {}

  /** Started again, it is where it was before. */
  async start(): Promise<void> {
    const PORT = this.url === "" ? "0" : new URL(this.url).port;
    this.server = new Spawned(this.command, { WORLDSWITCH_DATA: this.folder, PORT, ...this.env }, this.launcher);
    const line = await this.server.ready;
    this.url = /url=(\S+)/.exec(line)?.[1] ?? "";
    this.token = this.env.WORLDSWITCH_ADMIN_TOKEN ?? (await readFile(join(this.folder, "admin-token"), "utf8")).trim();
  }

  kill(signal: NodeJS.Signals) {
    return this.server.kill(signal);
  }

  /** What serve prints for a newcomer. */
  async signInLink(): Promise<string> {
    const link = () => this.log.flatMap((line) => /^sign in: (\S+)$/.exec(line)?.[1] ?? [])[0];
    await until(async () => link() !== undefined);
    return link();
  }

  get log(): string[] {
    return this.server.stderr;
  }

  async request(method: string, path: string, body?: object | Uint8Array): Promise<{ status: number; body: unknown }> {
    const raw = body instanceof Uint8Array;
    const response = await fetch(this.url + path, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, "Content-Type": raw ? "application/octet-stream" : "application/json" },
      body: raw ? Buffer.from(body) : body && JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.url}/metrics`, { headers: { Authorization: `Bearer ${this.token}` } })).text();
  }

  /** Uploads files, by role, as an image; by default the tiny guest as image `tiny`. */
  async addImage(
    fields: object = { name: "tiny", kind: "linux", files: ["kernel"] },
    files: Record<string, Uint8Array> = { kernel: tinyGuest() },
  ): Promise<void> {
    const { body } = await this.request("POST", "/v1/images", fields);
    for (const [role, bytes] of Object.entries(files)) {
      const { status } = await this.request("PUT", `/v1/images/${(body as { id: string }).id}/files/${role}`, bytes);
      if (status >= 300) throw new Error(`upload answered ${status}`);
    }
  }

  async create(fields: object = {}): Promise<Operation> {
    const { status, body } = await this.request("POST", "/v1/vms", { image: "tiny", memoryMiB: 32, ...fields });
    if (status !== 202) throw new Error(`create answered ${status}: ${JSON.stringify(body)}`);
    return body as Operation;
  }

  async ended(operation: Operation): Promise<Operation> {
    for (;;) {
      const { body } = await this.request("GET", `/v1/operations/${operation.id}/wait?timeout=60`);
      const { state } = body as Operation;
      if (state !== "queued" && state !== "running") return body as Operation;
    }
  }

  /** A machine that runs. */
  async running(): Promise<Vm> {
    const operation = await this.ended(await this.create());
    if (operation.state !== "succeeded") throw new Error(JSON.stringify(operation));
    return this.vm(operation.resources.vm);
  }

  async act(vm: Vm, action: string): Promise<Operation> {
    const { body } = await this.request("POST", `/v1/vms/${vm.id}/${action}`);
    return this.ended(body as Operation);
  }

  async vm(id: string): Promise<Vm> {
    return (await this.request("GET", `/v1/vms/${id}`)).body as Vm;
  }

  async inState(id: string, ...states: string[]): Promise<Vm> {
    for (;;) {
      const { body } = await this.request("GET", `/v1/vms/${id}/wait?state=${states.join(",")}&timeout=60`);
      if (states.includes((body as Vm).state)) return body as Vm;
    }
  }

  async operations(): Promise<Operation[]> {
    return ((await this.request("GET", "/v1/operations?limit=100")).body as { items: Operation[] }).items;
  }

  async vms(): Promise<Vm[]> {
    return ((await this.request("GET", "/v1/vms?limit=100")).body as { items: Vm[] }).items;
  }

  async hostId(): Promise<string> {
    return (await readFile(join(this.folder, "host-id"), "utf8")).trim();
  }

  /** Process ids of VM processes, of this or an earlier server. */
  async vmProcesses(): Promise<number[]> {
    return vmProcesses(await this.hostId());
  }

  async vmProcess(vm: Vm): Promise<number> {
    for (const pid of await this.vmProcesses()) {
      if ((await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").includes(`--vm=${vm.id}`)) return pid;
    }
    throw new Error(`${vm.id} has no process`);
  }

  async postgresPid(): Promise<number> {
    return Number.parseInt(await readFile(join(this.folder, "postgres", "postmaster.pid"), "utf8"), 10);
  }
}

/** Looks until it is so: for what no event tells. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(20);
}
