/** Sign-in codes: tickets that open no stream, but become a token once. */
import type { Database } from "./database.js";
import type { Token } from "./generated/client.js";
import { type CreatedTicket, createTicket } from "./tickets.js";
import { createToken, hashSecret } from "./tokens.js";

const stream = "sign-in";
const codeMs = 10 * 60_000;
const tokenMs = 30 * 86_400_000;

export function createSignInCode(db: Database, projectId: string): Promise<CreatedTicket> {
  return createTicket(db, { projectId, stream, role: "admin", vmId: null, tokenId: null }, codeMs);
}

/** The token that a code becomes; null where it is unknown, used or expired. Of two that send one code at once, one gets a token. */
export function redeemSignInCode(db: Database, code: string): Promise<{ token: Token; secret: string } | null> {
  return db.$transaction(async (tx) => {
    const now = new Date();
    const where = { hash: hashSecret(code), stream, expiresAt: { gt: now } };
    const ticket = await tx.ticket.findFirst({ where });
    if (ticket === null || (await tx.ticket.deleteMany({ where })).count === 0) return null;
    const name = `dashboard-${now.toISOString().slice(0, 16).replace(":", "").toLowerCase()}`;
    return createToken(tx, { projectId: ticket.projectId, name, role: "admin", expiresAt: new Date(now.getTime() + tokenMs) });
  });
}
