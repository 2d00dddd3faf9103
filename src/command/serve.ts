/** `worldswitch serve`: everything in one process tree, on the embedded PostgreSQL unless DATABASE_URL says otherwise. */
import { announce, startApi } from "./api.js";
import { openInstallation } from "./installation.js";
import { startHostWorker } from "./worker.js";

export async function serveCommand(env: NodeJS.ProcessEnv): Promise<void> {
  const installation = await openInstallation(env);
  await startHostWorker(installation, { host: "127.0.0.1", port: 0 });
  announce(await startApi(installation, env), installation);
}
