/** One line of JSON for each request, with the request's id and without anything secret. */
import type { Logger } from "pino";
import { type HttpLogger, pinoHttp } from "pino-http";
import { requestIdOf } from "./request-id.js";

export function requestLogging(log: Logger): HttpLogger {
  return pinoHttp({
    logger: log,
    genReqId: (request, response) => {
      const id = requestIdOf(request);
      response.setHeader("X-Request-Id", id);
      return id;
    },
    quietReqLogger: true,
    customAttributeKeys: { reqId: "requestId" },
    customLogLevel: (_request, response, error) => (error || response.statusCode >= 500 ? "error" : "info"),
    serializers: {
      req: ({ method, url }: { method: string; url: string }) => ({ method, url: withoutTicket(url) }),
      res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
    },
  });
}

/** A ticket in a URL opens a stream until it is used. */
export function withoutTicket(url: string): string {
  return url.replace(/([?&]ticket=)[^&]*/g, "$1...");
}
