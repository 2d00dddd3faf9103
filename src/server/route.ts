/**
 * Serves what `src/contract/endpoint.ts` describes. A request passes, in this order: authentication, rate limit, role, project, body, schema, Idempotency-Key, handler.
 */
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import { z } from "zod";
import type { Endpoint, PathParameters } from "../contract/endpoint.js";
import { mayBeReference } from "../contract/identity.js";
import type { Asker } from "../store/operations.js";
import { admitCaller, authorise, type Caller, selectProject } from "./caller.js";
import { answerOnce } from "./idempotency.js";
import { linkedTo } from "./linked-signal.js";
import { invalid, notFound, ProblemError } from "./problem.js";
import type { RateLimit } from "./rate-limit.js";
import type { Service } from "./service.js";

/** A request that has passed everything, as its handler sees it. */
export interface Call<E extends Endpoint> {
  params: PathParameters<E["path"]>;
  query: z.output<E["query"]>;
  body: z.output<E["body"]>;
  caller: Caller;
  /** The project that the request works in. */
  projectId: string;
  /** The same for the store: who asked, and by which request. */
  asker: Asker;
  /** Aborted when the client has gone or the server closes: nobody waits for the answer any more. */
  signal: AbortSignal;
  request: Request;
  response: Response;
}

/** What is left of it where nobody is asked for a token. */
export type OpenCall<E extends Endpoint> = Pick<Call<E>, "body" | "request" | "response">;

export interface Answer {
  status: number;
  /** A Buffer is sent as it is; anything else as JSON; absent: no body. */
  body?: unknown;
  headers?: Record<string, string>;
  /** It holds a secret: never stored. */
  secret?: boolean;
}

/** `null`: the handler has answered by itself. */
export type Handler<E extends Endpoint> = (call: Call<E>) => Promise<Answer | null>;

export class Router {
  constructor(
    private readonly app: Express,
    private readonly service: Service,
    private readonly limit: RateLimit,
    /** Aborted when the server closes. */
    private readonly closing: AbortSignal,
  ) {}

  serve<E extends Endpoint>(route: E, handler: Handler<E>): void {
    const parseJson = this.jsonParser();
    this.app[route.method](expressPath(route.path), async (request: Request, response: Response, next: NextFunction) => {
      const { service, limit } = this;
      const { caller, fields } = await admitCaller(service.db, limit, request);
      response.set(fields);
      authorise(caller, route);
      const params = pathParameters(route, request);
      const query = parse(route.query, request.query, "query") as z.output<E["query"]> & { project?: string };
      const projectId = await selectProject(service.db, caller, query.project);
      const body = await this.body(route, request, response, parseJson);
      const call: Call<E> = {
        params,
        query,
        body,
        caller,
        projectId,
        asker: { projectId, requestId: String(request.id), actor: caller.tokenId },
        signal: this.patience(response),
        request,
        response,
      };
      const answer = route.method === "post" ? await answerOnce(service, route, call, () => handler(call)) : await handler(call);
      if (answer !== null) send(response, answer);
      else if (!response.headersSent) next();
    });
  }

  /** A route that asks for no token; `limit` counts for the address. */
  serveAnyone<E extends Endpoint>(route: E, limit: RateLimit, handler: (call: OpenCall<E>) => Promise<Answer>): void {
    const parseJson = this.jsonParser();
    this.app[route.method](expressPath(route.path), async (request: Request, response: Response) => {
      response.set(await limit.count(request, null));
      parse(route.query, request.query, "query");
      const body = await this.body(route, request, response, parseJson);
      send(response, await handler({ body, request, response }));
    });
  }

  private jsonParser(): ReturnType<typeof express.json> {
    return express.json({ limit: this.service.settings.maxBodyBytes, strict: false });
  }

  private async body<E extends Endpoint>(
    route: E,
    request: Request,
    response: Response,
    parseJson: ReturnType<typeof express.json>,
  ): Promise<z.output<E["body"]>> {
    if (route.upload || route.body instanceof z.ZodUndefined) return undefined as z.output<E["body"]>;
    if (hasBody(request) && !request.is(["application/json"])) {
      throw new ProblemError("unsupported_media_type", "Send application/json");
    }
    await new Promise<void>((resolve, reject) => {
      parseJson(request, response, (error?: unknown) => (error ? reject(error) : resolve()));
    });
    return parse(route.body, request.body, "body") as z.output<E["body"]>;
  }

  private patience(response: Response): AbortSignal {
    const over = linkedTo(this.closing);
    response.once("close", () => over.abort());
    return over.signal;
  }
}

/** `/v1/vms/{id}` as express writes it. */
function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

function pathParameters<E extends Endpoint>(route: E, request: Request): PathParameters<E["path"]> {
  for (const value of Object.values(request.params)) {
    if (!mayBeReference(String(value))) throw notFound(route.tag.replace(/s$/, ""), String(value).slice(0, 80));
  }
  return request.params as PathParameters<E["path"]>;
}

export function parse<T extends z.ZodType>(schema: T, value: unknown, where: "body" | "query"): z.output<T> {
  const result = schema.safeParse(value);
  if (!result.success) throw invalid(result.error, where);
  return result.data;
}

function hasBody(request: Request): boolean {
  return request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
}

export function send(response: Response, { status, body, headers }: Answer): void {
  response.status(status).set(headers ?? {});
  if (body === undefined) response.end();
  else if (Buffer.isBuffer(body)) response.send(body);
  else response.json(body);
}
