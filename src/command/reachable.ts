import { hostname } from "node:os";
import type { Environment } from "./environment.js";

/** Where the other processes of the installation reach this one, as it is written in a URL: by WORLDSWITCH_ADDRESS, else by what it listens on. */
export function reachableHost({ address }: Pick<Environment, "address">, listenHost: string): string {
  const everywhere = listenHost === "0.0.0.0" || listenHost === "::";
  const host = address ?? (everywhere ? hostname() : listenHost);
  return host.includes(":") ? `[${host}]` : host;
}
