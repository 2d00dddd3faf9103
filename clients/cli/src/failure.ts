/** What went wrong, in words for a person, and with which code the command ends. */
import { OperationFailedError, ProblemError, TimeoutError, UnreachableError, WorldswitchError } from "@worldswitch/client";
import { exitCodes } from "./exit-codes.js";
import { UsageError } from "./usage-error.js";

/** Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Nobody reads the output any more, as of `| head`: there is nothing left to do, and nothing wrong. */
export class ReaderGone extends Error {
  override readonly name = "ReaderGone";
}

export interface Failure {
  /** null: there is nothing to be said. */
  message: string | null;
  code: number;
}

/** null for a defect. */
export function failureOf(error: unknown): Failure | null {
  if (error instanceof Interrupted) return { message: null, code: exitCodes.interrupted };
  if (error instanceof ReaderGone) return { message: null, code: exitCodes.done };
  if (error instanceof UsageError) return { message: error.message, code: exitCodes.usage };
  if (error instanceof UnreachableError) return { message: error.message, code: exitCodes.unreachable };
  if (error instanceof TimeoutError) return { message: error.message, code: exitCodes.late };
  if (error instanceof ProblemError) return ofProblem(error);
  if (error instanceof OperationFailedError) return { message: `${error.message} (${error.code})`, code: exitCodes.failed };
  if (error instanceof WorldswitchError) return { message: error.message, code: exitCodes.failed };
  if (isFileError(error)) return { message: error.message, code: exitCodes.failed };
  return null;
}

function ofProblem(problem: ProblemError): Failure {
  const { status, code, message, requestId } = problem;
  switch (status) {
    case 401:
      return { message: "the server does not know the token: it is wrong, revoked or expired", code: exitCodes.denied };
    case 403:
    case 404:
      return { message: plain(message), code: exitCodes.denied };
    case 500:
      return { message: `${plain(message)} (request ${requestId ?? "without an id"})`, code: exitCodes.failed };
    default:
      return { message: `${plain(message)} (${code})`, code: exitCodes.failed };
  }
}

/** As part of a sentence that begins with the command's name. */
function plain(message: string): string {
  return message[0].toLowerCase() + message.slice(1);
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "path" in error;
}
