/**
 * Which addresses webhooks may be posted to: public ones, and what the installation allows beside them. URLs of targets are chosen by callers, and the
 * service stands where they don't: beside databases, metadata services and other people's machines.
 */
import { BlockList, isIP } from "node:net";

export interface Address {
  address: string;
  family: 4 | 6;
}

/** Not globally reachable, by the IANA registries of special-purpose addresses (RFC 6890), each with what people call it. */
const refused: readonly (readonly [string, string])[] = [
  ["0.0.0.0/8", "an unspecified address"],
  ["10.0.0.0/8", "a private address"],
  ["100.64.0.0/10", "a carrier's shared address"],
  ["127.0.0.0/8", "a loopback address"],
  ["169.254.0.0/16", "a link-local address"],
  ["172.16.0.0/12", "a private address"],
  ["192.0.0.0/24", "a protocol assignment"],
  ["192.0.2.0/24", "an address for documentation"],
  ["192.88.99.0/24", "a relay's address"],
  ["192.168.0.0/16", "a private address"],
  ["198.18.0.0/15", "an address for benchmarks"],
  ["198.51.100.0/24", "an address for documentation"],
  ["203.0.113.0/24", "an address for documentation"],
  ["224.0.0.0/4", "a multicast address"],
  ["240.0.0.0/4", "a reserved address"],
  ["::/128", "an unspecified address"],
  ["::1/128", "a loopback address"],
  ["::ffff:0:0/96", "an IPv4 address in IPv6's clothes"],
  ["64:ff9b::/96", "an IPv4 address behind NAT64"],
  ["64:ff9b:1::/48", "an IPv4 address behind NAT64"],
  ["fc00::/7", "a private address"],
  ["fe80::/10", "a link-local address"],
  ["ff00::/8", "a multicast address"],
  // Within what is global otherwise: protocol assignments (Teredo, ORCHID), documentation, 6to4.
  ["2001::/23", "a protocol assignment"],
  ["2001:db8::/32", "an address for documentation"],
  ["2002::/16", "an IPv4 address behind 6to4"],
  ["3fff::/20", "an address for documentation"],
];

/** IPv6 gives out global unicast addresses from here alone. */
const globalUnicast = subnet("2000::/3");

const refusedSubnets = refused.map(([cidr, name]) => ({ list: subnet(cidr), family: familyOf(cidr), name }));

function familyOf(cidr: string): 4 | 6 {
  return cidr.includes(":") ? 6 : 4;
}

/** @throws where `cidr` is neither an address nor a subnet */
function subnet(cidr: string): BlockList {
  const [network, prefix, ...rest] = cidr.split("/");
  const family = isIP(network);
  const bits = prefix ?? (family === 4 ? "32" : "128");
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) {
    throw new RangeError(`${JSON.stringify(cidr)} is no subnet`);
  }
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family === 4 ? "ipv4" : "ipv6");
  return list;
}

function holds(list: BlockList, { address, family }: Address): boolean {
  return list.check(address, family === 4 ? "ipv4" : "ipv6");
}

/** What is wrong with a public target's address; null: nothing. */
function fault(address: Address): string | null {
  const found = refusedSubnets.find(({ list, family }) => family === address.family && holds(list, address));
  if (found) return found.name;
  return address.family === 6 && !holds(globalUnicast, address) ? "a reserved address" : null;
}

const hostName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*$/i;

export class AddressRules {
  private readonly subnets: BlockList[] = [];
  private readonly hosts = new Set<string>();

  /**
   * @param allowed addresses, subnets (`10.1.0.0/16`) and host names, which allow whatever they resolve to
   * @throws RangeError for what is none of them
   */
  constructor(allowed: readonly string[]) {
    for (const each of allowed) {
      if (isIP(each.split("/")[0]) !== 0) this.subnets.push(subnet(each));
      else if (hostName.test(each)) this.hosts.add(each.toLowerCase());
      else throw new RangeError(`${JSON.stringify(each)} is neither an address, a subnet nor a host name`);
    }
  }

  /** Why nothing is posted to this address, as `10.0.0.1 is a private address`; null where it may be. */
  refusal(host: string, address: Address): string | null {
    if (this.hosts.has(host.toLowerCase()) || this.subnets.some((list) => holds(list, address))) return null;
    const wrong = fault(address);
    return wrong === null ? null : `${address.address} is ${wrong}, which webhooks are not posted to`;
  }
}
