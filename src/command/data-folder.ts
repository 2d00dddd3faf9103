import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { newHostId } from "../store/hosts.js";

/** The folder that an installation keeps its state in: only its owner may look into it. */
export class DataFolder {
  private constructor(readonly path: string) {}

  /** Makes the folder where it isn't there yet. */
  static async open(path: string): Promise<DataFolder> {
    const folder = new DataFolder(resolve(path));
    const made = await mkdir(folder.path, { recursive: true, mode: 0o700 });
    // The system's umask or an earlier owner may have been more generous.
    if (made) await chmod(folder.path, 0o700);
    return folder;
  }

  get consoles(): string {
    return join(this.path, "console");
  }

  /** Files that were uploaded to an API server here. */
  get images(): string {
    return join(this.path, "images");
  }

  /** Files that the worker here has fetched from API servers elsewhere. */
  get fetched(): string {
    return join(this.path, "fetched");
  }

  /** What machines here keep of hot code, so that those that boot the same later need not compile it. */
  get translations(): string {
    return join(this.path, "translations");
  }

  /** Who this host is, to all workers and servers of the installation. */
  hostId(): Promise<string> {
    return this.keep("host-id", newHostId);
  }

  /** 256 random bits that API servers and workers of this data folder share. */
  clusterSecret(): Promise<string> {
    return this.keep("cluster-secret", () => randomBytes(32).toString("base64url"));
  }

  adminToken(): Promise<string> {
    return this.keep("admin-token", () => `wst_${randomBytes(32).toString("base64url")}`);
  }

  /** The contents of a small file, made on first use: whole or not at all, and for its owner only. */
  private async keep(name: string, make: () => string): Promise<string> {
    const path = join(this.path, name);
    const found = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    if (found.trim() !== "") return found.trim();
    const made = make();
    const unfinished = `${path}.${process.pid}`;
    await writeFile(unfinished, `${made}\n`, { mode: 0o600 });
    await rename(unfinished, path);
    return made;
  }
}
