import type { Quota } from "../contract/access.js";
import type { Exceeded } from "../store/quota.js";
import { ProblemError } from "./problem.js";

const words: Record<keyof Quota, string> = {
  machines: "machines",
  memoryMiB: "MiB of memory in all its machines",
  diskMiB: "MiB of uploaded files",
};

export function quotaExceeded({ limit, allowed, used }: Exceeded): ProblemError {
  return new ProblemError("quota_exceeded", `The project may have ${allowed} ${words[limit]}, and has ${Math.round(used * 10) / 10}`);
}
