import type { VmStats } from "../../contract/stats.js";
import { findVm } from "../../store/vm-list.js";
import type { Vm } from "../../store/vms.js";
import { ProblemError } from "../problem.js";
import type { Service } from "../service.js";
import type { Admission } from "./admission.js";
import { closeCodes, type Opening } from "./stream.js";
import { askWorker } from "./worker-endpoint.js";

/** A sample of a machine as it is now. @throws ProblemError `stream_unavailable` */
export async function sampleVm(service: Service, vm: Vm, requestId: string): Promise<VmStats> {
  const time = new Date().toISOString();
  const { state, generation } = vm;
  if (vm.hostId === null || !["starting", "running", "paused", "stopping"].includes(state)) return { time, state, generation, stats: null };
  const answer = await askWorker(service, vm.hostId, `/vms/${vm.id}/stats`, {}, requestId);
  if (answer.status !== 200) throw new ProblemError("stream_unavailable", `The machine's host answered ${answer.status}`);
  return { time, state, generation, stats: JSON.parse(answer.body.toString("utf8")) as VmStats["stats"] };
}

/** `stats.v1`: a text frame with a sample each interval, in every state, until the vm is deleted. What the client sends is ignored. */
export async function openStats(service: Service, admission: Admission & { stream: "stats" }, requestId: string): Promise<Opening> {
  const { vm, query, projectId } = admission;
  const first = await sampleVm(service, vm, requestId);
  return {
    abandon() {},
    async run(socket, signal) {
      socket.send(JSON.stringify(first));
      const gone = new AbortController();
      socket.once("close", () => gone.abort());
      const until = AbortSignal.any([signal, gone.signal]);
      while (await pause(query.interval ?? 1000, until)) {
        const now = await findVm(service.db, projectId, vm.id);
        if (now === null) return socket.close(closeCodes.done, "deleted");
        // A host that does not answer for a moment leaves out a sample.
        const sample = await sampleVm(service, now, requestId).catch(() => null);
        // Nor is one sent to a viewer that has not taken the last.
        if (sample !== null && socket.bufferedAmount === 0) socket.send(JSON.stringify(sample));
      }
      socket.close(closeCodes.goingAway);
    },
  };
}

/** False: aborted. */
function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve(!signal.aborted);
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
