/** Requests: by the names of the contract, with its types, and sent again as long as that is harmless and promises something. */
import { type Routes, routes } from "./contract.js";
import { UnexpectedAnswerError } from "./errors.js";
import { failureOf, mayPass, refusedForNow, unreachable } from "./failure.js";
import { linkedTo } from "./linked-signal.js";
import { backoffMs, pause } from "./patience.js";
import type { Settings } from "./settings.js";

export type RouteId = keyof Routes;

export interface RequestOptions {
  signal?: AbortSignal;
}

/** What a route is asked with: `params` and `body` only where it has them. */
export type Ask<Id extends RouteId> = RequestOptions & {
  query?: Routes[Id]["query"];
  headers?: Record<string, string>;
  /** How long the service was asked to wait. */
  waitMs?: number;
  /**
   * Of a POST. Default: a key of its own, so that a request whose answer got lost can be sent again. null: none, since twice does no harm (and an answer
   * that holds a secret cannot be given again).
   */
  idempotencyKey?: string | null;
} & (keyof Routes[Id]["params"] extends never ? { params?: undefined } : { params: Routes[Id]["params"] }) &
  (undefined extends Routes[Id]["body"] ? { body?: Routes[Id]["body"] } : { body: Routes[Id]["body"] });

/** Longer than that nobody is made to wait before the same is asked again. */
const mostRetryAfterMs = 30_000;

export class Transport {
  constructor(readonly settings: Settings) {}

  async call<Id extends RouteId>(id: Id, ask: Ask<Id>): Promise<Routes[Id]["answer"]> {
    return (await this.ask(id, ask)).answer;
  }

  /** The same, with the header fields of the answer. */
  async ask<Id extends RouteId>(id: Id, ask: Ask<Id>): Promise<{ answer: Routes[Id]["answer"]; headers: Headers }> {
    const { method, empty } = routes[id];
    const url = this.url(id, ask.params ?? {}, ask.query ?? {});
    const headers: Record<string, string> = { Accept: "application/json", ...ask.headers };
    if (ask.body !== undefined) headers["Content-Type"] = "application/json";
    if (method === "POST" && ask.idempotencyKey !== null) headers["Idempotency-Key"] = ask.idempotencyKey ?? randomKey();
    // If the answer to one that depends on a version got lost, it may have made the next version: sent again, it would be refused though it succeeded.
    const worthAnother = "If-Match" in headers ? refusedForNow : mayPass;
    const init = { method, headers, ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }) };
    const send = async (again: boolean) => {
      const response = await this.once(url, init, this.settings.timeoutMs + (ask.waitMs ?? 0), ask.signal);
      // The first one was heard after all, and its answer got lost.
      if (again && method === "DELETE" && response.status === 404 && empty) return { answer: undefined, headers: response.headers };
      if (!response.ok) throw await failureOf(response, `${method} ${url}`);
      return { answer: await bodyOf(response, url), headers: response.headers };
    };
    return this.persist(ask.signal, send, worthAnother);
  }

  /** Sends what is to be sent until it is answered, or as often as is worth it. `again` tells later attempts from the first. */
  async persist<T>(signal: AbortSignal | undefined, send: (again: boolean) => Promise<T>, worthAnother = mayPass): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await send(attempt > 0);
      } catch (error) {
        signal?.throwIfAborted();
        const wanted = (error as { retryAfterMs?: number | null }).retryAfterMs ?? 0;
        if (!worthAnother(error) || attempt >= this.settings.retries || wanted > mostRetryAfterMs) throw error;
        await pause(Math.max(wanted, backoffMs(attempt)), signal);
      }
    }
  }

  /** One attempt, with the token. @throws UnreachableError */
  async once(
    url: string,
    init: RequestInit & { headers: Record<string, string> },
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Response> {
    const token = await this.settings.token();
    const headers = token === null ? init.headers : { ...init.headers, Authorization: `Bearer ${token}` };
    const attempt = linkedTo(signal);
    const late = setTimeout(() => attempt.abort(new DOMException("there was no answer in time", "TimeoutError")), timeoutMs);
    try {
      const response = await this.settings.fetch(url, { ...init, headers, signal: attempt.signal });
      // Read here, so that a connection that breaks halfway through is met in one place.
      return new Response(nullBody.includes(response.status) ? null : await response.arrayBuffer(), response);
    } catch (error) {
      signal?.throwIfAborted();
      throw unreachable(this.settings.url, error);
    } finally {
      clearTimeout(late);
      attempt.abort();
    }
  }

  /** Of a route with its parameters, in the selected project. */
  url(id: RouteId, params: object, query: object): string {
    const { path, project } = routes[id];
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String((params as Record<string, unknown>)[name])));
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...(project ? { project: this.settings.project } : {}), ...query })) {
      for (const each of [value].flat()) if (each !== undefined) search.append(name, String(each));
    }
    return `${this.settings.url}${filled}${search.size > 0 ? `?${search}` : ""}`;
  }

  /** Of a ticket's path. Its `url` is what the service calls itself; this is how the service is called from here. */
  webSocketUrl(path: string): string {
    return this.settings.url.replace(/^http/, "ws") + path;
  }
}

/** Statuses whose answers cannot have a body. */
const nullBody = [204, 205, 304];

/** What a good answer carries, as the contract types it. */
async function bodyOf<Id extends RouteId>(response: Response, url: string): Promise<Routes[Id]["answer"]> {
  const type = response.headers.get("Content-Type") ?? "";
  if (response.status === 204) return undefined as Routes[Id]["answer"];
  if (type.startsWith("application/octet-stream")) return new Uint8Array(await response.arrayBuffer()) as unknown as Routes[Id]["answer"];
  const text = await response.text();
  if (type.startsWith("text/plain")) return text as Routes[Id]["answer"];
  try {
    return JSON.parse(text) as Routes[Id]["answer"];
  } catch {
    throw new UnexpectedAnswerError(
      `${url} is answered with ${type || "something"} that is no JSON: is this a Worldswitch server?`,
      response.status,
    );
  }
}

/** Of 128 random bits. `randomUUID` is missing on pages that come by plain http. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
