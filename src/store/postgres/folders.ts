import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, chown, lstat, mkdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Account, commandAs } from "./account.js";
import { EmbeddedPostgresUnavailable } from "./binaries.js";

/** Bytes of a unix socket's path, without the terminating zero; a little less than the 107 of Linux. */
const longestSocketPath = 100;
const socketName = "/.s.PGSQL.5432";

/** Folder for the socket: in the data folder, or where that path is too long, one under the system's temporary folder that only we can use. */
export async function socketFolder(dataFolder: string, account: Account): Promise<string> {
  const inside = join(dataFolder, "run");
  const short = Buffer.byteLength(inside + socketName) <= longestSocketPath;
  const digest = createHash("sha256").update(dataFolder).digest("hex").slice(0, 16);
  const folder = short ? inside : join(tmpdir(), `worldswitch-${digest}`);
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  if (account.kind === "drop") await chown(folder, account.uid, account.gid);
  const found = await lstat(folder);
  const owner = account.kind === "drop" ? account.uid : process.getuid?.();
  if (!found.isDirectory() || found.uid !== owner) throw new EmbeddedPostgresUnavailable(`${folder} belongs to somebody else`);
  await chmod(folder, 0o700);
  return folder;
}

/** Makes sure that the account can get at a folder in the data folder, and owns it. */
export async function giveTo(account: Account, folder: string): Promise<void> {
  if (account.kind !== "drop") return;
  await chown(folder, account.uid, account.gid);
  // The data folder is 0700 and belongs to root; the account has to pass through it, not to look into it.
  const parent = dirname(folder);
  await chmod(parent, ((await stat(parent)).mode & 0o777) | 0o011);
  if (!reaches(account, folder)) {
    throw new EmbeddedPostgresUnavailable(
      `it may not run as root, and the account with uid ${account.uid} cannot reach ${folder}; a WORLDSWITCH_DATA outside of private folders would do`,
    );
  }
}

export function reaches(account: Account, path: string): boolean {
  const [command, ...args] = commandAs(account, ["test", "-r", path]);
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
