/** The words do not make a command, or what is configured makes no sense. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
