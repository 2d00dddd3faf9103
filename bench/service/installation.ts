/** A server as people start it, on a database of its own in a scratch folder, for measurements from outside. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { type Database, openDatabase } from "../../src/store/database.js";
import { EmbeddedPostgres } from "../../src/store/postgres/embedded.js";
import { tinyGuest } from "../../tests/guests/tiny-guest.js";

const bin = fileURLToPath(new URL("../../bin/worldswitch.js", import.meta.url));

export interface Operation {
  id: string;
  state: string;
  error: { code: string; message: string } | null;
}

export class Installation {
  private constructor(
    /** What the server works on too: for rows that no request would make in time. */
    readonly db: Database,
    readonly url: string,
    readonly token: string,
    private readonly endAll: () => Promise<void>,
  ) {}

  /** With an uploaded image `tiny`, which a create uses at once. Commits wait for the disk, as they do in earnest. */
  static async start(): Promise<Installation> {
    const folder = await mkdtemp(join(tmpdir(), "worldswitch-bench-"));
    const postgres = await EmbeddedPostgres.start({ dataFolder: folder });
    const server = spawn(process.execPath, [bin, "serve"], {
      env: { ...process.env, PORT: "0", WORLDSWITCH_DATA: folder, DATABASE_URL: postgres.url, WORLDSWITCH_RATE_LIMIT: "0" },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const db = openDatabase(postgres.url);
    const end = async () => {
      await endProcess(server);
      await db.$disconnect();
      await postgres.close();
      await rm(folder, { recursive: true, force: true });
    };
    try {
      const url = await readyUrl(server);
      const token = (await readFile(join(folder, "admin-token"), "utf8")).trim();
      const installation = new Installation(db, url, token, end);
      await installation.post("/v1/images", { name: "tiny", kind: "linux", files: ["kernel"] });
      await installation.request("PUT", "/v1/images/tiny/files/kernel", tinyGuest());
      return installation;
    } catch (error) {
      await end();
      throw error;
    }
  }

  get<T>(path: string): Promise<T> {
    return this.request("GET", path) as Promise<T>;
  }

  post<T>(path: string, body: object): Promise<T> {
    return this.request("POST", path, JSON.stringify(body)) as Promise<T>;
  }

  remove(path: string): Promise<unknown> {
    return this.request("DELETE", path);
  }

  stream(path: string, subprotocol: string): WebSocket {
    return new WebSocket(this.url.replace(/^http/, "ws") + path, subprotocol, { headers: { Authorization: `Bearer ${this.token}` } });
  }

  close(): Promise<void> {
    return this.endAll();
  }

  private async request(method: string, path: string, body?: string | Uint8Array): Promise<unknown> {
    const type = typeof body === "string" ? "application/json" : "application/octet-stream";
    const response = await fetch(this.url + path, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, ...(body === undefined ? {} : { "Content-Type": type }) },
      body: typeof body === "string" || body === undefined ? body : Buffer.from(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text);
  }
}

async function readyUrl(server: ChildProcess): Promise<string> {
  if (!server.stdout) throw new Error("no pipe");
  const over = once(server, "exit").then(() => {
    throw new Error("the server ended before it was ready; is it built? (npm run build)");
  });
  const [line] = await Promise.race([once(createInterface({ input: server.stdout }), "line"), over]);
  over.catch(() => {});
  return /url=(\S+)/.exec(String(line))?.[1] ?? "";
}

async function endProcess(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, "exit");
  server.kill("SIGTERM");
  await ended;
}
