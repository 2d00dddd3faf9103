/** What the running machines use: a few figures of each, in one answer for all. */
import { z } from "zod";
import { id, Time } from "./identity.js";

const count = z.number().min(0);

export const VmUsage = z
  .object({
    vm: id("vm"),
    instructions: count.meta({ description: "Retired by the guest" }),
    hostCpuUs: count.meta({ description: "Host CPU time of the VM process" }),
    residentBytes: count.meta({ description: "Now" }),
    outputBytes: count.meta({ description: "Written to serial ports" }),
  })
  .meta({ id: "VmUsage", description: "Counters are cumulative since the VM process started" });
export type VmUsage = z.infer<typeof VmUsage>;

export const Usage = z.object({ time: Time, items: z.array(VmUsage) }).meta({ id: "Usage" });
export type Usage = z.infer<typeof Usage>;
