/** `worldswitch worker`: runs machines on this host for the API servers of an installation. */
import { ImageCache } from "../images/image-cache.js";
import { hostBootSource } from "../worker/boot-source.js";
import { startWorker, type Worker } from "../worker/worker.js";
import { type Installation, openInstallation } from "./installation.js";
import { requireDatabase, type Start } from "./start.js";

/** How long guests may take to shut down when the server is told to end, in milliseconds. */
const guestPatienceMs = 10_000;

export async function workerCommand(start: Start): Promise<void> {
  requireDatabase(start);
  const installation = await openInstallation(start);
  // Only API servers have to know where its streams are served, and its row tells them: any port will do.
  const worker = await startHostWorker(installation, { host: start.settings.host, port: 0 });
  process.stdout.write(`worldswitch worker ready host=${worker.hostId} data=${installation.data.path}\n`);
}

export async function startHostWorker(installation: Installation, listen: { host: string; port: number }): Promise<Worker> {
  const { db, feed, queue, databaseUrl, data, blobs, clusterSecret, lifetime, log } = installation;
  const hostId = await data.hostId();
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
        bootSource: hostBootSource(blobs, new ImageCache()),
        listen,
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
