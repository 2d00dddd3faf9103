/** Failures in words for somebody who looks at a page. */
import { ProblemError, UnexpectedAnswerError, UnreachableError } from "@worldswitch/client";

type Code = ProblemError["code"];

/** Where the service's own sentence is for programmers. */
const words: Partial<Record<Code, string>> = {
  unauthorized: "Your sign-in is not valid any more. Sign in again.",
  forbidden: "Your token does not allow this: it takes a stronger role.",
  not_found: "It is not there any more.",
  rate_limited: "That was too much at once. Try again in a moment.",
  stream_unavailable: "The machine's host does not answer at the moment.",
  service_unavailable: "The server cannot do this at the moment: it is closing, or its database does not answer. Try again soon.",
  internal_error: "The server failed at this. Its log says why.",
  precondition_failed: "Somebody else has changed it meanwhile. Look again.",
  image_in_use: "A machine still uses this image. Delete the machine first.",
  name_taken: "That name is taken.",
};

/** One that may pass, so that the client goes on trying, and that is told as it is. */
export class PassingFailure extends UnreachableError {}

export function explain(error: unknown): string {
  if (error instanceof ProblemError) return words[error.code] ?? sentence(error.message);
  if (error instanceof PassingFailure) return error.message;
  if (error instanceof UnreachableError) return "The server cannot be reached. Is the network there, and the server running?";
  if (error instanceof UnexpectedAnswerError) return "Something that is no Worldswitch server answered. Is there a proxy in between?";
  return error instanceof Error ? sentence(error.message) : "Something went wrong.";
}

/** What is wrong with one field of a form, by its JSON pointer. */
export function wrongField(error: unknown, pointer: string): string | undefined {
  if (!(error instanceof ProblemError)) return undefined;
  const found = error.errors.find(({ path }) => path === pointer || path.startsWith(`${pointer}/`));
  return found && sentence(found.message);
}

export function isCode(error: unknown, code: Code): boolean {
  return error instanceof ProblemError && error.code === code;
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? "" : "."}`;
}
