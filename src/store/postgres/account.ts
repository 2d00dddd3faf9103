/**
 * PostgreSQL refuses to run as root. Who runs it, and how a command line is wrapped for that. As an ordinary user nothing is needed. As root: a user namespace
 * in which root is somebody else, where the kernel allows one; otherwise an unprivileged account.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { EmbeddedPostgresUnavailable } from "./binaries.js";

export type Account =
  | { kind: "self" }
  /** Files still belong to root; inside the namespace root is seen as this account. */
  | { kind: "namespace"; uid: number; gid: number }
  /** Its files must belong to this account, and it must be able to reach them. */
  | { kind: "drop"; uid: number; gid: number };

/** initdb looks its account up by number, so it must be one that exists. */
function unprivilegedEntry(): { uid: number; gid: number } | null {
  const accounts = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid }) => uid > 0);
  return accounts.find(({ name }) => name === "postgres") ?? accounts.find(({ name }) => name === "nobody") ?? accounts[0] ?? null;
}

const probe = (command: string, args: string[]) => spawnSync(command, args, { stdio: "ignore", timeout: 10_000 }).status === 0;

export function chooseAccount(): Account {
  if (process.getuid?.() !== 0) return { kind: "self" };
  const entry = unprivilegedEntry();
  if (!entry) throw new EmbeddedPostgresUnavailable("it may not run as root, and there is no other account");
  const { uid, gid } = entry;
  const candidates: Account[] = [
    { kind: "namespace", uid, gid },
    { kind: "drop", uid, gid },
  ];
  for (const account of candidates) {
    const [command, ...args] = commandAs(account, ["true"]);
    if (probe(command, args)) return account;
  }
  throw new EmbeddedPostgresUnavailable(
    "it may not run as root, and neither a user namespace (unshare) nor another account (setpriv) can be had",
  );
}

/** The command line that runs `command` as the account. */
export function commandAs(account: Account, command: string[]): string[] {
  switch (account.kind) {
    case "self":
      return command;
    case "namespace":
      return ["unshare", "--user", `--map-user=${account.uid}`, `--map-group=${account.gid}`, "--", ...command];
    case "drop":
      return ["setpriv", `--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups", "--", ...command];
  }
}

let parentDeath: boolean | undefined;

/** Makes the kernel send the command a SIGINT (PostgreSQL: fast shutdown) when this process dies, however it dies. Without setpriv it lives on until the next start finds it. */
export function endingWithParent(command: string[]): string[] {
  parentDeath ??= probe("setpriv", ["--pdeathsig", "INT", "--", "true"]);
  return parentDeath ? ["setpriv", "--pdeathsig", "INT", "--", ...command] : command;
}
