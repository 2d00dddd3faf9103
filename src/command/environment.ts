import { isIP } from "node:net";
import { SettingError, secret, wholeNumber } from "../server/settings.js";

/** What the environment says about an installation, beside what an API server reads for itself (src/server/settings.ts). */
export interface Environment {
  dataFolder: string;
  /** null: the embedded PostgreSQL. */
  databaseUrl: string | null;
  /** null: the queue is kept in that database. */
  redisUrl: string | null;
  /** null: the one that the data folder keeps. */
  adminToken: string | null;
  clusterSecret: string | null;
  /** Host name or address at which the other processes of the installation reach this one; null: what it listens on. */
  address: string | null;
  /** Where a worker's streams are served; 0: any free port. */
  streamPort: number;
  /** What a worker's machines may take in all; 0: all that there is. */
  memoryMiB: number;
  logLevel: string;
}

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/** @throws SettingError that names the variable */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const adminToken = secret("WORLDSWITCH_ADMIN_TOKEN", env.WORLDSWITCH_ADMIN_TOKEN);
  const clusterSecret = secret("WORLDSWITCH_CLUSTER_SECRET", env.WORLDSWITCH_CLUSTER_SECRET);
  const databaseUrl = env.DATABASE_URL || null;
  if (databaseUrl !== null && !/^postgres(ql)?:\/\//.test(databaseUrl))
    throw new SettingError("DATABASE_URL must begin with postgresql://");
  const redisUrl = env.REDIS_URL || null;
  if (redisUrl !== null && !/^(rediss?:\/\/|\/[^/])/.test(redisUrl))
    throw new SettingError("REDIS_URL must begin with redis:// or rediss://, or be the path of a unix socket");
  const address = env.WORLDSWITCH_ADDRESS || null;
  if (address !== null && !isHost(address))
    throw new SettingError("WORLDSWITCH_ADDRESS must be a host name or an IP address, without a port");
  const streamPort = wholeNumber("WORLDSWITCH_STREAM_PORT", env.WORLDSWITCH_STREAM_PORT, 0, 65535);
  const memoryMiB = wholeNumber("WORLDSWITCH_MEMORY_MIB", env.WORLDSWITCH_MEMORY_MIB, 0, 2 ** 31 - 1);
  const logLevel = env.WORLDSWITCH_LOG_LEVEL || "info";
  if (!logLevels.includes(logLevel)) throw new SettingError(`WORLDSWITCH_LOG_LEVEL must be one of ${logLevels.join(", ")}`);
  return {
    dataFolder: env.WORLDSWITCH_DATA || "./data",
    databaseUrl,
    redisUrl,
    adminToken,
    clusterSecret,
    address,
    streamPort,
    memoryMiB,
    logLevel,
  };
}

function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(text);
}
