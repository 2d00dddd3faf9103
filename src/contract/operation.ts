/** The record of one asynchronous request: what was asked, its progress, its outcome. */
import { z } from "zod";
import { id, Time } from "./identity.js";
import { page } from "./paging.js";
import { failureCodes } from "./problems.js";

export const operationStates = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export type OperationState = (typeof operationStates)[number];

export const operationKinds = [
  "vm.create",
  "vm.start",
  "vm.shutdown",
  "vm.stop",
  "vm.reset",
  "vm.pause",
  "vm.resume",
  "vm.delete",
] as const;
export type OperationKind = (typeof operationKinds)[number];

export const OperationError = z
  .object({ code: z.string().meta({ description: `One of ${failureCodes.join(", ")}, or a code of the monitor's` }), message: z.string() })
  .meta({ id: "OperationError" });

export const Operation = z
  .object({
    id: id("operation"),
    kind: z.enum(operationKinds),
    state: z.enum(operationStates),
    progress: z.number().min(0).max(1).nullable().meta({ description: "null where it cannot be known" }),
    step: z.string().nullable().meta({ description: "What it is doing, for people", example: "preparing image" }),
    mayCancel: z.boolean(),
    resources: z.record(z.string(), z.string()).meta({ description: "Ids of what it is about, by kind", example: { vm: "vm_1" } }),
    error: OperationError.nullable(),
    createdAt: Time,
    startedAt: Time.nullable(),
    endedAt: Time.nullable(),
    projectId: id("project"),
  })
  .meta({ id: "Operation" });
export type Operation = z.infer<typeof Operation>;

export const OperationPage = page("OperationPage", Operation);
