/**
 * The queue carries nothing but ids of operations: what is to be done is a row, and the whole queue may be lost without losing a request. What the service
 * asks of a queue is only this; BullMQ does it (bullmq.ts), on PostgreSQL or on Redis.
 */

/** The queue of one host, or null for the placement queue, from which an operation goes on to its host's. */
export type Lane = string | null;

/** Called with the id of an operation. May be called again for the same one, also after it has ended. What it throws is told to `onError` and the job is gone: the sweeper adds it again while its operation is queued. */
export type JobHandler = (operationId: string) => Promise<void>;

export interface Consumer {
  /** Takes no more jobs, and waits for those being worked on. */
  close(): Promise<void>;
}

export interface JobQueue {
  /** Adds a job; does nothing when one for this operation is in the lane already. */
  submit(lane: Lane, operationId: string): Promise<void>;
  /** Works on up to `concurrency` jobs at once. A job whose consumer died is given to another one. */
  consume(lane: Lane, concurrency: number, handler: JobHandler): Promise<Consumer>;
  /** Forgets all jobs of a host. For its worker at start, when nobody else can be working on them; the sweeper adds what is still queued. */
  clear(hostId: string): Promise<void>;
  /** Closes all that was opened; consumers must have been closed before. */
  close(): Promise<void>;
}
