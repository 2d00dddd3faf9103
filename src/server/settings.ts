import { fileURLToPath } from "node:url";
import { clientAddress } from "./client-address.js";
import { AddressRules } from "./webhooks/address-rules.js";

/** What an API server can be told from outside, with the defaults. Sizes in bytes, times in milliseconds. */
export interface ApiSettings {
  host: string;
  port: number;
  /** What absolute URLs in answers begin with; null: the request's Host. */
  publicUrl: string | null;
  /** Addresses and subnets of proxies that are believed who it is that they forward for. */
  trustedProxies: string[];
  /** Opens `/metrics` and nothing else; null: only a token of the installation's administrator does. */
  metricsToken: string | null;
  /** Origins that may call from a browser. `*` allows all. */
  corsOrigins: string[];
  /** Origins whose pages may frame the dashboard's `embed.html`, a console in a page of one's own. */
  embedOrigins: string[];
  /** Where the build leaves the dashboard; it may be missing. */
  dashboardFolder: string;
  /** Requests a minute for one token (or one address, without a valid token); 0: no limit. */
  requestsPerMinute: number;
  /** Attempts a minute to sign in from one address; 0: no limit. */
  signInsPerMinute: number;
  /** Streams of one project that may be open at once on this server. */
  maxStreams: number;
  /** Largest JSON body. */
  maxBodyBytes: number;
  /** Largest uploaded file by role. */
  maxFileBytes: { kernel: number; initrd: number; module: number };
  /** Uploads of one project that may be under way at once on this server. */
  maxUploads: number;
  /** At this pace files are removed that no image has any more, another server having deleted it. */
  sweepFilesMs: number;
  /** How long an upload may bring nothing. */
  uploadIdleMs: number;
  /** At this pace it is looked whether the tokens of open streams still open something. */
  tokenCheckMs: number;
  /** A WebSocket peer that answers no ping for so long is gone. */
  pingMs: number;
  /** Where no event comes, a comment does at this pace: proxies cut connections on which nothing comes. */
  commentMs: number;
  /** Who follows events and takes nothing for so long is cut off, and may resume. */
  stalledMs: number;
  /** Largest frame a client may send. */
  maxFrameBytes: number;
  /** Private addresses, subnets and hosts that webhooks may be posted to all the same. */
  webhookAllow: string[];
  /** For how long an Idempotency-Key is remembered. */
  idempotencyMs: number;
  /** For how long a request may be in flight before its Idempotency-Key is free for a retry (its server is gone). */
  inFlightMs: number;
}

const MiB = 1024 * 1024;

export const defaultSettings: ApiSettings = {
  host: "127.0.0.1",
  port: 8080,
  publicUrl: null,
  trustedProxies: [],
  metricsToken: null,
  corsOrigins: [],
  embedOrigins: [],
  dashboardFolder: fileURLToPath(new URL("../../dist/dashboard", import.meta.url)),
  requestsPerMinute: 6000,
  signInsPerMinute: 30,
  maxStreams: 1000,
  maxBodyBytes: 256 * 1024,
  maxFileBytes: { kernel: 64 * MiB, initrd: 1024 * MiB, module: 1024 * MiB },
  maxUploads: 8,
  sweepFilesMs: 10 * 60_000,
  uploadIdleMs: 60_000,
  tokenCheckMs: 5_000,
  pingMs: 30_000,
  commentMs: 15_000,
  stalledMs: 60_000,
  maxFrameBytes: 64 * 1024,
  webhookAllow: [],
  idempotencyMs: 24 * 3600_000,
  inFlightMs: 5 * 60_000,
};

export class SettingError extends Error {}

/**
 * Settings from the environment: HOST, PORT, WORLDSWITCH_PUBLIC_URL, WORLDSWITCH_TRUST_PROXY, WORLDSWITCH_CORS_ORIGINS,
 * WORLDSWITCH_EMBED_ORIGINS and WORLDSWITCH_WEBHOOK_ALLOW (comma separated), WORLDSWITCH_METRICS_TOKEN, WORLDSWITCH_RATE_LIMIT.
 * @throws SettingError that names the variable
 */
export function settingsFromEnvironment(env: NodeJS.ProcessEnv): ApiSettings {
  return {
    ...defaultSettings,
    host: env.HOST || defaultSettings.host,
    port: wholeNumber("PORT", env.PORT, defaultSettings.port, 65535),
    publicUrl: publicUrl(env.WORLDSWITCH_PUBLIC_URL),
    trustedProxies: trustedProxies(env.WORLDSWITCH_TRUST_PROXY),
    metricsToken: secret("WORLDSWITCH_METRICS_TOKEN", env.WORLDSWITCH_METRICS_TOKEN),
    corsOrigins: origins("WORLDSWITCH_CORS_ORIGINS", env.WORLDSWITCH_CORS_ORIGINS),
    embedOrigins: origins("WORLDSWITCH_EMBED_ORIGINS", env.WORLDSWITCH_EMBED_ORIGINS),
    requestsPerMinute: wholeNumber("WORLDSWITCH_RATE_LIMIT", env.WORLDSWITCH_RATE_LIMIT, defaultSettings.requestsPerMinute, 1e9),
    webhookAllow: webhookAllow(env.WORLDSWITCH_WEBHOOK_ALLOW),
  };
}

function list(given: string | undefined): string[] {
  const parts = (given ?? "").split(",").map((part) => part.trim());
  return parts.filter((part) => part !== "");
}

function trustedProxies(given: string | undefined): string[] {
  const proxies = list(given);
  try {
    clientAddress(proxies);
  } catch (error) {
    throw new SettingError(`WORLDSWITCH_TRUST_PROXY must be addresses and subnets: ${(error as Error).message}`);
  }
  return proxies;
}

function webhookAllow(given: string | undefined): string[] {
  const allowed = list(given);
  try {
    new AddressRules(allowed);
  } catch (error) {
    throw new SettingError(`WORLDSWITCH_WEBHOOK_ALLOW must be addresses, subnets and host names: ${(error as Error).message}`);
  }
  return allowed;
}

/** What somebody proves to be somebody by. @throws SettingError that does not show it */
export function secret(name: string, given: string | undefined): string | null {
  if (given === undefined || given === "") return null;
  if (!/^[\x21-\x7e]{32,256}$/.test(given)) throw new SettingError(`${name} must be 32 to 256 printable characters without spaces`);
  return given;
}

/** @throws SettingError */
export function wholeNumber(name: string, given: string | undefined, fallback: number, largest: number): number {
  if (given === undefined || given === "") return fallback;
  const value = Number(given);
  if (!/^\d+$/.test(given) || value > largest)
    throw new SettingError(`${name} must be a whole number from 0 to ${largest}, not ${JSON.stringify(given)}`);
  return value;
}

/** Each `https://name[:port]`, or `*` for all. They end up in header fields: nothing else may. */
function origins(name: string, given: string | undefined): string[] {
  const listed = list(given).map((origin) => origin.replace(/\/$/, ""));
  for (const origin of listed) {
    if (origin !== "*" && !(URL.canParse(origin) && new URL(origin).origin === origin)) {
      throw new SettingError(`${name} must be origins such as https://lab.example, separated by commas, not ${JSON.stringify(origin)}`);
    }
  }
  return listed;
}

function publicUrl(given: string | undefined): string | null {
  if (given === undefined || given === "") return null;
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw new SettingError(`WORLDSWITCH_PUBLIC_URL must be an http or https URL, not ${JSON.stringify(given)}`);
  }
  return given.replace(/\/+$/, "");
}
