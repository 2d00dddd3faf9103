/** A machine of the real world, whose worker runs virtual ones. */
import { z } from "zod";
import { id, Time } from "./identity.js";
import { page } from "./paging.js";

export const Host = z
  .object({
    id: id("host"),
    name: z.string(),
    cpus: z.int(),
    memoryMiB: z.int(),
    machines: z.int().meta({ description: "Machines of the project that live there, in any state" }),
    heartbeatAt: Time.meta({ description: "When its worker was last heard of" }),
    alive: z.boolean().meta({ description: "Heard of lately: it gets new machines" }),
  })
  .meta({ id: "Host" });
export type Host = z.infer<typeof Host>;

export const HostPage = page("HostPage", Host);
