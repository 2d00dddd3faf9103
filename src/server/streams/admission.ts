/** Who may open which stream: decided at the upgrade, from a token in a header or a ticket in the URL. */
import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { roleReaches, type StreamRole } from "../../contract/access.js";
import type { Endpoint } from "../../contract/endpoint.js";
import { events } from "../../contract/endpoints/service.js";
import { vmConsole, vmStats } from "../../contract/endpoints/vms.js";
import { mayBeReference } from "../../contract/identity.js";
import { findTicket } from "../../store/tickets.js";
import { findVm } from "../../store/vm-list.js";
import type { Vm } from "../../store/vms.js";
import { admitCaller, authorise, selectProject } from "../caller.js";
import { notFound, ProblemError } from "../problem.js";
import type { RateLimit } from "../rate-limit.js";
import { parse } from "../route.js";
import type { Service } from "../service.js";

interface Admitted {
  projectId: string;
  /** The stream ends with it. null: of a ticket from before tickets knew. */
  tokenId: string | null;
  role: StreamRole;
  /** Of the ticket that has to be consumed before the stream opens. */
  ticketHash: string | null;
  /** Chosen of those that the client offers; null: it offers none. */
  subprotocol: string | null;
}

export type Admission =
  | (Admitted & { stream: "console"; vm: Vm; query: z.output<typeof vmConsole.query> })
  | (Admitted & { stream: "stats"; vm: Vm; query: z.output<typeof vmStats.query> })
  | (Admitted & { stream: "events"; query: z.output<typeof events.query> });

const vmPath = /^\/v1\/vms\/([^/]+)\/(console|stats)$/;

/** @throws ProblemError */
export async function admit(service: Service, limit: RateLimit, request: IncomingMessage): Promise<Admission> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const found = vmPath.exec(url.pathname);
  if (found) {
    const [, id, stream] = found;
    if (stream === "console") return { stream, ...(await admitToVm(service, limit, request, url, vmConsole, "console", id)) };
    return { stream: "stats", ...(await admitToVm(service, limit, request, url, vmStats, "stats", id)) };
  }
  if (url.pathname === "/v1/events") {
    const query = parse(events.query, parameters(url), "query");
    const who = await identify(service, limit, request, events, "events", query);
    return { stream: "events", query, ...who, subprotocol: chooseSubprotocol(request, "events.v1") };
  }
  throw new ProblemError("route_not_found", `There is no WebSocket at ${url.pathname.slice(0, 200)}`);
}

async function admitToVm<E extends Endpoint>(
  service: Service,
  limit: RateLimit,
  request: IncomingMessage,
  url: URL,
  route: E,
  stream: "console" | "stats",
  id: string,
) {
  const query = parse(route.query, parameters(url), "query") as z.output<E["query"]> & Selected;
  const { vmId, ...who } = await identify(service, limit, request, route, stream, query);
  if (vmId !== null && vmId !== id) throw new ProblemError("ticket_invalid");
  const vm = mayBeReference(id) ? await findVm(service.db, who.projectId, id) : null;
  if (vm === null) throw notFound("vm", id.slice(0, 80));
  return { vm, query, ...who, subprotocol: chooseSubprotocol(request, `${stream}.v1`) };
}

interface Selected {
  project?: string;
  ticket?: string;
}

/** Counts as requests do; tickets were counted when they were made. The holder of a ticket may what the ticket says; the holder of a token what its role allows: from operator on, to write. */
async function identify(
  service: Service,
  limit: RateLimit,
  request: IncomingMessage,
  route: Endpoint,
  stream: string,
  { ticket, project }: Selected,
) {
  if (ticket !== undefined) {
    const row = await findTicket(service.db, ticket);
    if (row === null || row.stream !== stream)
      throw new ProblemError("ticket_invalid", undefined, { headers: await limit.count(request, null) });
    const role: StreamRole = row.role === "writer" ? "writer" : "viewer";
    return { projectId: row.projectId, role, tokenId: row.tokenId, ticketHash: row.hash, vmId: row.vmId };
  }
  const { caller } = await admitCaller(service.db, limit, request);
  authorise(caller, route);
  const role: StreamRole = roleReaches(caller.role, "operator") ? "writer" : "viewer";
  const { tokenId } = caller;
  return { projectId: await selectProject(service.db, caller, project), role, tokenId, ticketHash: null, vmId: null };
}

/** As express gives them: a parameter given several times is an array. */
function parameters(url: URL): Record<string, string | string[]> {
  const given: Record<string, string | string[]> = {};
  for (const name of new Set(url.searchParams.keys())) {
    const values = url.searchParams.getAll(name);
    given[name] = values.length === 1 ? values[0] : values;
  }
  return given;
}

function chooseSubprotocol(request: IncomingMessage, spoken: string): string | null {
  const header = request.headers["sec-websocket-protocol"];
  if (header === undefined) return null;
  const offered = header.split(",").map((protocol) => protocol.trim());
  if (!offered.includes(spoken)) throw new ProblemError("unsupported_subprotocol", `Only ${spoken} is spoken here`);
  return spoken;
}
