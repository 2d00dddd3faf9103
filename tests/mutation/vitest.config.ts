import { basename } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { FIRST } from "./likely-tests.js";

class LikelyFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const first = process.env[FIRST]?.split(",") ?? [];
    const rank = ({ moduleId }: TestSpecification) => first.indexOf(basename(moduleId)) + 1 || first.length + 1;
    return [...files].sort((a, b) => rank(a) - rank(b) || a.moduleId.localeCompare(b.moduleId));
  }
}

/** For mutants: all tests of the monitor in one process, since most of what a file costs is to load the monitor, up to the first failure. */
export default defineConfig({
  test: {
    include: ["tests/vmm/**/*.test.ts", "tests/isa/**/*.test.ts", "tests/decoder/**/*.test.ts"],
    // The harness's own, and what instruction-judge.ts stands for.
    exclude: ["**/sample.test.ts", "**/harness.test.ts"],
    isolate: false,
    maxWorkers: 1,
    bail: 1,
    sequence: { sequencer: LikelyFirst },
    testTimeout: 120_000,
  },
});
