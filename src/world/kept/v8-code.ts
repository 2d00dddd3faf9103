/**
 * Compiled modules as bytes, and back: V8's own form, which it uses for the code caches of browsers and takes back only where its version, its flags and
 * the processor's features are the same. Node has no function for it, so this asks V8 by its runtime functions (`--allow-natives-syntax`); where
 * they should ever be missing, nothing is kept.
 */
import { setFlagsFromString } from "node:v8";

type Serialize = (module: WebAssembly.Module) => ArrayBuffer;
type Deserialize = (code: ArrayBuffer, wasm: Uint8Array) => WebAssembly.Module | undefined;

let functions: { serialize: Serialize; deserialize: Deserialize } | null | undefined;

function v8(): { serialize: Serialize; deserialize: Deserialize } | null {
  if (functions !== undefined) return functions;
  setFlagsFromString("--allow-natives-syntax");
  try {
    functions = {
      serialize: new Function("module", "return %SerializeWasmModule(module)") as Serialize,
      deserialize: new Function("code", "wasm", "return %DeserializeWasmModule(code, wasm)") as Deserialize,
    };
  } catch {
    functions = null;
  }
  return functions;
}

/** Machine code of a module with at least one function, all of them compiled by the optimizing tier (V8 ends the process otherwise); null where that can't be had. */
export function codeOf(module: WebAssembly.Module): Uint8Array | null {
  const code = v8()?.serialize(module);
  return code instanceof ArrayBuffer ? new Uint8Array(code) : null;
}

/** The module that `wasm` was compiled to; null where this V8 would compile it otherwise. Both must be what they were: V8 doesn't look. */
export function moduleOf(code: Uint8Array, wasm: Uint8Array): WebAssembly.Module | null {
  // A copy that begins with its buffer, as V8 wants it. (`slice` of a Buffer is none.)
  const module = v8()?.deserialize(new Uint8Array(code).buffer, wasm);
  return module instanceof WebAssembly.Module ? module : null;
}
