/** `api/openapi.json`: the contract, printed from the schemas that validate. */
import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from "@asteasolutions/zod-to-openapi";
import { z } from "zod";
import type { Endpoint } from "./endpoint.js";
import { endpoints } from "./endpoints/all.js";
import { failureCodes, Problem, type ProblemCode, problemKind } from "./problems.js";
import { actionTable, transitions } from "./vm-states.js";

type Document = ReturnType<OpenApiGeneratorV31["generateDocument"]>;

/** What any route that needs a token may answer. */
const everywhere: ProblemCode[] = ["invalid_request", "unauthorized", "forbidden", "rate_limited", "internal_error"];
const withBody: ProblemCode[] = ["malformed_json", "body_too_large", "unsupported_media_type"];
const onPost: ProblemCode[] = ["idempotency_in_flight", "idempotency_key_reused"];

export function problemsOf(route: Endpoint): ProblemCode[] {
  const takesBody = !(route.body instanceof z.ZodUndefined);
  return [
    ...new Set([
      ...route.problems,
      ...(route.role === null ? (["invalid_request", "internal_error"] as const) : everywhere),
      ...(takesBody ? withBody : []),
      ...(isRepeatable(route) ? onPost : []),
    ]),
  ];
}

/** Keys are kept by project: where nobody is asked for a token there is none. */
function isRepeatable(route: Endpoint): boolean {
  return route.method === "post" && route.role !== null;
}

export function openApiDocument(version: string): Document {
  const registry = new OpenAPIRegistry();
  const bearer = registry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "A token of the service. A browser, which cannot send headers with a WebSocket, uses a ticket.",
  });
  for (const route of endpoints) registry.registerPath(routeConfig(route, bearer.name));
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: "3.1.0",
    info: {
      title: "Worldswitch",
      version,
      description:
        "Virtual machines over HTTP. Everything that takes time answers `202` with an operation to follow. Problems are `application/problem+json` with a stable `code`. The WebSocket protocols are in streams.md.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
  });
  return Object.assign(document, { "x-state-table": { actions: actionTable, transitions }, "x-failure-codes": failureCodes });
}

function routeConfig(route: Endpoint, security: string): RouteConfig {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
  const headers = {
    ...(isRepeatable(route)
      ? { "Idempotency-Key": z.string().max(200).optional().meta({ description: "The same answer is given to the same request again" }) }
      : {}),
    ...(route.upload ? { "Content-Digest": z.string().optional().meta({ description: "RFC 9530, `sha-256` or `sha-512`" }) } : {}),
    ...(route.problems.includes("precondition_failed") ? { "If-Match": z.string().optional() } : {}),
  };
  const responses: RouteConfig["responses"] = {};
  for (const [status, answer] of Object.entries(route.answers)) {
    responses[status] = {
      description: answer.description,
      ...(answer.headers
        ? {
            headers: Object.fromEntries(
              Object.entries(answer.headers).map(([name, description]) => [name, { description, schema: { type: "string" } }]),
            ),
          }
        : {}),
      ...(answer.schema ? { content: { [answer.type ?? "application/json"]: { schema: answer.schema } } } : {}),
    };
  }
  for (const [status, codes] of byStatus(problemsOf(route))) {
    responses[status] = {
      description: codes.map((code) => `\`${code}\``).join(", "),
      content: { "application/problem+json": { schema: Problem } },
    };
  }
  return {
    method: route.method,
    path: route.path,
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description ? { description: route.description } : {}),
    security: route.role === null ? [] : [{ [security]: [] }],
    request: {
      ...(names.length > 0 ? { params: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))) } : {}),
      query: route.query as z.ZodObject,
      ...(Object.keys(headers).length > 0 ? { headers: z.object(headers) } : {}),
      ...requestBody(route),
    },
    responses,
    "x-token-role": route.installation ? "installation admin" : (route.role ?? "none"),
    ...(route.subprotocols ? { "x-websocket-subprotocols": route.subprotocols } : {}),
  } as RouteConfig;
}

function requestBody(route: Endpoint): Pick<NonNullable<RouteConfig["request"]>, "body"> {
  if (route.upload)
    return { body: { required: true, content: { "application/octet-stream": { schema: z.string().meta({ format: "binary" }) } } } };
  if (route.body instanceof z.ZodUndefined) return {};
  return { body: { required: !route.body.isOptional(), content: { "application/json": { schema: route.body } } } };
}

function byStatus(codes: ProblemCode[]): Map<string, ProblemCode[]> {
  const grouped = new Map<string, ProblemCode[]>();
  for (const code of codes) {
    const status = String(problemKind(code).status);
    grouped.set(status, [...(grouped.get(status) ?? []), code]);
  }
  return grouped;
}
