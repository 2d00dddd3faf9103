import { afterAll, expect, type RunnerTestSuite } from "vitest";
import { opcodeOf } from "../../scripts/instructions/opcodes.js";

const executed = new Set<string>();

/** A guest executes this instruction. What follows it is not known here, and no opcode depends on it. */
export function noteExecuted(bytes: readonly number[]): void {
  const opcode = opcodeOf([...bytes, 0, 0, 0, 0, 0, 0, 0, 0]);
  if (opcode !== undefined) executed.add(opcode.label);
}

/**
 * Says which opcodes this file tests, as docs/instructions.md names them; that file lists it with them. Where the host's processor can't judge an
 * instruction, or only its fault at CPL 3, a test file must say so. It fails if its guests have not executed them all.
 */
export function executes(...labels: string[]): void {
  executed.clear();
  // biome-ignore lint/correctness/noEmptyPattern: Vitest takes fixtures from the first parameter's pattern
  afterAll(({}, file) => {
    // With `vitest -t` some of the file's tests are left out.
    if (isPartial(file)) return;
    expect(labels.filter((label) => !executed.has(label))).toEqual([]);
  });
}

function isPartial({ tasks }: Pick<RunnerTestSuite, "tasks">): boolean {
  return tasks.some((task) => task.mode === "skip" || (task.type === "suite" && isPartial(task)));
}
