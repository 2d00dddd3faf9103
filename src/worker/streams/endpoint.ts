/**
 * Where API servers find the streams of this host's machines; its address is in the host's row. Requests carry `Authorization: Bearer <cluster secret>`, and have
 * been authorised by the API server: this only serves. HTTP on TCP:
 *
 * | request | answer |
 * |---|---|
 * | `GET /vms/{id}/console?port=0\|1&role=viewer\|writer[&from=OFFSET\|end][&eol=1]`, upgrade, subprotocol `console.v1` or none | the console, src/worker/console/connection.ts |
 * | `GET /vms/{id}/console/log?port=0\|1[&from=OFFSET]` | kept bytes; `Console-Offset` is the offset of the first |
 * | `GET /vms/{id}/stats` | one sample, `VmStats` of the contract |
 * | `GET /vms/{id}/stats/history` | samples of the last hour, `VmStatsHistory` of the contract |
 * | `GET /usage` | the newest figures of each machine that runs, an array of `VmUsage` of the contract |
 * | `GET /stats` | the machines of this worker summed up, `HostStats` of the contract; null before there was any |
 * | `GET /vms/{id}/stats?interval=MS`, upgrade, subprotocol `stats.v1` | a text frame with a sample every so many milliseconds |
 *
 * Errors are `{code, detail}` with status 400, 401, 404 or 426. A console is there as long as the vm's row is, whatever its state.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import { WebSocketServer } from "ws";
import { isBearerOf } from "../../cluster/secret.js";
import type { Database } from "../../store/database.js";
import { ConsoleConnection } from "../console/connection.js";
import type { ConsoleHub } from "../console/hub.js";
import type { HostTotals } from "../host-totals.js";
import type { StatsHistory } from "../stats-history.js";
import type { Supervisor } from "../supervisor.js";
import { UsageFigures } from "../usage.js";
import { parseStreamRequest, Refusal, type StreamRequest } from "./request.js";
import { hostStats, sampleStats, streamStats } from "./stats.js";
import { watchPeer } from "./watch.js";

export interface StreamParts {
  db: Database;
  hostId: string;
  supervisor: Supervisor;
  totals: HostTotals;
  history: StatsHistory;
  consoles: ConsoleHub;
  clusterSecret: string;
  log: Logger;
}

/** Largest frame that a viewer may send. */
const largestFrame = 64 * 1024;
const subprotocols = { console: "console.v1", stats: "stats.v1" } as const;

export class StreamEndpoint {
  private readonly http: Server;
  private readonly usage = new UsageFigures();
  private readonly sockets = new WebSocketServer({
    noServer: true,
    maxPayload: largestFrame,
    perMessageDeflate: false,
    handleProtocols: (offered) => Object.values(subprotocols).find((protocol) => offered.has(protocol)) ?? false,
  });

  constructor(private readonly parts: StreamParts) {
    this.http = createServer((request, response) => {
      this.answer(request, response).catch((error) => this.refuse(error, (status, body) => respond(response, status, body)));
    });
    this.http.on("upgrade", (request, socket, head) => {
      socket.on("error", () => socket.destroy());
      this.upgrade(request, socket, head).catch((error) => this.refuse(error, (status, body) => refuseUpgrade(socket, status, body)));
    });
  }

  /** Answers the port. */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.http.once("error", reject);
      this.http.listen(port, host, resolve);
    });
    return (this.http.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets.clients) socket.close(1012, "worker ends");
    const closed = new Promise((resolve) => this.http.close(resolve));
    this.http.closeAllConnections();
    for (const socket of this.sockets.clients) socket.terminate();
    await closed;
  }

  private async admit(request: IncomingMessage): Promise<StreamRequest> {
    if (!isBearerOf(this.parts.clusterSecret, request.headers.authorization))
      throw new Refusal(401, "unauthorized", "the cluster secret is wrong");
    if (request.method !== "GET") throw new Refusal(400, "invalid_request", "only GET is understood here");
    const wanted = parseStreamRequest(request.url ?? "/");
    if (wanted.stream === "host" || wanted.stream === "usage") return wanted;
    const vm = await this.parts.db.vm.findUnique({ where: { id: wanted.vmId }, select: { hostId: true } });
    if (vm?.hostId !== this.parts.hostId) throw new Refusal(404, "not_found", "this host doesn't have the machine");
    return wanted;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const wanted = await this.admit(request);
    switch (wanted.stream) {
      case "console":
        throw new Refusal(426, "upgrade_required", "this is a WebSocket");
      case "log": {
        const { ring } = this.parts.consoles.console(wanted.vmId, wanted.port);
        const from = Math.min(Math.max(wanted.from ?? 0, ring.start), ring.end);
        response.writeHead(200, { "Content-Type": "application/octet-stream", "Console-Offset": String(from) });
        response.end(ring.read(from, ring.end - from));
        return;
      }
      case "stats":
        respond(response, 200, await sampleStats(this.parts, wanted.vmId));
        return;
      case "history":
        respondText(response, 200, await this.parts.history.read(wanted.vmId, Date.now()));
        return;
      case "usage":
        respond(response, 200, await this.usage.of(this.parts.supervisor.all()));
        return;
      case "host":
        respond(response, 200, await hostStats(this.parts));
    }
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const wanted = await this.admit(request);
    if (wanted.stream !== "console" && wanted.stream !== "stats") throw new Refusal(400, "invalid_request", "this is no WebSocket");
    const spoken = subprotocols[wanted.stream];
    const offered = request.headers["sec-websocket-protocol"]?.split(",").map((protocol) => protocol.trim());
    if ((offered && !offered.includes(spoken)) || (!offered && wanted.stream === "stats")) {
      throw new Refusal(400, "unsupported_subprotocol", `only ${spoken} is spoken here`);
    }
    if (socket.destroyed) return;
    this.sockets.handleUpgrade(request, socket, head, (webSocket) => {
      watchPeer(webSocket);
      if (wanted.stream === "stats") return streamStats(this.parts, wanted.vmId, wanted.intervalMs, webSocket);
      const { from, eol, mayWrite } = wanted;
      const console = this.parts.consoles.console(wanted.vmId, wanted.port);
      new ConsoleConnection(webSocket, console, { mayWrite, from, eol, subprotocol: offered ? "console.v1" : null });
    });
  }

  private refuse(error: unknown, answer: (status: number, body: unknown) => void): void {
    if (error instanceof Refusal) {
      answer(error.status, { code: error.code, detail: error.message });
    } else {
      this.parts.log.error({ err: error }, "stream request failed");
      answer(500, { code: "internal_error" });
    }
  }
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  respondText(response, status, JSON.stringify(body));
}

function respondText(response: ServerResponse, status: number, json: string): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(json);
}

function refuseUpgrade(socket: Duplex, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(text)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}`);
}
