/** `worldswitch serve`: everything in one process tree, on the embedded PostgreSQL unless DATABASE_URL says otherwise. */
import { announce, holdApi, listenApi, offerSignIn } from "./api.js";
import { openInstallation } from "./installation.js";
import type { Start } from "./start.js";
import { startHostWorker } from "./worker.js";

export async function serveCommand(start: Start): Promise<void> {
  const installation = await openInstallation(start);
  // First, since it is what fails most often (the port is taken): then no machine has been started in vain.
  const api = await listenApi(installation);
  // Its streams are for this server alone, unless the others are told where it is.
  await startHostWorker(installation, start.environment.address === null ? "127.0.0.1" : start.settings.host);
  await holdApi(installation, api);
  announce(api, installation);
  await offerSignIn(api, installation);
}
