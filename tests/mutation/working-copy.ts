import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Mutation, mutated } from "./mutation.js";

/** What the judges need of the project. */
const PARTS = ["src", "tests", "scripts", "package.json", "tsconfig.json", "vitest.config.ts"];

/** A copy of the sources in a folder of its own: mutations never touch the project's. */
export class WorkingCopy {
  readonly folder = mkdtempSync(join(tmpdir(), "mutation-"));

  constructor(root: string) {
    for (const part of PARTS) cpSync(join(root, part), join(this.folder, part), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"));
  }

  /** Runs `work` while the mutation is in place. */
  async during<T>(mutation: Mutation, work: () => Promise<T>): Promise<T> {
    const path = join(this.folder, mutation.file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, mutated(text, mutation));
    try {
      return await work();
    } finally {
      writeFileSync(path, text);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
