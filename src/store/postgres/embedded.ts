import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { type Account, chooseAccount, commandAs, endingWithParent } from "./account.js";
import { completeLibraries, copyBinaries, EmbeddedPostgresUnavailable, locateBinaries } from "./binaries.js";
import { giveTo, reaches, socketFolder } from "./folders.js";
import { clearLockFile } from "./lock-file.js";

const user = "worldswitch";
const database = "worldswitch";

/** Recovery after a crash may take a while; nothing else does. */
const startPatienceMs = 60_000;
/** A PostgreSQL that dies more often than this is not started again. */
const restarts = { limit: 5, withinMs: 60_000 };
const logLimitBytes = 8 * 1024 * 1024;

const settings = {
  listen_addresses: "",
  unix_socket_permissions: "0700",
  max_connections: "100",
  shared_buffers: "32MB",
  log_timezone: "UTC",
  timezone: "UTC",
};

export interface EmbeddedOptions {
  /** Absolute or relative; the cluster lies in `postgres` in it, its log in `postgres.log`. */
  dataFolder: string;
  /** Whether a commit waits for the disk, so that what was answered survives a power cut. Default true; false is for databases that are thrown away. */
  durable?: boolean;
  /** How it is kept from running as root; default: the best that this system allows. */
  account?: Account;
  /** Called when PostgreSQL died by itself and was started again. */
  onRestart?: (how: string) => void;
  /** Called once when PostgreSQL died and cannot be brought back. */
  onLost?: (error: Error) => void;
}

/**
 * A PostgreSQL of our own: a child process that listens on nothing but a unix socket in a private folder, ends when this process ends however that is, and is
 * started again when it dies by itself, up to {@link restarts}. After each, connections have to be made again.
 */
export class EmbeddedPostgres {
  private child: ChildProcess | null = null;
  private serving = false;
  private closing = false;
  private readonly deaths: number[] = [];
  private restarting: Promise<void> | null = null;

  private constructor(
    private readonly options: EmbeddedOptions,
    private readonly account: Account,
    private readonly bin: string,
    private readonly cluster: string,
    private readonly socket: string,
    private readonly log: string,
  ) {}

  static async start(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
    const dataFolder = resolve(options.dataFolder);
    await mkdir(dataFolder, { recursive: true, mode: 0o700 });
    const account = options.account ?? chooseAccount();
    const native = await usableBinaries(dataFolder, account);
    const socket = await socketFolder(dataFolder, account);
    const cluster = join(dataFolder, "postgres");
    const server = new EmbeddedPostgres(options, account, join(native, "bin"), cluster, socket, join(dataFolder, "postgres.log"));
    if (!existsSync(cluster)) await server.initialize();
    await server.launch();
    server.serving = true;
    return server;
  }

  /** For any PostgreSQL client. */
  get url(): string {
    return this.urlOf(database);
  }

