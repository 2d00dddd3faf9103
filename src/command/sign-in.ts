/** `worldswitch sign-in`: prints a link that signs a browser in, by the admin token of the data folder. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SettingError } from "../server/settings.js";
import { readEnvironment } from "./environment.js";

export const signInUsage = `usage: worldswitch sign-in

Prints a link that signs a browser in to the dashboard: once, within ten minutes. It asks the server at WORLDSWITCH_URL, by default
http://127.0.0.1:8080 (or what HOST and PORT say), with WORLDSWITCH_ADMIN_TOKEN or the admin-token in the data folder (WORLDSWITCH_DATA).
`;

export async function signInCommand(args: string[]): Promise<number> {
  if (args.length > 0) {
    const help = args[0] === "--help" || args[0] === "-h";
    process[help ? "stdout" : "stderr"].write(signInUsage);
    return help ? 0 : 2;
  }
  try {
    process.stdout.write(`${await askForLink(process.env)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    process.stderr.write(`worldswitch: ${error.message}\n`);
    return 1;
  }
}

/** @throws SettingError that says what a person can do */
async function askForLink(env: NodeJS.ProcessEnv): Promise<string> {
  const { dataFolder, adminToken } = readEnvironment(env);
  const token = adminToken ?? (await tokenOf(dataFolder));
  const server = serverUrl(env);
  const answer = await fetch(`${server}/v1/sign-in-codes`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(10_000),
  }).catch(() => null);
  if (answer === null) throw new SettingError(`no server answers at ${server}; WORLDSWITCH_URL says where it is`);
  const body = (await answer.json().catch(() => ({}))) as { url?: string; title?: string; detail?: string };
  if (answer.status !== 201 || body.url === undefined) {
    const why = body.detail ?? body.title ?? "that is no Worldswitch server";
    throw new SettingError(`${server} answered ${answer.status}: ${why}`);
  }
  return body.url;
}

async function tokenOf(dataFolder: string): Promise<string> {
  const path = join(dataFolder, "admin-token");
  const found = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new SettingError(`cannot read ${path} (${error.code}); WORLDSWITCH_DATA says where the server keeps its data`);
  });
  return found.trim();
}

function serverUrl(env: NodeJS.ProcessEnv): string {
  const given = env.WORLDSWITCH_URL || `http://${env.HOST || "127.0.0.1"}:${env.PORT || 8080}`;
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw new SettingError(`WORLDSWITCH_URL must be an http or https URL, not ${JSON.stringify(given)}`);
  }
  return given.replace(/\/+$/, "");
}
