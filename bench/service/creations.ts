/**
 * `npm run bench -- creations [--clients N] [--seconds N]`: machines that are created and not started, by clients that each wait for the end of
 * their operation before they ask for the next. Aim: 100 a second.
 */
import { parseArgs } from "node:util";
import { host } from "../host.js";
import { percentile, table } from "../table.js";
import { Installation, type Operation } from "./installation.js";

export async function creations(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { clients: { type: "string", default: "8" }, seconds: { type: "string", default: "30" } },
  });
  const [clients, seconds] = [Number(values.clients), Number(values.seconds)];
  const installation = await Installation.start();
  try {
    const accepted: number[] = [];
    const succeeded: number[] = [];
    const begun = performance.now();
    const until = begun + seconds * 1000;
    await Promise.all(
      Array.from({ length: clients }, async () => {
        while (performance.now() < until) {
          const asked = performance.now();
          const { id } = await installation.post<Operation>("/v1/vms", { image: "tiny", memoryMiB: 32, start: false });
          accepted.push(performance.now() - asked);
          const operation = await installation.get<Operation>(`/v1/operations/${id}/wait?timeout=60`);
          if (operation.state !== "succeeded") throw new Error(`the create ended as ${JSON.stringify(operation)}`);
          succeeded.push(performance.now() - asked);
        }
      }),
    );
    const perSecond = succeeded.length / ((performance.now() - begun) / 1000);
    const row = (title: string, times: number[]) => [title, percentile(times, 50).toFixed(0), percentile(times, 99).toFixed(0)];
    process.stdout.write(`${perSecond.toFixed(0)} a second: ${succeeded.length} machines by ${clients} clients\n\n`);
    process.stdout.write(table([["milliseconds", "p50", "p99"], row("accepted", accepted), row("succeeded", succeeded)]));
    process.stdout.write(`\n${host()}\n`);
    return 0;
  } finally {
    await installation.close();
  }
}
