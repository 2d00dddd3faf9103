// Makes dist/monitor of the compiled monitor, for machines to start with: see world/built-monitor.ts. Part of `npm run build`, right after the compiler.
import { build } from "esbuild";
import { emitCoreModule } from "../dist/vmm/interpreter/core-module.js";
import { buildMonitor } from "../dist/world/built-monitor.js";

const bundle = (entry, file) =>
  build({
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: true,
    sourcesContent: false,
  });

await buildMonitor(emitCoreModule().bytes, bundle);
