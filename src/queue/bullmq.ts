import type { Consumer, JobHandler, JobQueue, Lane } from "./queue.js";

/** A job whose consumer died is taken again after this long, in milliseconds. Short is safe: taking a job twice does no harm. */
const lockMs = 4_000;

/** Pause after the back end could not be reached, in milliseconds. */
const retryMs = 500;

/** Of BullMQ's Queue, what is used here. */
export interface BullQueue {
  add(name: string, data: object, options: { jobId: string; removeOnComplete: boolean; removeOnFail: boolean }): Promise<unknown>;
  obliterate(options: { force: boolean }): Promise<void>;
  close(): Promise<void>;
}

/** Of BullMQ's Worker, what is used here. */
export interface BullWorker {
  waitUntilReady(): Promise<unknown>;
  /** Takes no more jobs. May be done before those that are being worked on are. */
  close(): Promise<void>;
}

export type Processor = (job: { id?: string }) => Promise<void>;

export interface BullWorkerOptions {
  concurrency: number;
  lockDuration: number;
  stalledInterval: number;
  runRetryDelay: number;
}

/** Where BullMQ keeps its queues (postgres.ts, redis.ts). Errors of what it opens are told to whoever opened the back end. */
export interface BullBackend {
  openQueue(name: string): BullQueue;
  openWorker(name: string, processor: Processor, options: BullWorkerOptions): BullWorker;
  /** After all that was opened has been closed. */
  close(): Promise<void>;
}

const queueName = (lane: Lane) => (lane === null ? "placement" : `host-${lane}`);

/** The queue that the service asks for, on BullMQ. */
export class BullJobQueue implements JobQueue {
  private readonly lanes = new Map<Lane, BullQueue>();

  constructor(private readonly backend: BullBackend) {}

  async submit(lane: Lane, operationId: string): Promise<void> {
    await this.lane(lane).add("operation", {}, { jobId: operationId, removeOnComplete: true, removeOnFail: true });
  }

  async consume(lane: Lane, concurrency: number, handler: JobHandler): Promise<Consumer> {
    const running = new Set<Promise<void>>();
    const processor: Processor = async ({ id }) => {
      if (!id) return;
      const run = handler(id).finally(() => running.delete(run));
      running.add(run);
      await run;
    };
    const options = { concurrency, lockDuration: lockMs, stalledInterval: lockMs / 2, runRetryDelay: retryMs };
    const worker = this.backend.openWorker(queueName(lane), processor, options);
    await worker.waitUntilReady();
    return {
      async close() {
        await worker.close();
        await Promise.allSettled(running);
      },
    };
  }

  async clear(hostId: string): Promise<void> {
    await this.lane(hostId).obliterate({ force: true });
  }

  async close(): Promise<void> {
    await Promise.all([...this.lanes.values()].map((queue) => queue.close()));
    await this.backend.close();
  }

  private lane(lane: Lane): BullQueue {
    let queue = this.lanes.get(lane);
    if (!queue) {
      queue = this.backend.openQueue(queueName(lane));
      this.lanes.set(lane, queue);
    }
    return queue;
  }
}
