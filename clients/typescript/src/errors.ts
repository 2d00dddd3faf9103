/** Everything that this package throws by itself, beside the reason of an AbortSignal: one class for each thing that a program may want to tell apart. */
import type { FieldError, Operation, Problem } from "./contract.js";

export class WorldswitchError extends Error {
  override readonly name: string = "WorldswitchError";
}

/** The service refused: RFC 9457 problem details. `code` is stable, and one of the contract's. */
export class ProblemError extends WorldswitchError {
  override readonly name = "ProblemError";
  readonly code: Problem["code"];
  readonly status: number;
  readonly title: string;
  readonly detail: string | undefined;
  /** What does not fit, field by field. */
  readonly errors: readonly FieldError[];

  constructor(
    problem: Problem,
    /** Finds the request in the server's logs. */
    readonly requestId: string | null,
    /** When the service says that it is worth asking again. */
    readonly retryAfterMs: number | null = null,
  ) {
    const { title, detail = title, errors = [] } = problem;
    super([detail, ...errors.map(({ path, message }) => `${path}: ${message}`)].join("; "));
    this.code = problem.code;
    this.status = problem.status;
    this.title = title;
    this.detail = problem.detail;
    this.errors = errors;
  }
}

/** There was no answer: no server, no network, a connection that broke. */
export class UnreachableError extends WorldswitchError {
  override readonly name = "UnreachableError";
}

/** There was an answer, but none that a Worldswitch server gives: a proxy in between, or another server altogether. */
export class UnexpectedAnswerError extends WorldswitchError {
  override readonly name = "UnexpectedAnswerError";

  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** The service did what it was asked to, and it did not come off. */
export class OperationFailedError extends WorldswitchError {
  override readonly name = "OperationFailedError";
  readonly code: string;

  constructor(readonly operation: Operation) {
    const { kind, state, error } = operation;
    super(`${kind} ${state === "cancelled" ? "was cancelled" : "failed"}: ${error?.message ?? "no reason was given"}`);
    this.code = error?.code ?? state;
  }
}

/** What was waited for did not come in time. */
export class TimeoutError extends WorldswitchError {
  override readonly name = "TimeoutError";
}

/** The machine is in no state for this, and won't come to one by itself. */
export class VmStateError extends WorldswitchError {
  override readonly name = "VmStateError";
}

/** A console does not take keys from this connection, or is over. */
export class ConsoleError extends WorldswitchError {
  override readonly name = "ConsoleError";
}
