/** What webhooks post to: a server that keeps what it got, and answers as a test says. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Posted {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  event: { id: string; seq: number; type: string; subject: string; data: Record<string, unknown> };
}

export type WebhookTarget = Awaited<ReturnType<typeof startTarget>>;

/** Answers 204 until it is told otherwise. */
export async function startTarget() {
  const posts: Posted[] = [];
  let changed = () => {};
  let answer = (_post: Posted, response: ServerResponse): void => {
    response.writeHead(204).end();
  };
  const take: RequestListener = async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString();
    const post = { path: request.url ?? "", headers: request.headers, body, event: JSON.parse(body) };
    posts.push(post);
    changed();
    answer(post, response);
  };
  const server = createServer((request, response) => void take(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    posts,
    answer(how: typeof answer) {
      answer = how;
    },
    /** Waits for as many posts that fit. */
    async got(count: number, fits: (post: Posted) => boolean = () => true): Promise<Posted[]> {
      for (;;) {
        const fitting = posts.filter(fits);
        if (fitting.length >= count) return fitting;
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export const status =
  (code: number, headers: Record<string, string> = {}) =>
  (_post: Posted, response: ServerResponse) => {
    response.writeHead(code, headers).end();
  };
