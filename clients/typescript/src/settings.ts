/** Where the service is and who asks. */
import { WorldswitchError } from "./errors.js";

export interface WorldswitchOptions {
  /** Where the service is. Default: WORLDSWITCH_URL, the page's own origin in a browser, else `http://127.0.0.1:8080`. */
  url?: string | URL;
  /** A token of the service, or a function that is asked for it before each request. Default: WORLDSWITCH_TOKEN. */
  token?: string | (() => string | Promise<string>);
  /** Id or name of the project to work in, for administrators of the installation. Default: the token's own. */
  project?: string;
  /** How often a request is sent again that got no answer, or one that says "not now". Default 4. */
  retries?: number;
  /** How long one attempt may take, in milliseconds, beside what the service was asked to wait. Default 30,000. */
  timeoutMs?: number;
  /** Instead of the platform's. */
  fetch?: typeof fetch;
}

export interface Settings {
  /** Without a slash at the end. */
  url: string;
  token: () => Promise<string | null>;
  project: string | undefined;
  retries: number;
  timeoutMs: number;
  fetch: typeof fetch;
}

/** Whatever the platform has: a browser has no environment, Node has no page. */
const platform: { process?: { env?: Record<string, string | undefined> }; location?: { origin: string } } = globalThis;

export function settingsOf(options: WorldswitchOptions): Settings {
  const env = platform.process?.env ?? {};
  const token = options.token ?? env.WORLDSWITCH_TOKEN;
  return {
    url: baseUrl(String(options.url ?? env.WORLDSWITCH_URL ?? platform.location?.origin ?? "http://127.0.0.1:8080")),
    token: async () => (typeof token === "function" ? token() : (token ?? null)),
    project: options.project,
    retries: options.retries ?? 4,
    timeoutMs: options.timeoutMs ?? 30_000,
    // Bound: a browser's fetch is called on its window, or not at all.
    fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
  };
}

function baseUrl(given: string): string {
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw new WorldswitchError(`the service's address is an http or https URL, and not ${JSON.stringify(given)}`);
  }
  const url = new URL(given);
  return url.origin + url.pathname.replace(/\/+$/, "");
}
