/** What the routes work with: the parts of the installation that an API server is given. */
import type { Logger } from "pino";
import type { BlobStore } from "../images/blobs.js";
import type { JobQueue } from "../queue/queue.js";
import type { Database } from "../store/database.js";
import type { EventFeed } from "../store/feed.js";
import type { ApiSettings } from "./settings.js";

export interface Service {
  db: Database;
  /** Started. Waits and event streams follow it. */
  feed: EventFeed;
  /** Where uploaded files lie, under their digests. */
  blobs: BlobStore;
  queue: Pick<JobQueue, "submit">;
  /** What API servers and workers of one installation share; authenticates the relay. */
  clusterSecret: string;
  settings: ApiSettings;
  log: Logger;
}
