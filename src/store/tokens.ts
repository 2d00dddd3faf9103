/** Tokens: 256 random bits, shown once, kept as a hash. */
import { createHash, randomBytes } from "node:crypto";
import type { Database } from "./database.js";
import type { Token, TokenRole } from "./generated/client.js";
import { defaultProjectId, newId } from "./ids.js";
import { beyond, newestFirst, type PageRequest } from "./paging.js";

export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

export function newSecret(prefix: string): string {
  return prefix + randomBytes(32).toString("base64url");
}

/** The row of a token that opens something now. Looked up by its hash, so that comparing takes no time an attacker could measure. */
export async function findToken(db: Database, secret: string): Promise<Token | null> {
  const token = await db.token.findUnique({ where: { hash: hashSecret(secret) } });
  if (token === null || token.revokedAt !== null) return null;
  return token.expiresAt !== null && token.expiresAt <= new Date() ? null : token;
}

/** Those of some tokens that open something now. */
export async function tokensThatOpen(db: Database, ids: string[]): Promise<Set<string>> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM token WHERE id = ANY(${ids}) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`;
  return new Set(rows.map(({ id }) => id));
}

export async function createToken(
  db: Pick<Database, "token">,
  wanted: { projectId: string; name: string; role: TokenRole; expiresAt: Date | null },
): Promise<{ token: Token; secret: string }> {
  const secret = newSecret("wst_");
  const token = await db.token.create({ data: { id: newId("token"), hash: hashSecret(secret), ...wanted } });
  return { token, secret };
}

export function tokenById(db: Database, id: string): Promise<Token> {
  return db.token.findUniqueOrThrow({ where: { id } });
}

export function listTokens(db: Database, projectId: string, page: PageRequest): Promise<Token[]> {
  return db.token.findMany({ where: { projectId, revokedAt: null, AND: beyond(page) }, ...newestFirst(page) });
}

/** @returns false where the project has no such token */
export async function revokeToken(db: Database, projectId: string, id: string): Promise<boolean> {
  const { count } = await db.token.updateMany({ where: { id, projectId, revokedAt: null }, data: { revokedAt: new Date() } });
  return count > 0;
}

/** Forgets tokens that have opened nothing since `before`: each signing in leaves one. */
export async function sweepTokens(db: Database, before: Date): Promise<void> {
  await db.token.deleteMany({ where: { OR: [{ expiresAt: { lt: before } }, { revokedAt: { lt: before } }] } });
}

/** Id of the one token whose secret comes from where the service is started. */
export const installationAdmin = "tok_admin";

/** Makes `secret` the one token of the installation's administrator; what was it before opens nothing any more. */
export async function setAdminToken(db: Database, secret: string): Promise<void> {
  const hash = hashSecret(secret);
  await db.token.upsert({
    where: { id: installationAdmin },
    create: { id: installationAdmin, projectId: defaultProjectId, name: "admin", hash, role: "admin", installation: true },
    update: { hash, revokedAt: null },
  });
}
