/** Tickets: open one stream once, without a header, on any API server. */
import type { Database } from "./database.js";
import type { Ticket } from "./generated/client.js";
import { hashSecret, newSecret, tokensThatOpen } from "./tokens.js";

const lifetimeMs = 60_000;

export interface CreatedTicket {
  secret: string;
  expiresAt: Date;
}

export async function createTicket(
  db: Database,
  wanted: { projectId: string; stream: string; role: string; vmId: string | null; tokenId: string | null },
  validMs = lifetimeMs,
): Promise<CreatedTicket> {
  const secret = newSecret("wsk_");
  const expiresAt = new Date(Date.now() + validMs);
  await db.ticket.deleteMany({ where: { expiresAt: { lt: new Date() } } });
  await db.ticket.create({ data: { ...wanted, hash: hashSecret(secret), expiresAt } });
  return { secret, expiresAt };
}

/** The ticket, if it still opens something. It does until it is consumed, for as long as the token does that asked for it. */
export async function findTicket(db: Database, secret: string): Promise<Ticket | null> {
  const ticket = await db.ticket.findUnique({ where: { hash: hashSecret(secret) } });
  if (ticket === null || ticket.expiresAt <= new Date()) return null;
  const { tokenId } = ticket;
  return tokenId === null || (await tokensThatOpen(db, [tokenId])).has(tokenId) ? ticket : null;
}

/** @returns false where somebody else was faster */
export async function consumeTicket(db: Database, hash: string): Promise<boolean> {
  const { count } = await db.ticket.deleteMany({ where: { hash } });
  return count === 1;
}
