/** Where requests end that nothing served, or that failed on their way. */
import type { ErrorRequestHandler, Request, RequestHandler, Response } from "express";
import { endpoints } from "../contract/endpoints/all.js";
import { isUnreachable } from "./database-errors.js";
import { asProblem, ProblemError, problemMediaType } from "./problem.js";

const paths = endpoints.map(({ method, path }) => ({
  method: method.toUpperCase(),
  pattern: new RegExp(`^${path.replaceAll(/[.]/g, "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}/?$`),
}));

/** `405` where the path is known and the method isn't, else `404`. */
export const unserved: RequestHandler = (request) => {
  const methods = paths.filter(({ pattern }) => pattern.test(request.path)).map(({ method }) => method);
  if (methods.length === 0) throw new ProblemError("route_not_found", `There is no ${request.path.slice(0, 200)}`);
  const allow = [...new Set([...methods, ...(methods.includes("GET") ? ["HEAD"] : [])])].join(", ");
  throw new ProblemError("method_not_allowed", `${request.path.slice(0, 200)} knows ${allow}`, { headers: { Allow: allow } });
};

export const failed: ErrorRequestHandler = (error: unknown, request, response, _next) => {
  const problem = isUnreachable(error)
    ? new ProblemError("service_unavailable", "The database cannot be reached", { cause: error, headers: { "Retry-After": "1" } })
    : asProblem(error);
  if (problem.status >= 500) request.log.error({ err: problem.cause ?? problem }, problem.message);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  letTheAnswerThrough(request, response);
  response.status(problem.status).set(problem.headers).set("Content-Type", problemMediaType);
  response.send(Buffer.from(JSON.stringify(problem.toJSON(String(request.id)))));
};

/** For so long the rest of a refused body is read and dropped. */
const drainMs = 5000;

/** A peer that is still sending a refused body sees no answer if the connection is just cut: so its body is dropped for a while. */
function letTheAnswerThrough(request: Request, response: Response): void {
  if (request.complete) return;
  request.resume();
  response.once("finish", () => {
    const cut = setTimeout(() => request.socket.destroy(), drainMs);
    cut.unref();
    request.once("close", () => clearTimeout(cut));
  });
}
