import type { IncomingMessage } from "node:http";
import proxyaddr from "proxy-addr";

/** Address of whoever sends a request. */
export type ClientAddress = (request: IncomingMessage) => string;

/**
 * The address at the other end of the connection or, while that is a trusted proxy's, the one that the proxy has put into `X-Forwarded-For`. What stands there
 * left of the first that isn't trusted may be anybody's invention.
 * @param trustedProxies addresses and subnets
 * @throws TypeError for what is neither
 */
export function clientAddress(trustedProxies: string[]): ClientAddress {
  const trusted = proxyaddr.compile(trustedProxies);
  return (request) => proxyaddr(request, trusted) ?? "";
}
