/** WebSockets: everything is decided before the upgrade, so that a refused one is an HTTP problem and never an accepted socket that closes. */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import { type WebSocket, WebSocketServer } from "ws";
import { consumeTicket } from "../../store/tickets.js";
import { linkedTo } from "../linked-signal.js";
import { withoutTicket } from "../logging.js";
import type { Metrics } from "../metrics.js";
import { asProblem, ProblemError, refusal } from "../problem.js";
import type { RateLimit } from "../rate-limit.js";
import { requestIdOf } from "../request-id.js";
import type { Service } from "../service.js";
import { type Admission, admit } from "./admission.js";
import { openEvents } from "./events.js";
import { watchPeer } from "./heartbeat.js";
import { openMachineStream } from "./machine.js";
import type { OpenStreams, StreamPlace } from "./open-streams.js";
import { serveWithoutUpgrade } from "./plain-upgrade.js";
import { closeCodes, type Opening } from "./stream.js";

/** A viewer that has been told to go may take so long to answer. */
const closeMs = 1000;

export class Streams {
  private readonly sockets: Record<Admission["stream"], WebSocketServer>;

  constructor(
    private readonly service: Service,
    private readonly metrics: Metrics,
    private readonly limit: RateLimit,
    private readonly openStreams: OpenStreams,
    http: Server,
    private readonly closing: AbortSignal,
  ) {
    this.sockets = { console: this.speaking("console.v1"), stats: this.speaking("stats.v1"), events: this.speaking("events.v1") };
    http.on("upgrade", (request, socket, head) => {
      // Whatever happens to the connection before it is a WebSocket ends it, and nothing else.
      socket.on("error", () => socket.destroy());
      if (request.headers.upgrade?.toLowerCase() === "websocket") void this.upgrade(request, socket, head);
      else serveWithoutUpgrade(http, request, socket, head);
    });
  }

  /** Tells all viewers that the server goes, and cuts those that do not answer. */
  close(): void {
    const open = Object.values(this.sockets).flatMap(({ clients }) => [...clients]);
    for (const socket of open) dismiss(socket, closeCodes.goingAway, "the server is closing");
  }

  private speaking(subprotocol: string): WebSocketServer {
    const server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: this.service.settings.maxFrameBytes,
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    });
    server.on("headers", (headers, request) => headers.push(`X-Request-Id: ${String(request.id)}`));
    server.on("wsClientError", (error, socket, request) => refuse(socket, request, new ProblemError("invalid_request", error.message)));
    return server;
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    request.id = requestIdOf(request);
    const log = this.service.log.child({ requestId: request.id, url: withoutTicket(request.url ?? "") });
    let place: StreamPlace | null = null;
    let opening: Opening | null = null;
    try {
      if (this.closing.aborted) throw new ProblemError("service_unavailable", "The server is closing");
      const admission = await admit(this.service, this.limit, request);
      place = this.openStreams.take(admission.projectId, admission.stream);
      opening = await this.open(admission, String(request.id));
      if (admission.ticketHash !== null && !(await consumeTicket(this.service.db, admission.ticketHash)))
        throw new ProblemError("ticket_invalid");
      this.accept(admission, place, opening, request, socket, head, log);
    } catch (error) {
      opening?.abandon();
      place?.leave();
      const problem = asProblem(error);
      log[problem.status >= 500 ? "error" : "info"](
        { err: problem.status >= 500 ? error : undefined, code: problem.code },
        "stream refused",
      );
      refuse(socket, request, problem);
    }
  }

  private open(admission: Admission, requestId: string): Promise<Opening> {
    switch (admission.stream) {
      case "console":
      case "stats":
        return openMachineStream(this.service, this.metrics, admission, requestId);
      case "events":
        return openEvents(this.service, admission);
    }
  }

  private accept(
    { stream, tokenId }: Admission,
    place: StreamPlace,
    opening: Opening,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    log: Logger,
  ): void {
    let accepted = false;
    // The handshake itself may still fail (a bad key, a peer that has gone): then there is never a WebSocket.
    const gone = () => {
      if (accepted) return;
      opening.abandon();
      place.leave();
    };
    socket.once("close", gone);
    if (socket.destroyed) {
      gone();
      return;
    }
    this.sockets[stream].handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
      accepted = true;
      log.info({ stream }, "stream opened");
      const over = linkedTo(this.closing);
      place.opened(tokenId, () => {
        dismiss(webSocket, closeCodes.unauthorized, "unauthorized");
        over.abort();
      });
      webSocket.on("error", (error) => log.info({ err: error }, "stream broke"));
      webSocket.once("close", (code) => {
        over.abort();
        place.leave();
        log.info({ stream, code }, "stream closed");
      });
      watchPeer(webSocket, this.service.settings.pingMs);
      opening.run(webSocket, over.signal).catch((error: unknown) => {
        log.error({ err: error }, "stream failed");
        webSocket.close(closeCodes.failed, "internal_error");
      });
    });
  }
}

/** Closes a stream from this side, and cuts it where the viewer does not answer. */
function dismiss(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  setTimeout(() => socket.terminate(), closeMs).unref();
}

function refuse(socket: Duplex, request: IncomingMessage, problem: ProblemError): void {
  if (socket.writable) socket.end(refusal(problem, String(request.id)));
  else socket.destroy();
}