  private get durable(): boolean {
    return this.options.durable ?? true;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Ends it cleanly: connections are closed, what was committed is on disk. */
  async close(): Promise<void> {
    this.closing = true;
    await this.restarting?.catch(() => {});
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    // Fast shutdown, then immediate shutdown, then none.
    for (const [signal, patienceMs] of [
      ["SIGINT", 15_000],
      ["SIGQUIT", 5_000],
      ["SIGKILL", 5_000],
    ] as const) {
      child.kill(signal);
      const late = new AbortController();
      const done = await Promise.race([ended.then(() => true), delay(patienceMs, false, { signal: late.signal }).catch(() => true)]);
      late.abort();
      if (done) return;
    }
  }

  private urlOf(name: string): string {
    return `postgresql://${user}@localhost/${name}?host=${encodeURIComponent(this.socket)}`;
  }

  /** Into a folder beside it that is renamed at the end: a cluster that exists is whole. */
  private async initialize(): Promise<void> {
    const unfinished = `${this.cluster}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { mode: 0o700 });
    await giveTo(this.account, unfinished);
    const args = ["-D", unfinished, "-U", user, "-A", "trust", "--no-locale", "-E", "UTF8", "--no-instructions"];
    if (!this.durable) args.push("--no-sync");
    const log = await this.openLog();
    const [command, ...rest] = commandAs(this.account, endingWithParent([join(this.bin, "initdb"), ...args]));
    const child = spawn(command, rest, { stdio: ["ignore", log.fd, log.fd], env: environment });
    const [code] = (await once(child, "exit")) as [number | null];
    await log.close();
    if (code !== 0) throw new EmbeddedPostgresUnavailable(`initdb ended with ${code}: ${await this.logTail()}`);
    await rename(unfinished, this.cluster);
  }

  private async launch(): Promise<void> {
    await clearLockFile(this.cluster);
    const log = await this.openLog();
    const args = Object.entries({ ...settings, fsync: this.durable ? "on" : "off" }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const postgres = [join(this.bin, "postgres"), "-D", this.cluster, "-k", this.socket, ...args];
    const [command, ...rest] = commandAs(this.account, endingWithParent(postgres));
    // A session of its own: Ctrl-C in the terminal reaches the server, which then closes this in order.
    const child = spawn(command, rest, { stdio: ["ignore", log.fd, log.fd], env: environment, detached: true, cwd: "/" });
    child.on("error", () => {});
    await log.close();
    this.child = child;
    child.once("exit", (code, signal) => this.ended(child, signal ?? `exit code ${code}`));
    await this.untilReady(child);
  }

  private async untilReady(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + startPatienceMs;
    for (;;) {
      const refusal = await createDatabase(this.urlOf("postgres"));
      if (refusal === null) return;
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
        throw new EmbeddedPostgresUnavailable(`it ended while starting: ${await this.logTail()}`);
      }
      if (Date.now() > deadline) throw new EmbeddedPostgresUnavailable(`it doesn't answer: ${refusal.message}`);
      await delay(25);
    }
  }

  private ended(child: ChildProcess, how: string): void {
    if (!this.serving || this.closing || this.restarting || child !== this.child) return;
    const now = Date.now();
    this.deaths.push(now);
    while (this.deaths[0] < now - restarts.withinMs) this.deaths.shift();
    if (this.deaths.length > restarts.limit) {
      this.options.onLost?.(new EmbeddedPostgresUnavailable(`it died ${this.deaths.length} times within ${restarts.withinMs / 1000} s`));
      return;
    }
    this.restarting = this.relaunch()
      .then(
        () => this.options.onRestart?.(how),
        (error: Error) => this.options.onLost?.(error),
      )
      .finally(() => {
        this.restarting = null;
      });
  }

  /** The backends of a postmaster that was killed hold its shared memory until they have noticed: it then refuses to start for a moment. */
  private async relaunch(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.launch();
      } catch (error) {
        if (attempt === 20 || this.closing) throw error;
        await delay(250);
      }
    }
  }

  private async openLog() {
    const size = await stat(this.log).then(
      (found) => found.size,
      () => 0,
    );
    if (size > logLimitBytes) await rename(this.log, `${this.log}.old`);
    return open(this.log, "a", 0o600);
  }

  private async logTail(): Promise<string> {
    const text = await readFile(this.log, "utf8").catch(() => "");
    return text.trimEnd().split("\n").slice(-3).join(" | ");
  }
}

/** The service's own settings are none of its business; PGDATA and the like would confuse it. */
const environment = { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };

async function usableBinaries(dataFolder: string, account: Account): Promise<string> {
  const { folder, version } = locateBinaries();
  await completeLibraries(folder);
  if (account.kind !== "drop" || reaches(account, join(folder, "bin", "postgres"))) return folder;
  const copy = await copyBinaries(folder, join(dataFolder, `postgres-${version}`));
  await giveTo(account, copy);
  return copy;
}

/** Null once the database is there; why not, otherwise. */
async function createDatabase(url: string): Promise<Error | null> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on("error", () => {});
  try {
    await client.connect();
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
    return null;
  } catch (error) {
    return error as Error;
  } finally {
    await client.end().catch(() => {});
  }
}
