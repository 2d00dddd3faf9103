// Writes the core module that the machines of this build start with into dist/vmm: the last step of `npm run build`.
import { emitCoreModule } from "../dist/vmm/interpreter/core-module.js";
import { writeCore } from "../dist/world/built-core.js";

await writeCore(emitCoreModule().bytes);
