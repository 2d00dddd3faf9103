/** `worldswitch api`: an API server over a database that workers share with it. */
import { createApiServer } from "../server/server.js";
import { settingsFromEnvironment } from "../server/settings.js";
import { setAdminToken } from "../store/tokens.js";
import { type Installation, openInstallation } from "./installation.js";
import { requireDatabase } from "./start.js";

export async function apiCommand(env: NodeJS.ProcessEnv): Promise<void> {
  requireDatabase(env);
  const installation = await openInstallation(env);
  announce(await startApi(installation, env), installation);
}

/** Answers the URL that it listens on. */
export async function startApi(installation: Installation, env: NodeJS.ProcessEnv): Promise<string> {
  const { db, feed, blobs, queue, clusterSecret, environment, data, lifetime, log } = installation;
  const settings = settingsFromEnvironment(env);
  await setAdminToken(db, environment.adminToken ?? (await data.adminToken()));
  const server = await lifetime.hold(
    "API server",
    () => createApiServer({ db, feed, blobs, queue, clusterSecret, settings, log }),
    (opened) => opened.close(),
  );
  return server.listen();
}

/** The one line on standard output. */
export function announce(url: string, { data }: Installation): void {
  process.stdout.write(`worldswitch ready url=${url} data=${data.path}\n`);
}
