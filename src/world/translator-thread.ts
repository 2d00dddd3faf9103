/**
 * Entry of the translator thread: turns what the VMM thread asks for into compiled modules. It has an event loop and the VMM thread has
 * none; what it posts is fetched there between slices.
 */

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

let flagsSet = false;
/** The flags hold for the whole process: the core module, compiled before the first request, has been spared the optimizing tier. */
function compileStraightToTheOptimizingTier(): void {
  if (flagsSet) return;
  flagsSet = true;
  setFlagsFromString("--no-liftoff");
  setFlagsFromString("--no-wasm-lazy-compilation");
}

port.on("message", (requests: readonly TranslationRequest[]) => {
  compileStraightToTheOptimizingTier();
  port.postMessage(translate(bytes, requests, () => performance.now() * 1000));
});
