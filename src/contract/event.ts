/** What has happened: rows written in the transaction that made it so, in the order of their commits. */
import { z } from "zod";
import { id, Time } from "./identity.js";

export const Event = z
  .object({
    id: id("event"),
    seq: z.int().meta({ description: "Follows commit order" }),
    type: z.string().meta({ example: "vm.state" }),
    time: Time,
    projectId: id("project"),
    subject: z.string().meta({ description: "Id of what it is about" }),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "Event" });
export type Event = z.infer<typeof Event>;
