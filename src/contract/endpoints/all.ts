import type { Endpoint } from "../endpoint.js";
import * as access from "./access.js";
import * as images from "./images.js";
import * as operations from "./operations.js";
import * as service from "./service.js";
import * as statistics from "./statistics.js";
import * as vms from "./vms.js";
import * as webhooks from "./webhooks.js";

function isEndpoint(value: unknown): value is Endpoint {
  return typeof value === "object" && value !== null && "method" in value && "path" in value;
}

/** Every route of the service, in the order of the contract. */
export const endpoints: readonly Endpoint[] = [images, vms, operations, statistics, access, webhooks, service].flatMap((module) =>
  Object.values(module).filter(isEndpoint),
);
