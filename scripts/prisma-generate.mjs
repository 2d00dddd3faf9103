// Generates the Prisma client into src/store/generated, offline. The Prisma command fetches a native schema engine before it does
// anything, unless it is told where one lies; generating needs none, so it is told of a stub.
import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stub = join(root, "scripts", "schema-engine-stub.mjs");
chmodSync(stub, 0o755);

const require = createRequire(import.meta.url);
const manifest = require.resolve("prisma/package.json");
const prisma = join(dirname(manifest), require(manifest).bin.prisma);

const { status, error } = spawnSync(process.execPath, [prisma, "generate", "--schema", join(root, "prisma", "schema.prisma")], {
  cwd: root,
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: stub, CHECKPOINT_DISABLE: "1", PRISMA_HIDE_UPDATE_MESSAGE: "1" },
});
if (error) throw error;
process.exit(status ?? 1);
