import { z } from "zod";
import { Ticket, VmTicketCreate } from "../access.js";
import { type AnswerShape, endpoint, NoBody } from "../endpoint.js";
import { text } from "../identity.js";
import { Operation } from "../operation.js";
import { pageQuery } from "../paging.js";
import type { ProblemCode } from "../problems.js";
import { VmStats } from "../stats.js";
import { Vm, VmCreate, VmOrGone, VmPage, VmPatch } from "../vm.js";
import { vmStates } from "../vm-states.js";

const tag = "vms";

export const accepted: AnswerShape = {
  description: "The operation",
  schema: Operation,
  headers: { Location: "Where to follow the operation" },
};

/** `a,b` or a parameter given twice, each an element of `values`. */
export function oneOrMore<const T extends readonly [string, ...string[]]>(values: T) {
  return z
    .union([z.string(), z.array(z.string())])
    .transform((given) => [given].flat().flatMap((part) => part.split(",")))
    .pipe(z.array(z.enum(values)).min(1));
}

export const secondsToWait = z.coerce.number().min(0).max(60).default(30).meta({ description: "Seconds, 0 to 60" });

const stateList = oneOrMore(vmStates).meta({ description: "States, separated by commas", example: "running,error" });

export const listVms = endpoint({
  id: "listVms",
  method: "get",
  path: "/v1/vms",
  tag,
  summary: "List machines, newest first",
  role: "viewer",
  query: {
    ...pageQuery,
    label: z
      .union([text(400), z.array(text(400)).max(32)])
      .transform((given) => [given].flat())
      .optional()
      .meta({ description: "`key=value` or `key`; given several times, all must hold" }),
    state: stateList.optional(),
  },
  answers: { 200: { description: "A page of machines", schema: VmPage } },
  problems: ["invalid_cursor"],
});

export const createVm = endpoint({
  id: "createVm",
  method: "post",
  path: "/v1/vms",
  tag,
  summary: "Create a machine",
  description:
    "The operation succeeds once the guest has executed its first instruction, or with `start: false` once the machine may be started: with an image that is ready, and a host with room, at once.",
  role: "operator",
  body: VmCreate,
  answers: { 202: accepted },
  problems: ["not_found", "image_state_conflict", "quota_exceeded"],
});

export const getVm = endpoint({
  id: "getVm",
  method: "get",
  path: "/v1/vms/{id}",
  tag,
  summary: "One machine",
  role: "viewer",
  answers: { 200: { description: "The machine", schema: Vm, headers: { ETag: "Version of the machine, for If-Match" } } },
  problems: ["not_found"],
});

export const patchVm = endpoint({
  id: "patchVm",
  method: "patch",
  path: "/v1/vms/{id}",
  tag,
  summary: "Rename or relabel a machine",
  description: "Labels are replaced as a whole. `If-Match` is honoured.",
  role: "operator",
  body: VmPatch,
  answers: { 200: { description: "The machine", schema: Vm, headers: { ETag: "Its new version" } } },
  problems: ["not_found", "precondition_failed", "vm_state_conflict"],
});

export const deleteVm = endpoint({
  id: "deleteVm",
  method: "delete",
  path: "/v1/vms/{id}",
  tag,
  summary: "Delete a machine",
  description: "In any state. A running machine loses its plug first. `If-Match` is honoured.",
  role: "operator",
  answers: { 202: accepted },
  problems: ["not_found", "precondition_failed"],
});

const actionProblems: ProblemCode[] = ["not_found", "vm_state_conflict"];

const actionBase = { method: "post", tag, role: "operator", body: NoBody, answers: { 202: accepted }, problems: actionProblems } as const;

export const startVm = endpoint({ ...actionBase, id: "startVm", path: "/v1/vms/{id}/start", summary: "Start a stopped machine" });

export const shutdownVm = endpoint({
  ...actionBase,
  id: "shutdownVm",
  path: "/v1/vms/{id}/shutdown",
  summary: "Ask the guest to shut down",
  description: "If the guest does not follow in time, the operation fails with `guest_did_not_stop` and the machine runs on.",
});

export const stopVm = endpoint({ ...actionBase, id: "stopVm", path: "/v1/vms/{id}/stop", summary: "Pull the plug" });

