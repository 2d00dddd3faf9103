import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import type { ProblemCode } from "../contract/problems.js";
import { ProblemError, refusal } from "./problem.js";

const codes: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: "headers_too_large",
  HPE_INVALID_EOF_STATE: "upload_truncated",
};

/** Bytes that are not HTTP, headers beyond all measure, bodies that end early: still a problem with a code, then the connection ends. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = new ProblemError(codes[error.code ?? ""] ?? "invalid_request", "This cannot be read as HTTP/1.1");
  socket.end(refusal(problem, randomUUID()));
}
