import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // Bounds for a hang, not for speed: a loaded machine must not fail a test.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