export const resetVm = endpoint({ ...actionBase, id: "resetVm", path: "/v1/vms/{id}/reset", summary: "Press the reset button" });

export const pauseVm = endpoint({ ...actionBase, id: "pauseVm", path: "/v1/vms/{id}/pause", summary: "Hold the guest's processor still" });

export const resumeVm = endpoint({ ...actionBase, id: "resumeVm", path: "/v1/vms/{id}/resume", summary: "Let a paused machine run on" });

export const waitVm = endpoint({
  id: "waitVm",
  method: "get",
  path: "/v1/vms/{id}/wait",
  tag,
  summary: "Wait for a state",
  description:
    'Answers as soon as the machine is in one of the states, or with the present one when time is up; `state: "deleted"` if the machine is gone. Being late is no error.',
  role: "viewer",
  query: {
    state: oneOrMore([...vmStates, "deleted"]).meta({
      description: "States, separated by commas; `deleted` waits for the machine to be gone",
      example: "running,error",
    }),
    timeout: secondsToWait,
  },
  answers: { 200: { description: "The machine, or that it is gone", schema: VmOrGone } },
  problems: ["not_found"],
});

export const vmStats = endpoint({
  id: "getVmStats",
  method: "get",
  path: "/v1/vms/{id}/stats",
  tag,
  summary: "One sample of statistics; as a WebSocket, a stream of them",
  description: "With `Upgrade: websocket` and subprotocol `stats.v1`: a sample each `interval` milliseconds. See streams.md.",
  role: "viewer",
  query: {
    interval: z.coerce
      .number()
      .int()
      .min(100)
      .max(60_000)
      .optional()
      .meta({ description: "Stream only: milliseconds between samples, default 1000" }),
    ticket: z.string().max(100).optional().meta({ description: "Stream only: instead of a token" }),
  },
  answers: { 200: { description: "A sample", schema: VmStats } },
  problems: ["not_found", "stream_unavailable", "ticket_invalid", "unsupported_subprotocol"],
});

export const vmConsole = endpoint({
  id: "openVmConsole",
  method: "get",
  path: "/v1/vms/{id}/console",
  tag,
  summary: "The serial console, a WebSocket",
  description: "Subprotocol `console.v1`, or none for a bare terminal. See streams.md.",
  role: "viewer",
  query: {
    port: z.enum(["0", "1"]).default("0").transform(Number).meta({ description: "0 is COM1, 1 is COM2" }),
    from: z
      .union([z.literal("end"), z.coerce.number().int().min(0)])
      .optional()
      .meta({ description: "Offset of the first byte to send, or `end`; default: all that is kept" }),
    eol: z
      .enum(["0", "1"])
      .default("0")
      .transform((given) => given === "1")
      .meta({ description: "Bare mode: append a newline to each frame" }),
    ticket: z.string().max(100).optional().meta({ description: "Instead of a token" }),
  },
  subprotocols: ["console.v1"],
  answers: { 101: { description: "The stream begins" } },
  problems: ["not_found", "stream_unavailable", "ticket_invalid", "unsupported_subprotocol", "upgrade_required"],
});

export const consoleLog = endpoint({
  id: "getVmConsoleLog",
  method: "get",
  path: "/v1/vms/{id}/console/log",
  tag,
  summary: "Kept console bytes",
  role: "viewer",
  query: {
    port: z.enum(["0", "1"]).default("0").transform(Number).meta({ description: "0 is COM1, 1 is COM2" }),
    from: z.coerce.number().int().min(0).default(0).meta({ description: "Offset of the first byte wanted" }),
  },
  answers: {
    200: {
      description: "The bytes, as the guest wrote them",
      type: "application/octet-stream",
      schema: z.string().meta({ format: "binary" }),
      headers: { "Console-Offset": "Offset of the first byte of the body: larger than `from` where older bytes are gone" },
    },
  },
  problems: ["not_found", "stream_unavailable"],
});

export const createVmTicket = endpoint({
  id: "createVmTicket",
  method: "post",
  path: "/v1/vms/{id}/tickets",
  tag: "tickets",
  summary: "A ticket that opens one of the machine's streams once",
  description: "A `writer` ticket needs an operator.",
  role: "viewer",
  body: VmTicketCreate,
  answers: { 201: { description: "The ticket", schema: Ticket } },
  problems: ["not_found", "idempotency_not_replayable"],
});
