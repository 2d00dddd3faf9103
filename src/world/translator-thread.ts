/**
 * Entry of the translator thread: turns what the VMM thread asks for into compiled modules. It has an event loop and the VMM thread has
 * none; what it posts is fetched there between slices.
 */

import { availableParallelism, setPriority } from "node:os";
import { setFlagsFromString } from "node:v8";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { TranslationRequest, TranslatorAnswer, TranslatorRequest } from "../vmm/translator/port.js";
import { Translator } from "../vmm/translator/translator.js";
import { TranslationStore } from "./kept/translation-store.js";

/** What a translator thread is started with. */
export interface TranslatorThreadData {
  memory: WebAssembly.Memory;
  port: MessagePort;
  /** The file that translations are kept in; none: they are not. */
  kept?: string;
}

/** What the thread is told by the machine's host side, by the worker's own channel: to keep what is to be kept, and to end. */
export type TranslatorThreadEnd = "end";

const { memory, port, kept } = workerData as TranslatorThreadData;
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
 *
 * Loops are neither peeled nor unrolled, and what wasm-opt would look for once more isn't there: the guest's compiler has done all that. A kernel's system
 * calls are a tenth faster without, since more of their code stays in the processor's caches and it is compiled sooner; number crunching is as fast as with it.
 */
function compileStraightToTheOptimizingTier(): void {
  if (flagsSet) return;
  flagsSet = true;
  setFlagsFromString("--no-liftoff");
  setFlagsFromString("--experimental-wasm-branch-hinting");
  setFlagsFromString("--no-wasm-lazy-compilation");
  setFlagsFromString("--no-wasm-loop-peeling");
  setFlagsFromString("--no-wasm-loop-unrolling");
  setFlagsFromString("--no-wasm-opt");
  setFlagsFromString(`--wasm-num-compilation-tasks=${Math.max(1, availableParallelism() - 1)}`);
}

const store = kept === undefined ? undefined : new TranslationStore(kept);
/**
 * What is new is written to the file once nothing has been asked for so long; or at the latest after so long, as a machine may end without saying so (it is
 * killed, mostly). A machine learns most in its first minutes, so then only the time that writing takes is a bound; later it is done less and less often.
 */
const QUIET_MS = 500;
const OFTEN_MS = 3_000;
const OFTEN_UNTIL_MS = 120_000;
const LONGEST_MS = 60_000;
const WRITING_SHARE = 1 / 40;
let interval = OFTEN_MS;
let atLatestMs = OFTEN_MS;
let quiet: NodeJS.Timeout | undefined;
let savedAt = performance.now();
/** Also where too little is new, or it can't be written: that isn't asked at every turn. */
function save(): void {
  const begun = performance.now();
  const saved = store?.save();
  savedAt = performance.now();
  if (saved && savedAt > OFTEN_UNTIL_MS) interval = Math.min(2 * interval, LONGEST_MS);
  atLatestMs = Math.max(interval, (savedAt - begun) / WRITING_SHARE);
}

if (store) compileStraightToTheOptimizingTier();
port.postMessage({ kind: "kept", regions: store?.open() ?? [] } satisfies TranslatorAnswer);

const translator = new Translator(bytes);
let chunks = 0;
const nowUs = () => performance.now() * 1000;
const send = (answer: TranslatorAnswer) => port.postMessage(answer);

function translateAll(requests: readonly TranslationRequest[]): void {
  const begun = nowUs();
  const batch = translator.translate(requests);
  const { regions, imports } = batch;
  const translated = nowUs();
  const module = new WebAssembly.Module(batch.bytes);
  const [translateUs, compileUs] = [translated - begun, nowUs() - translated];
  send({ kind: "translated", ids: requests.map(({ id }) => id), regions, linked: { module, imports }, translateUs, compileUs });
  if (!store?.add(++chunks, batch, module)) translator.remember(batch);
}

/** In this thread, though it takes long: on another, V8 would keep the memory that compiling takes a second time. */
function linkAll(wanted: readonly number[]): void {
  const begun = nowUs();
  const batch = translator.relink(wanted, (number) => store?.object(number));
  const { numbers, imports } = batch;
  const module = new WebAssembly.Module(batch.bytes);
  const chunk = ++chunks;
  store?.add(chunk, batch, module);
  send({ kind: "linked", chunk, numbers, linked: { module, imports }, compileUs: nowUs() - begun });
}

port.on("message", (what: TranslatorRequest) => {
  compileStraightToTheOptimizingTier();
  switch (what.kind) {
    case "translate":
      translateAll(what.requests);
      break;
    case "link":
      linkAll(what.numbers);
      break;
    case "load":
      send({ kind: "loaded", chunk: what.chunk, linked: store?.load(what.chunk) ?? null });
      break;
    case "keep":
      store?.keep(what.number, what.region);
      break;
    case "forget":
      translator.forget(what.number);
      store?.forget(what.number);
  }
  saveSoon();
});

function saveSoon(): void {
  if (!store) return;
  clearTimeout(quiet);
  quiet = setTimeout(save, performance.now() - savedAt > atLatestMs ? 0 : QUIET_MS).unref();
}

parentPort?.once("message", () => {
  save();
  process.exit();
});
