/** Idempotency keys: the first request with a key leaves its answer, which the same request gets again. */
import type { Database } from "./database.js";
import type { Prisma } from "./generated/client.js";
import { newId } from "./ids.js";

export interface StoredAnswer {
  status: number;
  headers: Record<string, string>;
  /** JSON text; null: the answer held a secret and was not kept, or there was no body. */
  body: string | null;
  secret: boolean;
}

/** What the column `headers` holds. */
interface KeptHeaders extends Prisma.JsonObject {
  fields: Record<string, string>;
  secret: boolean;
}

export type Reservation =
  | { outcome: "reserved"; id: string }
  | { outcome: "answered"; answer: StoredAnswer }
  | { outcome: "in_flight" }
  | { outcome: "other_request" };

/**
 * Takes the key for a request. One that was answered longer than `keptMs` ago, or whose server never came back within `inFlightMs`, is free again.
 */
export async function reserveKey(
  db: Database,
  request: { projectId: string; key: string; fingerprint: string },
  { keptMs, inFlightMs }: { keptMs: number; inFlightMs: number },
): Promise<Reservation> {
  const { projectId, key, fingerprint } = request;
  const now = Date.now();
  await db.idempotencyKey.deleteMany({
    where: {
      projectId,
      OR: [{ createdAt: { lt: new Date(now - keptMs) } }, { key, completedAt: null, createdAt: { lt: new Date(now - inFlightMs) } }],
    },
  });
  const id = newId("key");
  // ON CONFLICT DO NOTHING: of two requests at once one takes the key, the other finds it taken.
  const { count } = await db.idempotencyKey.createMany({ data: [{ id, projectId, key, fingerprint }], skipDuplicates: true });
  if (count === 1) return { outcome: "reserved", id };
  const first = await db.idempotencyKey.findUnique({ where: { projectId_key: { projectId, key } } });
  if (first === null) return { outcome: "in_flight" };
  if (first.fingerprint !== fingerprint) return { outcome: "other_request" };
  if (first.status === null) return { outcome: "in_flight" };
  const { fields, secret } = first.headers as unknown as KeptHeaders;
  return { outcome: "answered", answer: { status: first.status, headers: fields, body: first.body, secret } };
}

export async function completeKey(db: Database, id: string, answer: StoredAnswer): Promise<void> {
  await db.idempotencyKey.updateMany({
    where: { id },
    data: {
      status: answer.status,
      headers: { fields: answer.headers, secret: answer.secret } satisfies KeptHeaders,
      body: answer.secret ? null : answer.body,
      completedAt: new Date(),
    },
  });
}

/** The request failed before it did anything that a retry would do twice: its key is free again. */
export async function releaseKey(db: Database, id: string): Promise<void> {
  await db.idempotencyKey.deleteMany({ where: { id } });
}
