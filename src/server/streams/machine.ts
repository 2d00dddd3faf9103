/** Streams of one machine, console and statistics: the worker of its host speaks their protocols (src/worker/streams), and this passes the frames on. */
import type { RawData, WebSocket } from "ws";
import { findVm } from "../../store/vm-list.js";
import type { Metrics } from "../metrics.js";
import type { Service } from "../service.js";
import { about, waitFor } from "../waiting.js";
import type { Admission } from "./admission.js";
import { bytesOf, join } from "./relay.js";
import { closeCodes, type Opening } from "./stream.js";
import { openWorkerSocket, type WorkerParameters } from "./worker-endpoint.js";

/** Keys that are kept for a machine that has no host yet; with more, the socket is not read. */
const earlyBytes = 64 * 1024;

type MachineStream = Extract<Admission, { stream: "console" | "stats" }>;

export async function openMachineStream(service: Service, metrics: Metrics, admission: MachineStream, requestId: string): Promise<Opening> {
  const { vm, stream, subprotocol, projectId } = admission;
  // A viewer of statistics need not offer anything; a console without a subprotocol is a bare terminal.
  const spoken = stream === "stats" ? "stats.v1" : subprotocol;
  const path = `/vms/${vm.id}/${stream}`;
  const connect = (hostId: string) => openWorkerSocket(service, hostId, path, parametersOf(admission), spoken, requestId);
  const placed = vm.hostId === null ? null : await connect(vm.hostId);

  return {
    abandon: () => placed?.terminate(),
    async run(viewer, signal) {
      const early = keepEarlyFrames(viewer);
      const worker = placed ?? (await untilPlaced(signal));
      early.stop();
      if (worker === null || viewer.readyState !== viewer.OPEN) {
        worker?.terminate();
        deletedUnplaced(viewer, admission);
        return;
      }
      join(viewer, worker, signal, (direction, bytes) => metrics.streamBytes.inc({ stream, direction }, bytes));
      early.replay();
      worker.resume();
      viewer.resume();
    },
  };

  /** A connection to the machine's host as soon as it has one; null when the machine, the viewer or this server goes first. */
  async function untilPlaced(signal: AbortSignal): Promise<WebSocket | null> {
    const look = () => findVm(service.db, projectId, vm.id);
    const seen = await waitFor(service.feed, about(vm.id), look, (found) => found === null || found.hostId !== null, null, signal);
    return seen?.hostId ? connect(seen.hostId) : null;
  }
}

function parametersOf(admission: MachineStream): WorkerParameters {
  if (admission.stream === "stats") return { interval: admission.query.interval };
  const { port, from, eol } = admission.query;
  return { port, from, role: admission.role, eol: eol ? 1 : undefined };
}

/** The vm was deleted before it had a host to tell of it. */
function deletedUnplaced(viewer: WebSocket, { stream, subprotocol }: MachineStream): void {
  if (viewer.readyState !== viewer.OPEN) return;
  if (stream === "console" && subprotocol !== null) viewer.send(JSON.stringify({ type: "exit", reason: "deleted" }));
  viewer.close(closeCodes.done, "deleted");
}

/** What a client sends before there is anybody to take it. */
function keepEarlyFrames(viewer: WebSocket) {
  const frames: { data: Buffer; isBinary: boolean }[] = [];
  let bytes = 0;
  const keep = (raw: RawData, isBinary: boolean) => {
    const data = bytesOf(raw);
    frames.push({ data, isBinary });
    bytes += data.length;
    if (bytes > earlyBytes) viewer.pause();
  };
  viewer.on("message", keep);
  return {
    stop: () => viewer.off("message", keep),
    replay: () => {
      for (const { data, isBinary } of frames) viewer.emit("message", data, isBinary);
    },
  };
}
