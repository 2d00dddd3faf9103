import { randomUUID } from "node:crypto";
import { cpus, hostname } from "node:os";
import type { Logger } from "pino";
import type { JobQueue } from "../queue/queue.js";
import type { Database } from "../store/database.js";
import type { EventFeed } from "../store/feed.js";
import { registerHost, retireHost } from "../store/hosts.js";
import { placeOperation } from "../store/placement.js";
import type { BootSource } from "./boot-source.js";
import type { CommandParts } from "./commands/command.js";
import { ConsoleHub } from "./console/hub.js";
import { type Deadlines, defaultDeadlines } from "./deadlines.js";
import { Departed } from "./departed.js";
import { beat } from "./heartbeat.js";
import { HostLock } from "./host-lock.js";
import { hostMemoryMiB } from "./host-memory.js";
import { HostTotals } from "./host-totals.js";
import { JobRunner } from "./job-runner.js";
import { endOrphans } from "./orphans.js";
import { reconcile } from "./reconcile.js";
import type { MachineEnd } from "./report.js";
import { beginSampling } from "./sampler.js";
import { StatsHistory } from "./stats-history.js";
import { StreamEndpoint } from "./streams/endpoint.js";
import { Supervisor } from "./supervisor.js";
import { Sweeper } from "./sweeper.js";

/** Operations of a host that are worked on at once, on as many machines. Preparing an image holds one for minutes. */
const hostConcurrency = 64;
const placementConcurrency = 4;

export interface WorkerOptions {
  db: Database;
  /** Started. */
  feed: EventFeed;
  queue: JobQueue;
  databaseUrl: string;
  hostId: string;
  clusterSecret: string;
  /** Where the scrollback of consoles is kept. */
  consoleFolder: string;
  bootSource: BootSource;
  /** Folder in which machines keep translations; none: they don't. */
  translations?: string;
  /** Where the stream endpoint listens; port 0 takes a free one. `reachableAs`: the host in the address by which API servers find it. */
  listen: { host: string; port: number; reachableAs: string };
  /** What machines here may take in all; 0: all that there is. */
  memoryMiB?: number;
  log: Logger;
  /** This host is ours: what an earlier worker left in its folders can be cleared away, and not before. */
  onTaken?: () => Promise<void>;
  /** Another worker has taken this host over: this one must end, with its machines, at once. */
  onLost: (error: Error) => void;
  deadlines?: Deadlines;
  /** Milliseconds between the samples of the history. */
  historyMs?: number;
  /** What a VM process runs, if not the monitor. */
  program?: string;
}

export interface Worker {
  hostId: string;
  streamUrl: string;
  supervisor: Supervisor;
  sweeper: Sweeper;
  departed: Departed;
  /** Takes no more jobs; shuts the guests down, and ends those that have not followed within `guestPatienceMs`. */
  close(guestPatienceMs: number): Promise<void>;
}

const workerStops: MachineEnd = { state: "stopped", reason: "server_stopped", fault: null, message: "the server was stopped" };

/**
 * Begins to work for a host: takes its lock, ends what an earlier worker left running, brings rows in line, then takes jobs.
 * @throws HostInUse when another worker of this host is alive
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { db, feed, queue, hostId, clusterSecret, bootSource, translations, deadlines = defaultDeadlines, program } = options;
  const log = options.log.child({ host: hostId });
  const lock = await HostLock.take(options.databaseUrl, hostId, options.onLost);
  await options.onTaken?.();
  const orphans = await endOrphans(hostId);
  if (orphans.length > 0) log.warn({ pids: orphans }, "ended VM processes of an earlier worker");

  const consoles = new ConsoleHub(options.consoleFolder, log);
  const totals = new HostTotals();
  const history = new StatsHistory(options.historyMs ?? 10_000);
  const supervisor = new Supervisor({ db, hostId, consoles, program, deadlines, totals, log });
  const streams = new StreamEndpoint({ db, hostId, supervisor, totals, history, consoles, clusterSecret, log });
  const { host, port, reachableAs } = options.listen;
  const streamUrl = `http://${reachableAs}:${await streams.listen(host, port)}`;

  await reconcile(db, hostId, log);
  const departed = new Departed({ db, supervisor, consoles, history, translations, log });
  await departed.end();
  // Only now that the rows are in line may anybody send machines here.
  const incarnation = randomUUID();
  const memoryMiB = options.memoryMiB || hostMemoryMiB();
  await registerHost(db, hostId, { name: hostname(), streamUrl, incarnation, cpus: cpus().length, memoryMiB });
  const takenOver = () => options.onLost(new Error(`another worker has taken over host ${hostId}`));
  const stopBeating = beat(db, hostId, incarnation, takenOver, log);
  const stopSampling = beginSampling({ db, supervisor, history, log });

  const parts: CommandParts = { db, supervisor, consoles, history, bootSource, translations, deadlines, log };
  const runner = new JobRunner(parts, hostId, feed);
  const sweeper = new Sweeper(db, queue, log);
  // Jobs that the earlier worker held would wait for their locks: begin anew with what is queued.
  await queue.clear(hostId);
  await sweeper.sweep(new Date());
  const placement = await queue.consume(null, placementConcurrency, async (operationId) => {
    const host = await placeOperation(db, operationId);
    if (host !== null) await queue.submit(host, operationId);
  });
  const commands = await queue.consume(hostId, hostConcurrency, (operationId) => runner.run(operationId));
  sweeper.start();
  departed.start();

  return {
    hostId,
    streamUrl,
    supervisor,
    sweeper,
    departed,
    async close(guestPatienceMs) {
      await stopBeating();
      await stopSampling();
      await departed.close();
      await retireHost(db, hostId, incarnation);
      await sweeper.close();
      await placement.close();
      const idle = commands.close();
      runner.abortAll({ code: "worker_lost", message: "the worker was stopped" });
      await Promise.all(supervisor.all().map((machine) => machine.shutDown(workerStops, guestPatienceMs)));
      await idle;
      // What a job began while the others were being shut down.
      await Promise.all(supervisor.all().map((machine) => machine.shutDown(workerStops, 0)));
      runner.close();
      await streams.close();
      consoles.close();
      await lock.close();
    },
  };
}
