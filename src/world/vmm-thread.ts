/** Entry of the VMM thread: builds the machine over the memory that it was given and runs it to its end. */
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { Lockstep } from "../vmm/lockstep/lockstep.js";
import { interpreterSubject, translatorSubject } from "../vmm/lockstep/subject.js";
import { Machine, type MachineParts } from "../vmm/machine.js";
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
  forceBinaryTranslation?: boolean;
  /** The way to the translator thread; none: hot code is interpreted, too. */
  translator?: MessagePort;
  /** That thread keeps translations, and has those of earlier machines. */
  keeps?: boolean;
  /** Two machines in lockstep, compared after so many instructions. */
  lockstep?: { every: number; subject: "interpreter" | "translator" };
}

/** Wall-clock time of deterministic machines at power-on: they must not differ by the day of the run. */
const DETERMINISTIC_EPOCH_MS = Date.UTC(2024, 0, 1);

const {
  memory,
  ramBytes,
  page: buffer,
  clock,
  debug,
  profile,
  forceBinaryTranslation,
  translator,
  keeps,
  lockstep,
} = workerData as VmmThreadData;
const page = new CrossPage(buffer);
const [core] = (await once(parentPort as MessagePort, "message")) as [WebAssembly.Module | null];
const parts: MachineParts = {
  memory,
  ramBytes,
  clock,
  core: core ?? undefined,
  hostNs: () => performance.now() * 1e6,
  wallClockMs: () => (clock === "host" ? Date.now() : DETERMINISTIC_EPOCH_MS),
  serialSink: (port, byte) => put(page.output[port], byte),
  input: page.input,
  translator: translator && new ThreadPort(translator, keeps ?? false),
  profileRegions: profile,
  forceBinaryTranslation,
  debug: debug && { ...debug, sink: (byte) => put(page.debug, byte) },
};
const machine = lockstep ? inLockstep(lockstep) : new Machine(parts);
// A turn of machines in lockstep doesn't end before its time: there must be room for all that it may write.
await new Vmm(page, machine, profile, OUTPUT_MARGIN + (lockstep?.every ?? 0)).run();

function inLockstep({ every, subject }: NonNullable<VmmThreadData["lockstep"]>): Lockstep {
  const pages = memory.buffer.byteLength / 65536;
  const subjectMemory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  return new Lockstep({ ...parts, subjectMemory, every, subject: subject === "interpreter" ? interpreterSubject() : translatorSubject() });
}

function put(ring: ByteRing, byte: number): void {
  if (!ring.push(byte)) throw new Error("a slice wrote more than its ring has room for");
  if (machine instanceof Machine && ring.free < OUTPUT_MARGIN) machine.endSlice();
}
