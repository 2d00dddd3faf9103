/**
 * Compiled modules as bytes, and back: V8's own form, which it uses for the code caches of browsers and takes back only where its version, its flags and
 * the processor's features are the same. Node has no function for it, so this asks V8 by its runtime functions (`--allow-natives-syntax`); where
 * they should ever be missing, nothing is kept.
 */
import { setFlagsFromString } from "node:v8";

type Serialize = (module: WebAssembly.Module) => ArrayBuffer;
type Deserialize = (code: ArrayBuffer, wasm: Uint8Array) => WebAssembly.Module | undefined;

interface Functions {
  serialize: Serialize;
  deserialize: Deserialize;
  /** Frees a buffer's memory now: these are megabytes, and nothing else tells the collector that it should hurry. */
  detach(buffer: ArrayBuffer): void;
}
let functions: Functions | null | undefined;

function v8(): Functions | null {
  if (functions !== undefined) return functions;
  setFlagsFromString("--allow-natives-syntax");
  try {
    functions = {
      serialize: new Function("module", "return %SerializeWasmModule(module)") as Serialize,
      deserialize: new Function("code", "wasm", "return %DeserializeWasmModule(code, wasm)") as Deserialize,
      detach: new Function("buffer", "%ArrayBufferDetach(buffer)") as Functions["detach"],
    };
  } catch {
    functions = null;
  }
  return functions;
}

/**
 * Machine code of a module with at least one function, all of them compiled by the optimizing tier (V8 ends the process otherwise), as an argument: it is
 * gone afterwards. Not called where that can't be had.
 */
export function withCodeOf(module: WebAssembly.Module, use: (code: Uint8Array) => void): void {
  const code = v8()?.serialize(module);
  if (!(code instanceof ArrayBuffer)) return;
  use(new Uint8Array(code));
  v8()?.detach(code);
}

/**
 * The module that `wasm` was compiled to; null where this V8 would compile it otherwise. Both must be what they were, as V8 doesn't look, in buffers of their
 * own, and are gone afterwards.
 */
export function moduleOf(code: ArrayBuffer, wasm: ArrayBuffer): WebAssembly.Module | null {
  const module = v8()?.deserialize(code, new Uint8Array(wasm));
  for (const buffer of [code, wasm]) v8()?.detach(buffer);
  return module instanceof WebAssembly.Module ? module : null;
}
