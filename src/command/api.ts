/** `worldswitch api`: an API server over a database that workers share with it. */
import { announcePresence } from "../server/presence.js";
import { type ApiServer, createApiServer } from "../server/server.js";
import { signInPath } from "../server/sign-in-link.js";
import { defaultProjectId } from "../store/ids.js";
import { createSignInCode } from "../store/sign-in.js";
import { setAdminToken } from "../store/tokens.js";
import { type Installation, openInstallation } from "./installation.js";
import { reachableHost } from "./reachable.js";
import { requireDatabase, type Start } from "./start.js";

export async function apiCommand(start: Start): Promise<void> {
  requireDatabase(start);
  const installation = await openInstallation(start);
  const api = await listenApi(installation);
  await holdApi(installation, api);
  announce(api, installation);
}

export interface ListeningApi {
  server: ApiServer;
  url: string;
}

/** Serves from here on; {@link holdApi} is what closes it. */
export async function listenApi(installation: Installation): Promise<ListeningApi> {
  const { db, feed, blobs, queue, clusterSecret, environment, settings, data, log } = installation;
  await setAdminToken(db, environment.adminToken ?? (await data.adminToken()));
  const server = await createApiServer({ db, feed, blobs, queue, clusterSecret, settings, log });
  return { server, url: await server.listen() };
}

/** To be called last, so that no more requests come before anything else is closed. */
export async function holdApi({ lifetime, db, environment, settings, log }: Installation, { server, url }: ListeningApi): Promise<void> {
  const clusterUrl = `http://${reachableHost(environment, settings.host)}:${new URL(url).port || 80}`;
  await lifetime.hold(
    "presence",
    () => announcePresence(db, clusterUrl, log),
    (presence) => presence.close(),
  );
  await lifetime.hold(
    "API server",
    async () => server,
    (held) => held.close(),
  );
}

/** The one line on standard output. */
export function announce({ url }: ListeningApi, { data }: Installation): void {
  process.stdout.write(`worldswitch ready url=${url} data=${data.path}\n`);
}

/** For whoever has just started it: a link to the dashboard that signs in. On standard error, since standard output has the ready line only. */
export async function offerSignIn({ url }: ListeningApi, { db, settings, log }: Installation): Promise<void> {
  try {
    const { secret } = await createSignInCode(db, defaultProjectId);
    process.stderr.write(`sign in: ${settings.publicUrl ?? url}${signInPath(secret)}\n`);
  } catch (error) {
    log.warn({ err: error }, "no sign-in link; `worldswitch sign-in` prints one");
  }
}
