/** Failures on their way to the client: thrown as {@link ProblemError}, answered as `application/problem+json` (RFC 9457). */
import { STATUS_CODES } from "node:http";
import type { z } from "zod";
import { type FieldError, type Problem, type ProblemCode, problemKind, problemType } from "../contract/problems.js";

interface Extra {
  errors?: FieldError[];
  headers?: Record<string, string>;
  cause?: unknown;
}

export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly errors: FieldError[] | undefined;
  readonly headers: Record<string, string>;

  constructor(code: ProblemCode, detail?: string, extra: Extra = {}) {
    super(detail ?? problemKind(code).title, { cause: extra.cause });
    this.code = code;
    this.status = problemKind(code).status;
    this.errors = extra.errors;
    this.headers = extra.headers ?? {};
  }

  toJSON(requestId: string): Problem {
    const { title } = problemKind(this.code);
    return {
      type: problemType(this.code),
      title,
      status: this.status,
      ...(this.message === title ? {} : { detail: this.message }),
      instance: `urn:request:${requestId}`,
      code: this.code,
      ...(this.errors ? { errors: this.errors } : {}),
    };
  }
}

export const problemMediaType = "application/problem+json";

/** A request that does not fit its schema. `pointer` makes the name of each field: a JSON pointer in bodies, the bare name of a parameter. */
export function invalid(error: z.ZodError, where: "body" | "query" | "header"): ProblemError {
  const errors = error.issues.flatMap((issue) => {
    const path = where === "body" ? issue.path.map((part) => `/${String(part)}`).join("") : issue.path.map(String).join(".");
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ path: where === "body" ? `${path}/${key}` : key, message: "is not known here" }));
    }
    return [{ path, message: issue.message }];
  });
  return new ProblemError("invalid_request", `The ${where} does not fit`, { errors });
}

export function notFound(what: string, reference: string): ProblemError {
  return new ProblemError("not_found", `There is no ${what} ${JSON.stringify(reference)}`);
}

/** What body parsers, the router and Node's HTTP parser throw: `http-errors` with a `type`. */
interface HttpError {
  status: number;
  type?: string;
  message: string;
}

function isHttpError(error: unknown): error is HttpError {
  return error instanceof Error && "status" in error && typeof error.status === "number";
}

const byParserType: Record<string, ProblemCode> = {
  "entity.parse.failed": "malformed_json",
  "entity.too.large": "body_too_large",
  "encoding.unsupported": "unsupported_media_type",
  "charset.unsupported": "unsupported_media_type",
  "request.aborted": "upload_truncated",
  "request.size.invalid": "upload_truncated",
};

/** The problem that any thrown value is. What is not known becomes `internal_error`, without telling the client what it was. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (isHttpError(error) && error.status < 500) {
    const code = byParserType[error.type ?? ""];
    if (code) return new ProblemError(code, undefined, { cause: error });
    return new ProblemError(error.status === 404 ? "route_not_found" : "invalid_request", error.message, { cause: error });
  }
  return new ProblemError("internal_error", undefined, { cause: error });
}

/** The same as a whole HTTP/1.1 answer, for a socket that asked to be upgraded and won't be. */
export function refusal(problem: ProblemError, requestId: string): string {
  const body = JSON.stringify(problem.toJSON(requestId));
  const fields = {
    "Content-Type": problemMediaType,
    "Content-Length": String(Buffer.byteLength(body)),
    "X-Request-Id": requestId,
    Connection: "close",
    ...problem.headers,
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ""}\r\n${head.join("")}\r\n${body}`;
}
