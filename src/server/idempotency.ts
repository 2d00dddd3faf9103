/** `Idempotency-Key`: the same request gets the same answer again, whatever happened to the first one on its way. */
import { createHash } from "node:crypto";
import type { Endpoint } from "../contract/endpoint.js";
import { completeKey, releaseKey, reserveKey, type StoredAnswer } from "../store/idempotency.js";
import { asProblem, ProblemError, problemMediaType } from "./problem.js";
import type { Answer, Call } from "./route.js";
import type { Service } from "./service.js";

export async function answerOnce<E extends Endpoint>(
  service: Service,
  route: E,
  call: Call<E>,
  answer: () => Promise<Answer | null>,
): Promise<Answer | null> {
  const key = call.request.headers["idempotency-key"];
  if (key === undefined) return answer();
  if (typeof key !== "string" || !/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw new ProblemError("invalid_request", "An Idempotency-Key is 1 to 200 printable characters without spaces");
  }
  const { idempotencyMs: keptMs, inFlightMs } = service.settings;
  const reservation = await reserveKey(
    service.db,
    { projectId: call.projectId, key, fingerprint: fingerprint(route, call) },
    { keptMs, inFlightMs },
  );
  switch (reservation.outcome) {
    case "in_flight":
      throw new ProblemError("idempotency_in_flight", undefined, { headers: { "Retry-After": "1" } });
    case "other_request":
      throw new ProblemError("idempotency_key_reused");
    case "answered":
      return replay(reservation.answer);
    case "reserved":
      return first(service, reservation.id, call, answer);
  }
}

/** Over what the request asks for, not over its spelling: the body has passed its schema. */
function fingerprint<E extends Endpoint>(route: E, call: Call<E>): string {
  return createHash("sha256")
    .update(JSON.stringify([route.id, call.params, call.query, call.body ?? null]))
    .digest("hex");
}

async function first<E extends Endpoint>(
  service: Service,
  id: string,
  call: Call<E>,
  answer: () => Promise<Answer | null>,
): Promise<Answer | null> {
  try {
    const given = await answer();
    if (given === null) await releaseKey(service.db, id);
    else await completeKey(service.db, id, stored(given));
    return given;
  } catch (error) {
    const problem = asProblem(error);
    if (problem.status >= 500) {
      await releaseKey(service.db, id);
      throw error;
    }
    const body = problem.toJSON(String(call.request.id));
    await completeKey(
      service.db,
      id,
      stored({ status: problem.status, body, headers: { ...problem.headers, "Content-Type": problemMediaType } }),
    );
    throw error;
  }
}

function stored({ status, body, headers, secret }: Answer): StoredAnswer {
  return { status, headers: headers ?? {}, body: body === undefined ? null : JSON.stringify(body), secret: secret ?? false };
}

function replay({ status, headers, body, secret }: StoredAnswer): Answer {
  if (secret) throw new ProblemError("idempotency_not_replayable");
  return {
    status,
    headers: { "Content-Type": "application/json; charset=utf-8", ...headers, "Idempotency-Replayed": "true" },
    ...(body === null ? {} : { body: Buffer.from(body) }),
  };
}
