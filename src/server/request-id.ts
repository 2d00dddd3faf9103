/** `X-Request-Id`: the caller's where it brings a usable one, else drawn. It is in the answer, in the logs, and in the operations and events that follow. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

const usable = /^[A-Za-z0-9._:-]{1,100}$/;

export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && usable.test(given) ? given : randomUUID();
}
