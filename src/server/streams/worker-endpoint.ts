/** The way to the worker of a host: its row says where it listens (src/worker/streams/endpoint.ts), the cluster secret opens it. */
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import { bearerOf } from "../../cluster/secret.js";
import type { Database } from "../../store/database.js";
import { ProblemError } from "../problem.js";
import type { Service } from "../service.js";

/** A worker that has not answered by then is not there. */
const patienceMs = 5000;
const mostBytes = 16 * 1024 * 1024;

export type WorkerParameters = Record<string, string | number | undefined>;

/** A socket that is paused: resume it when somebody listens. @throws ProblemError `stream_unavailable` */
export async function openWorkerSocket(
  service: Service,
  hostId: string,
  path: string,
  parameters: WorkerParameters,
  subprotocol: string | null,
  requestId: string,
): Promise<WebSocket> {
  const origin = await originOf(service.db, hostId);
  const url = origin.replace(/^http/, "ws") + path + queryOf(parameters);
  const socket = new WebSocket(url, subprotocol ?? [], {
    headers: headersTo(service, requestId),
    perMessageDeflate: false,
    handshakeTimeout: patienceMs,
    maxPayload: mostBytes,
  });
  // Nothing that comes before somebody listens may be lost.
  socket.once("open", () => socket.pause());
  try {
    await once(socket, "open");
    return socket;
  } catch (cause) {
    socket.on("error", () => {});
    socket.terminate();
    throw unavailable(cause);
  }
}

export interface WorkerAnswer {
  status: number;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/** @throws ProblemError `stream_unavailable` */
export async function askWorker(
  service: Service,
  hostId: string,
  path: string,
  parameters: WorkerParameters,
  requestId: string,
): Promise<WorkerAnswer> {
  const url = new URL(path + queryOf(parameters), await originOf(service.db, hostId));
  const request = httpRequest(url, {
    headers: headersTo(service, requestId),
    signal: AbortSignal.timeout(patienceMs),
  });
  request.end();
  try {
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part as Buffer);
    return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) };
  } catch (cause) {
    throw unavailable(cause);
  }
}

async function originOf(db: Database, hostId: string): Promise<string> {
  const host = await db.host.findUnique({ where: { id: hostId } });
  if (host === null) throw unavailable(new Error("no such host"));
  return host.streamUrl;
}

function headersTo(service: Service, requestId: string): Record<string, string> {
  return { Authorization: bearerOf(service.clusterSecret), "X-Request-Id": requestId };
}

function queryOf(parameters: WorkerParameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? "" : `?${query}`;
}

function unavailable(cause: unknown): ProblemError {
  return new ProblemError("stream_unavailable", "The machine's host does not answer", { cause, headers: { "Retry-After": "1" } });
}
