import type { Quota } from "../contract/access.js";
import type { Exceeded } from "../store/quota.js";
import { ProblemError } from "./problem.js";

const words: Record<keyof Quota, string> = {
  machines: "Machines",
  memoryMiB: "MiB of memory of all machines",
  diskMiB: "MiB of uploaded files",
};

export function quotaExceeded({ limit, allowed, used }: Exceeded): ProblemError {
  return new ProblemError("quota_exceeded", `${words[limit]}: at most ${allowed} in this project, which has ${Math.round(used * 10) / 10}`);
}
