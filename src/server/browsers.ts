/** What browsers are told: security fields on every answer, and which other origins may call. */
import type { RequestHandler } from "express";
import helmet from "helmet";

export const securityHeaders: RequestHandler = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      // swagger-ui writes style attributes, and its icons are data: URLs.
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", "data:"],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
  // Served over http on loopback as often as behind somebody's TLS, whose business this is.
  strictTransportSecurity: false,
  crossOriginResourcePolicy: { policy: "same-origin" },
});

const exposed = [
  "ETag",
  "Location",
  "X-Request-Id",
  "Idempotency-Replayed",
  "Retry-After",
  "Console-Offset",
  "RateLimit-Limit",
  "RateLimit-Remaining",
  "RateLimit-Reset",
];
const allowed = [
  "Authorization",
  "Content-Type",
  "Content-Digest",
  "Idempotency-Key",
  "If-Match",
  "If-None-Match",
  "Last-Event-ID",
  "X-Request-Id",
];

/** CORS for the configured origins. Tokens travel in a header and never in a cookie, so no credentials are allowed along. */
export function crossOrigin(origins: readonly string[]): RequestHandler {
  return (request, response, next) => {
    const origin = request.headers.origin;
    response.vary("Origin");
    if (origin === undefined || !(origins.includes("*") || origins.includes(origin))) return next();
    response.set({
      "Access-Control-Allow-Origin": origin,
      "Access-Control-Expose-Headers": exposed.join(", "),
      "Cross-Origin-Resource-Policy": "cross-origin",
    });
    if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined) return next();
    response.set({
      "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
      "Access-Control-Allow-Headers": allowed.join(", "),
      "Access-Control-Max-Age": "600",
    });
    response.status(204).end();
  };
}
