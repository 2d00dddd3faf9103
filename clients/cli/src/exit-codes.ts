/** How the command ends; `worldswitch vm --help` shows this table. */
export const exitCodes = {
  done: 0,
  /** An operation failed, or the service refused for another reason than those below. */
  failed: 1,
  usage: 2,
  unreachable: 3,
  /** No such thing, or none for this token. */
  denied: 4,
  late: 5,
  interrupted: 130,
} as const;

export const exitCodesText = `Exit code: 0 done, 1 it failed or was refused, 2 wrong use, 3 the server can't be reached, 4 there is no such thing or the token may not, 5 time was up,
130 interrupted. "vm sh" ends with the command's own exit code, or 255 where the command could not be run.
`;
