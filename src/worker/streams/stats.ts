import { setTimeout as delay } from "node:timers/promises";
import type { WebSocket } from "ws";
import type { HostStats } from "../../contract/host-stats.js";
import type { VmStats } from "../../contract/stats.js";
import type { StreamParts } from "./endpoint.js";
import { Refusal } from "./request.js";

type Parts = Pick<StreamParts, "db" | "supervisor">;

/** A machine that has not answered by then is in the sum with its last sample. */
const hostPatienceMs = 2_000;

/** Bytes that may wait in a viewer's socket before it gets no more samples: each later one says all that the skipped ones did. */
const backlogBytes = 256 * 1024;

/** One sample. @throws Refusal when the vm is gone */
export async function sampleStats({ db, supervisor }: Parts, vmId: string): Promise<VmStats> {
  const stats = (await supervisor.get(vmId)?.stats()) ?? null;
  const vm = await db.vm.findUnique({ where: { id: vmId }, select: { state: true, generation: true } });
  if (!vm) throw new Refusal(404, "not_found", "the machine is gone");
  return { time: new Date().toISOString(), state: vm.state, generation: vm.generation, stats };
}

/** All machines of this worker together, those that run asked for a fresh sample. */
export async function hostStats({ supervisor, totals }: Pick<StreamParts, "supervisor" | "totals">): Promise<HostStats | null> {
  const fresh = Promise.all(supervisor.all().map((machine) => machine.stats()));
  await Promise.race([fresh, delay(hostPatienceMs, undefined, { ref: false })]);
  return totals.read();
}

/** Sends a sample at once and then every `intervalMs`, until the viewer or the vm goes. */
export function streamStats(parts: Parts, vmId: string, intervalMs: number, socket: WebSocket): void {
  let busy = false;
  const send = async () => {
    if (busy || socket.bufferedAmount > backlogBytes) return;
    busy = true;
    try {
      const sample = await sampleStats(parts, vmId);
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(sample));
    } catch (error) {
      if (error instanceof Refusal) socket.close(1000, "deleted");
      else socket.close(1011, "no statistics");
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void send(), intervalMs);
  socket.on("close", () => clearInterval(timer));
  socket.on("error", () => socket.terminate());
  void send();
}
