/** What an answer that is none of the good ones means, and what it means to get none at all. */
import type { Problem } from "./contract.js";
import { ProblemError, UnexpectedAnswerError, UnreachableError } from "./errors.js";

/** Answers that say "not now", with what the service or a proxy before it means by them. */
const passingStatuses = [429, 502, 503, 504];

/** Whether the same request may fare better a little later. */
export function mayPass(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  if (error instanceof UnexpectedAnswerError) return passingStatuses.includes(error.status);
  return error instanceof ProblemError && (passingStatuses.includes(error.status) || error.code === "idempotency_in_flight");
}

/** The same, and the service itself says that it has done nothing. */
export function refusedForNow(error: unknown): boolean {
  return error instanceof ProblemError && mayPass(error);
}

export async function failureOf(response: Response, what: string): Promise<ProblemError | UnexpectedAnswerError> {
  const text = await response.text();
  const requestId = response.headers.get("X-Request-Id");
  const problem = response.headers.get("Content-Type")?.startsWith("application/problem+json") ? parsed(text) : null;
  if (problem !== null) return new ProblemError(problem, requestId, retryAfterMs(response.headers.get("Retry-After")));
  const beginning = text.slice(0, 80).trim();
  const says = beginning === "" ? "" : ` and says ${JSON.stringify(beginning)}`;
  return new UnexpectedAnswerError(`${what} is answered with ${response.status}${says}: is this a Worldswitch server?`, response.status);
}

function parsed(text: string): Problem | null {
  try {
    const problem = JSON.parse(text) as Problem | null;
    return typeof problem?.code === "string" ? problem : null;
  } catch {
    return null;
  }
}

function retryAfterMs(header: string | null): number | null {
  if (header === null) return null;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : null;
}

const reasons: Record<string, string> = {
  ECONNREFUSED: "nothing listens there; is the server running?",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the host's name cannot be looked up",
  ECONNRESET: "the connection broke",
  UND_ERR_SOCKET: "the connection broke",
  EPIPE: "the connection broke",
  ETIMEDOUT: "the host does not answer",
  UND_ERR_CONNECT_TIMEOUT: "the host does not answer",
  UND_ERR_HEADERS_TIMEOUT: "the server does not answer",
  EHOSTUNREACH: "there is no way to the host",
  ENETUNREACH: "there is no network",
};

/** What `fetch` throws says nothing by itself: its cause does, in Node. */
export function unreachable(url: string, error: unknown): UnreachableError {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const { code = "", message = String(cause), name = "" } = (cause ?? {}) as { code?: string; message?: string; name?: string };
  const reason = name === "TimeoutError" ? "there was no answer in time" : (reasons[code] ?? message);
  return new UnreachableError(`cannot reach ${url}: ${reason}`, { cause: error });
}
