/** Who sends a request: a token, its role, and the project it works in. */
import type { IncomingMessage } from "node:http";
import { roleReaches, type TokenRole } from "../contract/access.js";
import type { Endpoint } from "../contract/endpoint.js";
import type { PrismaClient } from "../store/generated/client.js";
import { findProject } from "../store/projects.js";
import { findToken } from "../store/tokens.js";
import { notFound, ProblemError } from "./problem.js";
import type { RateLimit } from "./rate-limit.js";

export interface Caller {
  tokenId: string;
  role: TokenRole;
  /** An administrator of the installation: may select any project. */
  installation: boolean;
  /** The project that the token belongs to. */
  projectId: string;
}

function unauthorized(detail: string): ProblemError {
  return new ProblemError("unauthorized", detail, { headers: { "WWW-Authenticate": 'Bearer realm="worldswitch"' } });
}

/** @throws ProblemError `unauthorized` */
async function authenticate(db: PrismaClient, authorization: string | undefined): Promise<Caller> {
  if (authorization === undefined) throw unauthorized("Send the token as Authorization: Bearer");
  const [scheme, secret, ...rest] = authorization.split(" ");
  if (scheme.toLowerCase() !== "bearer" || !secret || rest.length > 0) throw unauthorized("Authorization must be Bearer and a token");
  const token = await findToken(db, secret);
  if (token === null) throw unauthorized("The token is unknown, expired or revoked");
  return { tokenId: token.id, role: token.role, installation: token.installation, projectId: token.projectId };
}

/**
 * Authenticates and counts; a request without a valid token counts for its address. `fields` are for the answer.
 * @throws ProblemError `rate_limited`, `unauthorized`
 */
export async function admitCaller(
  db: PrismaClient,
  limit: RateLimit,
  request: IncomingMessage,
): Promise<{ caller: Caller; fields: Record<string, string> }> {
  const caller = await authenticate(db, request.headers.authorization).catch((error: unknown) => {
    if (error instanceof ProblemError) return error;
    throw error;
  });
  if (!(caller instanceof ProblemError)) return { caller, fields: await limit.count(request, caller) };
  Object.assign(caller.headers, await limit.count(request, null));
  throw caller;
}

/** @throws ProblemError `forbidden` */
export function authorise(caller: Caller, route: Pick<Endpoint, "role" | "installation">): void {
  if (route.installation && !caller.installation) throw new ProblemError("forbidden", "This needs an administrator of the installation");
  requireRole(caller, route.role ?? "viewer");
}

export function requireRole(caller: Caller, needed: TokenRole): void {
  if (!roleReaches(caller.role, needed))
    throw new ProblemError("forbidden", `This needs the role ${needed}; the token is a ${caller.role}`);
}

/**
 * The project that a request is about: the token's own, or for an administrator of the installation the one it selects by id or name.
 * For everybody else another project is one that does not exist.
 */
export async function selectProject(db: PrismaClient, caller: Caller, selected: string | undefined): Promise<string> {
  if (selected === undefined || selected === caller.projectId) return caller.projectId;
  const project = await findProject(db, selected);
  if (project === null || (!caller.installation && project.id !== caller.projectId)) throw notFound("project", selected);
  return project.id;
}
