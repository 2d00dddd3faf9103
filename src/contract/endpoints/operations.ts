import { endpoint } from "../endpoint.js";
import { text } from "../identity.js";
import { Operation, OperationPage, operationStates } from "../operation.js";
import { pageQuery } from "../paging.js";
import { oneOrMore, secondsToWait } from "./vms.js";

const tag = "operations";

export const listOperations = endpoint({
  id: "listOperations",
  method: "get",
  path: "/v1/operations",
  tag,
  summary: "List operations, newest first",
  role: "viewer",
  query: {
    ...pageQuery,
    vm: text(80).optional().meta({ description: "Only those about this machine" }),
    state: oneOrMore(operationStates).optional().meta({ description: "States, separated by commas" }),
  },
  answers: { 200: { description: "A page of operations", schema: OperationPage } },
  problems: ["invalid_cursor"],
});

export const getOperation = endpoint({
  id: "getOperation",
  method: "get",
  path: "/v1/operations/{id}",
  tag,
  summary: "One operation",
  role: "viewer",
  answers: { 200: { description: "The operation", schema: Operation } },
  problems: ["not_found"],
});

export const waitOperation = endpoint({
  id: "waitOperation",
  method: "get",
  path: "/v1/operations/{id}/wait",
  tag,
  summary: "Wait for the end of an operation",
  description: "Answers with the operation as soon as it has ended, or as it is when time is up.",
  role: "viewer",
  query: { timeout: secondsToWait },
  answers: { 200: { description: "The operation", schema: Operation } },
  problems: ["not_found"],
});

export const cancelOperation = endpoint({
  id: "cancelOperation",
  method: "delete",
  path: "/v1/operations/{id}",
  tag,
  summary: "Cancel an operation that may be cancelled",
  role: "operator",
  answers: { 202: { description: "The operation; follow it to its end", schema: Operation } },
  problems: ["not_found", "operation_state_conflict"],
});
