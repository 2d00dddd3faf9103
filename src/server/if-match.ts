import type { Database } from "../store/database.js";
import { findVm } from "../store/vm-list.js";
import { ProblemError } from "./problem.js";
import { vmETag } from "./representation.js";

/**
 * What `If-Match` demands of a vm, for the store to check in its transaction (RFC 9110, 13.1.1). Absent or `*`: nothing.
 * @throws ProblemError `precondition_failed` where none of the given tags is the present one
 */
export async function expectedVersion(
  db: Database,
  projectId: string,
  id: string,
  header: string | undefined,
): Promise<{ ifVersion?: number }> {
  if (header === undefined || header.trim() === "*") return {};
  const vm = await findVm(db, projectId, id);
  if (vm === null) return {};
  const tags = header.split(",").map((tag) => tag.trim());
  if (!tags.includes(vmETag(vm))) throw new ProblemError("precondition_failed");
  return { ifVersion: vm.version };
}
