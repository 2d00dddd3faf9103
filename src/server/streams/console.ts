/** A machine's serial console: the worker of its host speaks `console.v1`, and this passes it on, to bare terminals without the control frames. */
import type { RawData, WebSocket } from "ws";
import { findVm } from "../../store/vm-list.js";
import type { Metrics } from "../metrics.js";
import type { Service } from "../service.js";
import { about, waitFor } from "../waiting.js";
import type { Admission } from "./admission.js";
import { bytesOf, pipe, type Translate } from "./relay.js";
import { closeCodes, type Opening } from "./stream.js";
import { openWorkerSocket } from "./worker-endpoint.js";

/** Keys that are kept for a machine that has no host yet; with more, the socket is not read. */
const earlyKeyBytes = 64 * 1024;

export async function openConsole(
  service: Service,
  metrics: Metrics,
  { vm, query, role, subprotocol, projectId }: Admission & { stream: "console" },
  requestId: string,
): Promise<Opening> {
  const { port, from } = query;
  const connect = (hostId: string) => openWorkerSocket(service, hostId, `/vms/${vm.id}/console`, { port, role, from }, requestId);
  const bare = subprotocol === null;
  const placed = vm.hostId === null ? null : await connect(vm.hostId);

  return {
    abandon: () => placed?.terminate(),
    async run(viewer, signal) {
      const early = keepEarlyFrames(viewer);
      const worker = placed ?? (await untilPlaced(viewer, signal));
      early.stop();
      if (worker === null || viewer.readyState !== viewer.OPEN) {
        worker?.terminate();
        endOf(viewer, bare);
        return;
      }
      join(viewer, worker);
      early.replay();
      worker.resume();
      viewer.resume();
    },
  };

  /** The machine's host as soon as it has one; null when the machine, the viewer or this server goes first. */
  async function untilPlaced(viewer: WebSocket, signal: AbortSignal): Promise<WebSocket | null> {
    const gone = new AbortController();
    viewer.once("close", () => gone.abort());
    const look = () => findVm(service.db, projectId, vm.id);
    const until = AbortSignal.any([gone.signal, signal]);
    const seen = await waitFor(service.feed, about(vm.id), look, (found) => found === null || found.hostId !== null, null, until);
    return seen?.hostId ? connect(seen.hostId) : null;
  }

  function join(viewer: WebSocket, worker: WebSocket): void {
    const out: Translate = (data, isBinary) => {
      if (isBinary) metrics.streamBytes.inc({ stream: "console", direction: "out" }, data.length);
      return bare && !isBinary ? null : { data, isBinary };
    };
    const newline = query.eol ? Buffer.from("\n") : Buffer.alloc(0);
    const keys: Translate = (data, isBinary) => {
      if (bare || isBinary) metrics.streamBytes.inc({ stream: "console", direction: "in" }, data.length);
      return bare ? { data: Buffer.concat([data, newline]), isBinary: true } : { data, isBinary };
    };
    pipe(worker, viewer, out);
    pipe(viewer, worker, keys);
    worker.on("error", () => worker.terminate());
    // The worker closes with 1000 when the vm is deleted; any other way it has gone, and the viewer may come back.
    worker.once("close", (code) => {
      if (code === closeCodes.done) viewer.close(closeCodes.done);
      else viewer.close(closeCodes.restarting, "stream_unavailable");
    });
    viewer.once("close", () => worker.close());
  }
}

/** The vm was deleted before it had a host. */
function endOf(viewer: WebSocket, bare: boolean): void {
  if (viewer.readyState !== viewer.OPEN) return;
  if (!bare) viewer.send(JSON.stringify({ type: "exit", reason: "deleted" }));
  viewer.close(closeCodes.done);
}

/** What a client sends before there is anybody to take it. */
function keepEarlyFrames(viewer: WebSocket) {
  const frames: { data: Buffer; isBinary: boolean }[] = [];
  let bytes = 0;
  const keep = (raw: RawData, isBinary: boolean) => {
    const data = bytesOf(raw);
    frames.push({ data, isBinary });
    bytes += data.length;
    if (bytes > earlyKeyBytes) viewer.pause();
  };
  viewer.on("message", keep);
  return {
    stop: () => viewer.off("message", keep),
    replay: () => {
      for (const { data, isBinary } of frames) viewer.emit("message", data, isBinary);
    },
  };
}
