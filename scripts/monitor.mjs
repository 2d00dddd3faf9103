// Makes dist/monitor of the compiled monitor, for machines to start with: see world/built-monitor.ts. Part of `npm run build`, right after the compiler.
import { rolldown } from "rolldown";
import { emitCoreModule } from "../dist/vmm/interpreter/core-module.js";
import { buildMonitor } from "../dist/world/built-monitor.js";

/**
 * What is constant at the top of a module stays constant in the bundle, which V8 then folds: as variables, which other bundlers make of it, layout addresses
 * and record fields are loaded where they are used (decoding took a tenth longer).
 */
async function bundle(entry, file) {
  const bundled = await rolldown({ input: entry, platform: "node" });
  await bundled.write({ file, format: "esm", sourcemap: true, sourcemapExcludeSources: true, codeSplitting: false });
  await bundled.close();
}

await buildMonitor(emitCoreModule().bytes, bundle);
