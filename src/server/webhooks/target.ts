/** From a webhook's URL to addresses that may be connected to. */
import type { Resolver } from "node:dns/promises";
import { isIP } from "node:net";
import type { Address, AddressRules } from "./address-rules.js";

/** A target that nothing is posted to; the message says why, for the webhook's owner. */
export class TargetRefused extends Error {
  override name = "TargetRefused";
}

/** The host of a URL without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

/** The address that a URL spells out; null where it has a name. Odd spellings (`0x7f.1`, `2130706433`) have been undone by the URL's parser. */
export function literalAddress(url: URL): Address | null {
  const address = hostOf(url);
  const family = isIP(address);
  return family === 4 || family === 6 ? { address, family } : null;
}

/**
 * All addresses of a target that may be connected to. Whoever posts connects to one of these, and asks no resolver again: a name could lead elsewhere by then.
 * Names are looked up by DNS and not by the system, whose lookups take one of the process's few threads for as long as a hostile name server likes.
 * @throws TargetRefused where there is none
 */
export async function addressesOf(url: URL, rules: AddressRules, resolver: Pick<Resolver, "resolve4" | "resolve6">): Promise<Address[]> {
  const host = hostOf(url);
  const literal = literalAddress(url);
  const found = literal ? [literal] : isLocal(host) ? loopback : await lookUp(host, resolver);
  const allowed = found.filter((address) => rules.refusal(host, address) === null);
  if (allowed.length > 0) return allowed;
  // Of a name it is not said whether there is none, or a private one: what the service's name servers know of its network is not the webhook's owner's to learn.
  throw new TargetRefused((literal && rules.refusal(host, literal)) ?? `the name ${host} leads to no address that webhooks are posted to`);
}

const loopback: Address[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/** RFC 6761, 6.3: these names never leave the host. */
function isLocal(host: string): boolean {
  return /^(.*\.)?localhost\.?$/i.test(host);
}

async function lookUp(host: string, resolver: Pick<Resolver, "resolve4" | "resolve6">): Promise<Address[]> {
  const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  return [
    ...(four.status === "fulfilled" ? four.value : []).map((address) => ({ address, family: 4 as const })),
    ...(six.status === "fulfilled" ? six.value : []).map((address) => ({ address, family: 6 as const })),
  ];
}
