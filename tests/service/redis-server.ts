/** A redis-server of the test's own: on a unix socket in a scratch folder, and what it holds is nowhere else. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

/** Why there is no Redis to test with; null: there is. */
export const noRedis: string | null =
  process.env.TEST_REDIS_URL || hasProgram("redis-server") ? null : "no TEST_REDIS_URL, and no redis-server is installed";

/** Whether it is one that the tests can kill, and not TEST_REDIS_URL's. */
export const ownRedis = !process.env.TEST_REDIS_URL;

export interface RedisServer {
  /** For REDIS_URL. */
  url: string;
  /** It answers nothing from now on, though its connections stay. Until it is killed. */
  freeze(): void;
  /** Kills it, so that all it held is gone. Answers how to start it again. */
  kill(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** @param settings beside the usual; not where it is TEST_REDIS_URL's */
export async function startRedis(settings: Record<string, string> = {}): Promise<RedisServer> {
  const given = process.env.TEST_REDIS_URL;
  if (given) {
    const notOurs = "TEST_REDIS_URL is not ours to kill";
    const freeze = () => {
      throw new Error(notOurs);
    };
    return { url: given, freeze, kill: () => Promise.reject(new Error(notOurs)), close: async () => {} };
  }
  const folder = await mkdtemp(join(tmpdir(), "worldswitch-redis-"));
  const url = join(folder, "socket");
  let server = await run(folder, url, settings);
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "close");
    server.kill("SIGKILL");
    await ended;
  };
  return {
    url,
    freeze: () => server.kill("SIGSTOP"),
    async kill() {
      await kill();
      return async () => {
        server = await run(folder, url, settings);
      };
    },
    async close() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function run(folder: string, socket: string, given: Record<string, string>): Promise<ChildProcess> {
  const settings = { port: "0", unixsocket: socket, unixsocketperm: "700", dir: folder, save: "", appendonly: "no", ...given };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const server = spawn("redis-server", args, { stdio: ["ignore", "pipe", "ignore"] });
  const said: string[] = [];
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: server.stdout }).on("line", (line) => {
      said.push(line);
      if (/ready to accept connections/i.test(line)) resolve();
    });
    server.once("error", reject);
    server.once("close", () => reject(new Error(`redis-server ended: ${said.slice(-5).join("\n")}`)));
  });
  await ready;
  return server;
}

function hasProgram(name: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
