import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // Slow, or in need of a mirror each time: `npm run test:guests`.
    exclude: [
      ...configDefaults.exclude,
      "tests/guests/debian-installer.test.ts",
      "tests/guests/gnu-mach.test.ts",
      "tests/guests/self-tests.test.ts",
    ],
    // Most of them wait for a process, a disk or a guest: as many files at once as there are processors.
    maxWorkers: "100%",
    // Bounds for a hang, not for speed: a loaded machine must not fail a test.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
