import { defineConfig } from "vitest/config";
import all from "./vitest.config.js";

/** Everything that boots a real guest, also what is too slow for every run. */
export default defineConfig({ test: { ...all.test, include: ["tests/guests/*.test.ts"], exclude: [] } });
