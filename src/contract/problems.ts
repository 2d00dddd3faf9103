/** Every problem the service answers with (RFC 9457), and every error an operation or a stream can end with: the one list of codes. */
import { z } from "zod";

interface ProblemKind {
  status: number;
  title: string;
}

const kinds = {
  malformed_json: { status: 400, title: "The body is not JSON" },
  invalid_request: { status: 400, title: "The request does not fit its schema" },
  invalid_cursor: { status: 400, title: "The cursor is not one that this list gave" },
  invalid_digest: { status: 400, title: "Content-Digest cannot be read" },
  digest_mismatch: { status: 400, title: "The body does not have the digest that was announced" },
  upload_truncated: { status: 400, title: "The body ended early" },
  unsupported_subprotocol: { status: 400, title: "None of the offered WebSocket subprotocols is spoken here" },
  unauthorized: { status: 401, title: "A valid token is needed" },
  ticket_invalid: { status: 401, title: "The ticket is unknown, used, expired or for something else" },
  sign_in_invalid: { status: 401, title: "The sign-in code is unknown, used or expired" },
  forbidden: { status: 403, title: "The token's role is too weak" },
  quota_exceeded: { status: 403, title: "The project's quota is used up" },
  not_found: { status: 404, title: "There is no such resource" },
  route_not_found: { status: 404, title: "There is no such path" },
  method_not_allowed: { status: 405, title: "The path does not know this method" },
  vm_state_conflict: { status: 409, title: "The vm's state does not allow this" },
  operation_state_conflict: { status: 409, title: "The operation can no longer be cancelled" },
  image_state_conflict: { status: 409, title: "The image's state does not allow this" },
  webhook_inactive: { status: 409, title: "The webhook is not active" },
  image_in_use: { status: 409, title: "A vm still uses the image" },
  project_not_empty: { status: 409, title: "The project still holds resources" },
  name_taken: { status: 409, title: "The name is taken" },
  idempotency_in_flight: { status: 409, title: "A request with this Idempotency-Key is still under way" },
  idempotency_not_replayable: { status: 409, title: "The answer held a secret and was not kept" },
  precondition_failed: { status: 412, title: "The resource has changed" },
  body_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "The body's type is not understood here" },
  image_file_invalid: { status: 422, title: "The file is not what the image kind says" },
  idempotency_key_reused: { status: 422, title: "The Idempotency-Key was used for another request" },
  upgrade_required: { status: 426, title: "This path is a WebSocket" },
  rate_limited: { status: 429, title: "Too many requests" },
  headers_too_large: { status: 431, title: "The header fields are too large" },
  internal_error: { status: 500, title: "The service failed" },
  stream_unavailable: { status: 503, title: "The machine's host cannot be reached" },
  service_unavailable: { status: 503, title: "The service is not ready" },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof kinds;
export const problemCodes = Object.keys(kinds) as [ProblemCode, ...ProblemCode[]];

export function problemKind(code: ProblemCode): ProblemKind {
  return kinds[code];
}

/** `type` of a problem: a stable URI reference, relative to the service, that leads to the table of codes in the documentation. */
export function problemType(code: ProblemCode): string {
  return `/docs/problems#${code}`;
}

export const FieldError = z
  .strictObject({
    path: z.string().meta({ description: "Where, as a JSON pointer into the body, or the name of a parameter", example: "/memoryMiB" }),
    message: z.string(),
  })
  .meta({ id: "FieldError" });
export type FieldError = z.infer<typeof FieldError>;

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    instance: z.string().optional().meta({ description: "The request, as `urn:request:` and its X-Request-Id" }),
    code: z.enum(problemCodes),
    errors: z.array(FieldError).optional(),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details; `code` is stable" });
export type Problem = z.infer<typeof Problem>;

/** Why an operation failed, or a vm is in `error`. */
export const failureCodes = [
  "cancelled",
  "deadline_exceeded",
  "guest_did_not_stop",
  "guest_fault",
  "image_failed",
  "internal_error",
  "no_host",
  "superseded",
  "vm_process_lost",
  "vm_state_conflict",
  "worker_lost",
] as const;
export type FailureCode = (typeof failureCodes)[number];
