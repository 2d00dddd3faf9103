/** Entry of the VMM thread: builds the machine over the memory that it was given and runs it to its end. */
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { Machine } from "../vmm/machine.js";
import type { ByteRing } from "./byte-ring.js";
import { CrossPage } from "./cross-page.js";
import { ThreadPort } from "./thread-port.js";
import { OUTPUT_MARGIN, Vmm } from "./vmm.js";

/** What a VMM thread is started with. The core module follows as a message, or null: then it is emitted here. */
export interface VmmThreadData {
  /** Shared memory of the machine, sized by layout.ts. */
  memory: WebAssembly.Memory;
  ramBytes: number;
  page: SharedArrayBuffer;
  clock: "host" | "deterministic";
  /** Ports for test programs. */
  debug?: { exit: boolean; ports: readonly number[] };
  /** Say at the end where time went. */
  profile?: boolean;
  /** The way to the translator thread; none: hot code is interpreted, too. */
  translator?: MessagePort;
}

/** Wall-clock time of deterministic machines at power-on: they must not differ by the day of the run. */
const DETERMINISTIC_EPOCH_MS = Date.UTC(2024, 0, 1);

const { memory, ramBytes, page: buffer, clock, debug, profile, translator } = workerData as VmmThreadData;
const page = new CrossPage(buffer);
const [core] = (await once(parentPort as MessagePort, "message")) as [WebAssembly.Module | null];
const machine = new Machine({
  memory,
  ramBytes,
  clock,
  core: core ?? undefined,
  hostNs: () => performance.now() * 1e6,
  wallClockMs: () => (clock === "host" ? Date.now() : DETERMINISTIC_EPOCH_MS),
  serialSink: (port, byte) => put(page.output[port], byte),
  input: page.input,
  translator: translator && new ThreadPort(translator),
  debug: debug && { ...debug, sink: (byte) => put(page.debug, byte) },
});
new Vmm(page, machine, profile).run();

function put(ring: ByteRing, byte: number): void {
  if (!ring.push(byte)) throw new Error("a slice wrote more than its ring has room for");
  if (ring.free < OUTPUT_MARGIN) machine.endSlice();
}
