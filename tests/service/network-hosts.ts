/** Hosts for tests of an installation whose processes reach each other only by the network. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

export interface NetworkHost {
  address: string;
  /** Words before a command that is to run there. */
  launcher: string[];
}

export interface Network {
  hosts: NetworkHost[];
  close(): Promise<void>;
}

/** One machine's loopback addresses: each process listens on its own, and on no other. */
export async function loopbackHosts(count: number): Promise<Network> {
  const hosts = Array.from({ length: count }, (_, i) => ({ address: `127.0.0.${2 + i}`, launcher: [] }));
  return { hosts, close: async () => {} };
}

/** Why network namespaces cannot be made; null: they can. */
export function noNamespaces(): string | null {
  try {
    const made = "ip link add bridge0 type bridge && ip link add veth0 type veth peer name veth1";
    execFileSync("unshare", ["-n", "sh", "-c", made], { stdio: "pipe" });
    return null;
  } catch (error) {
    return `network namespaces cannot be made here (it takes root, unshare and ip): ${(error as Error).message.split("\n")[0]}`;
  }
}

/** A network namespace, for as long as the process that holds it: which ends with this one. */
async function namespace(): Promise<ChildProcess> {
  const holder = spawn("unshare", ["-n", "sh", "-c", "echo made; exec cat >/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
  await once(holder.stdout as NodeJS.ReadableStream, "data");
  return holder;
}

const within = ({ pid }: ChildProcess) => ["nsenter", "-t", String(pid), "-n", "--"];

/** A namespace for each host, all on one bridge in a namespace of its own, to which this process has a way. What goes between two of them goes over that. */
export async function namespaceHosts(count: number): Promise<Network> {
  const net = `198.18.${process.pid % 256}`;
  const bridge = await namespace();
  const holders = await Promise.all(Array.from({ length: count }, () => namespace()));
  const run = (words: string) => execFileSync("sh", ["-c", words], { stdio: "pipe" });
  const inside = (holder: ChildProcess, words: string) => run(`${within(holder).join(" ")} ${words}`);

  inside(bridge, "ip link add bridge0 type bridge");
  inside(bridge, "ip link set bridge0 up");
  const ourEnd = `wst${process.pid}`;
  run(`ip link add ${ourEnd} type veth peer name root netns ${bridge.pid}`);
  run(`ip addr add ${net}.1/24 dev ${ourEnd}`);
  run(`ip link set ${ourEnd} up`);
  for (const [i, holder] of holders.entries()) {
    inside(holder, `ip link add eth0 type veth peer name host${i} netns ${bridge.pid}`);
    inside(holder, `ip addr add ${net}.${2 + i}/24 dev eth0`);
    inside(holder, "ip link set eth0 up");
    inside(holder, "ip link set lo up");
  }
  for (const port of ["root", ...holders.map((_, i) => `host${i}`)]) {
    inside(bridge, `ip link set ${port} master bridge0`);
    inside(bridge, `ip link set ${port} up`);
  }
  return {
    hosts: holders.map((holder, i) => ({ address: `${net}.${2 + i}`, launcher: within(holder) })),
    async close() {
      for (const holder of [...holders, bridge]) {
        holder.stdin?.end();
        await once(holder, "close");
      }
    },
  };
}
