import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

/**
 * Clients offer to upgrade an ordinary request (to HTTP/2 above all), and a server that does not want to answers as if they had not
 * (RFC 9110, 7.8). Node hands over every such request as an upgrade: so give the connection back to it, without the offer.
 */
export function serveWithoutUpgrade(http: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i];
    if (!/^(upgrade|connection|http2-settings)$/i.test(name)) lines.push(`${name}: ${request.rawHeaders[i + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  http.emit("connection", socket);
}
