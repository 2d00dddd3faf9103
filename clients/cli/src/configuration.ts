/** Which service, and who asks: options first, then the environment, then the configuration file, then the server on this machine. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { UsageError } from "./usage-error.js";

export interface Profile {
  url?: string;
  token?: string;
  project?: string;
}

/** `{"default": "lab", "profiles": {"lab": {"url": "...", "token": "..."}}}` */
interface ConfigurationFile {
  default?: string;
  profiles?: Record<string, Profile>;
}

type Environment = Record<string, string | undefined>;

export interface Configuration extends Profile {
  url: string;
}

/** @throws UsageError */
export async function configurationOf(options: Profile & { profile?: string }, env: Environment): Promise<Configuration> {
  const profile = await profileOf(options.profile ?? env.WORLDSWITCH_PROFILE, env);
  const given = options.url || env.WORLDSWITCH_URL || profile.url || undefined;
  // As `worldswitch serve` with the same environment.
  const url = given || `http://${env.HOST || "127.0.0.1"}:${env.PORT || 8080}`;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new UsageError(`the server's address is an http or https URL, and not ${JSON.stringify(url)}`);
  }
  return {
    url,
    token: env.WORLDSWITCH_TOKEN || profile.token || (given === undefined || isThisMachine(given) ? await localToken(env) : undefined),
    project: options.project || env.WORLDSWITCH_PROJECT || profile.project,
  };
}

export function configurationPath(env: Environment): string {
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config"), "worldswitch", "config.json");
}

async function profileOf(name: string | undefined, env: Environment): Promise<Profile> {
  const path = configurationPath(env);
  const { default: usual, profiles = {} } = await configurationFile(path);
  const wanted = name || usual;
  if (wanted === undefined) return {};
  const profile = Object.hasOwn(profiles, wanted) ? profiles[wanted] : undefined;
  if (profile === undefined) throw new UsageError(`${path} has no profile ${JSON.stringify(wanted)}`);
  return profile;
}

async function configurationFile(path: string): Promise<ConfigurationFile> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw new UsageError(`${path} cannot be read: ${error.message}`);
  });
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch {
    // Said below, for whatever is no object.
  }
  throw new UsageError(`${path} is no JSON object`);
}

function isThisMachine(url: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}

/** The administrator's token, as a server on this machine has it: from the environment, or from its data folder. It goes to no other machine. */
async function localToken(env: Environment): Promise<string | undefined> {
  if (env.WORLDSWITCH_ADMIN_TOKEN) return env.WORLDSWITCH_ADMIN_TOKEN;
  const path = join(env.WORLDSWITCH_DATA || "data", "admin-token");
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EACCES")
      throw new UsageError(`${path} is for the server's user only: set WORLDSWITCH_TOKEN to a token of your own`);
    return "";
  });
  return text.trim() || undefined;
}
