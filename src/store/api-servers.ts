import { type Database, databaseTime } from "./database.js";

/** An API server that has not been heard of for this long is not asked any more, in milliseconds; its row goes when another tidies up. */
const silenceMs = 20_000;

/** Writes down that the server is up; again and again, so that the row stays fresh. */
export async function heardOfApiServer(db: Database, id: string, url: string): Promise<void> {
  const fields = { url, heartbeatAt: await databaseTime(db) };
  await db.apiServer.upsert({ where: { id }, create: { id, ...fields }, update: fields });
}

export async function retireApiServer(db: Database, id: string): Promise<void> {
  await db.apiServer.deleteMany({ where: { id } });
}

/** Removes those that ended without saying so. */
export async function forgetSilentApiServers(db: Database): Promise<void> {
  await db.apiServer.deleteMany({ where: { heartbeatAt: { lt: await heardOfAfter(db) } } });
}

/** Addresses of those that are up. */
export async function apiServerUrls(db: Database): Promise<string[]> {
  const servers = await db.apiServer.findMany({ where: { heartbeatAt: { gt: await heardOfAfter(db) } }, orderBy: { id: "asc" } });
  return servers.map(({ url }) => url);
}

async function heardOfAfter(db: Database): Promise<Date> {
  return new Date((await databaseTime(db)).getTime() - silenceMs);
}
