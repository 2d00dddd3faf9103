/** An HTTP server that answers as a test has written down, request by request. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** `break`: the connection is cut instead. */
export type Turn = Answer | "break" | "never";

export class ScriptedServer {
  readonly requests: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[] = [];
  private turns: Turn[] = [];
  private readonly server: Server;

  private constructor() {
    this.server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { method = "", url = "", headers } = request;
      this.requests.push({ method, url, headers, body: Buffer.concat(parts).toString() });
      const turn = this.turns.shift() ?? problem(500, "internal_error", "the script has ended");
      if (turn === "never") return;
      if (turn === "break") request.socket.destroy();
      else response.writeHead(turn.status, turn.headers).end(turn.body);
    });
  }

  static async start(): Promise<ScriptedServer> {
    const scripted = new ScriptedServer();
    scripted.server.listen(0, "127.0.0.1");
    await once(scripted.server, "listening");
    return scripted;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What is answered next, in this order. */
  plays(...turns: Turn[]): void {
    this.requests.length = 0;
    this.turns = turns;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}

export function json(status: number, body: object, headers: Record<string, string> = {}): Answer {
  return { status, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) };
}

export function problem(status: number, code: string, detail: string, headers: Record<string, string> = {}): Answer {
  const body = { type: `/docs/problems#${code}`, title: code, status, detail, code };
  return {
    status,
    headers: { "Content-Type": "application/problem+json", "X-Request-Id": "req-1", ...headers },
    body: JSON.stringify(body),
  };
}
