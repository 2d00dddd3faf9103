/** `worldswitch worker`: runs machines on this host for the API servers of an installation. */
import { BlobStore } from "../images/blobs.js";
import { ImageCache } from "../images/image-cache.js";
import { hostBootSource } from "../worker/boot-source.js";
import { UploadedFiles } from "../worker/uploaded-files.js";
import { startWorker, type Worker } from "../worker/worker.js";
import { type Installation, openInstallation } from "./installation.js";
import { reachableHost } from "./reachable.js";
import { requireDatabase, type Start } from "./start.js";

/** How long guests may take to shut down when the server is told to end, in milliseconds. */
const guestPatienceMs = 10_000;

export async function workerCommand(start: Start): Promise<void> {
  requireDatabase(start);
  const installation = await openInstallation(start);
  const worker = await startHostWorker(installation, start.settings.host);
  process.stdout.write(`worldswitch worker ready host=${worker.hostId} data=${installation.data.path}\n`);
}

/** @param host where its streams are served. Only API servers have to know, and its row tells them: any port will do, unless there is a firewall. */
export async function startHostWorker(installation: Installation, host: string): Promise<Worker> {
  const { db, feed, queue, databaseUrl, data, blobs, clusterSecret, environment, lifetime, log } = installation;
  const hostId = await data.hostId();
  const uploads = new UploadedFiles({ db, uploaded: blobs, fetched: new BlobStore(data.fetched), clusterSecret, log });
  return lifetime.hold(
    "worker",
    () =>
      startWorker({
        db,
        feed,
        queue,
        databaseUrl,
        hostId,
        clusterSecret,
        consoleFolder: data.consoles,
        bootSource: hostBootSource(uploads, new ImageCache()),
        translations: data.translations,
        onTaken: () => uploads.open(),
        listen: { host, port: environment.streamPort, reachableAs: reachableHost(environment, host) },
        memoryMiB: environment.memoryMiB,
        log,
        onLost: (error) => {
          log.fatal({ err: error }, "this host belongs to another worker");
          // At once: the other one may be starting the same machines.
          process.exit(1);
        },
      }),
    (worker) => worker.close(guestPatienceMs),
  );
}
