/**
 * Entry of the translator thread: turns what the VMM thread asks for into compiled modules. It has an event loop and the VMM thread has
 * none; what it posts is fetched there between slices.
 */

import { availableParallelism, setPriority } from "node:os";
import { setFlagsFromString } from "node:v8";
import { type MessagePort, workerData } from "node:worker_threads";
import type { TranslationRequest } from "../vmm/translator/port.js";
import { translate } from "../vmm/translator/translator.js";

/** What a translator thread is started with. */
export interface TranslatorThreadData {
  memory: WebAssembly.Memory;
  port: MessagePort;
}

const { memory, port } = workerData as TranslatorThreadData;
const bytes = new Uint8Array(memory.buffer);

/** Where cores are scarce the guest goes first, even if it is interpreted: a boot on two cores was faster by some percent. But what is compiled must not starve. */
const NICE = 2;
// Linux gives each thread a priority of its own; elsewhere it would be that of the process.
if (process.platform === "linux") setPriority(0, NICE);

let flagsSet = false;
/**
 * The flags hold for the whole process: the core module, compiled before the first request, has been spared the optimizing tier. A module's functions are
 * compiled side by side, but not on the core that the VMM thread needs: a boot on two cores took half as long again when they were.
 * Which branches are seldom taken, the modules tell: compiling takes an eighth less time by that, and system calls are a seventh faster.
 */
function compileStraightToTheOptimizingTier(): void {
  if (flagsSet) return;
  flagsSet = true;
  setFlagsFromString("--no-liftoff");
  setFlagsFromString("--experimental-wasm-branch-hinting");
  setFlagsFromString("--no-wasm-lazy-compilation");
  setFlagsFromString(`--wasm-num-compilation-tasks=${Math.max(1, availableParallelism() - 1)}`);
}

port.on("message", (requests: readonly TranslationRequest[]) => {
  compileStraightToTheOptimizingTier();
  port.postMessage(translate(bytes, requests, () => performance.now() * 1000));
});
