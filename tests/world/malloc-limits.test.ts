import { afterEach, expect, it, vi } from "vitest";
import { beginAgainWithMallocLimits, MALLOC_LIMITS } from "../../src/vmx/malloc-limits.js";

/** As Node has it from 22.15 on, but it returns. */
const execve = vi.fn<(file: string, args: readonly string[], env: NodeJS.ProcessEnv) => void>();
const before = ["execve", "send"].map((name) => [name, Object.getOwnPropertyDescriptor(process, name)] as const);
afterEach(() => {
  vi.unstubAllEnvs();
  execve.mockReset();
  for (const [name, property] of before) {
    if (property) Object.defineProperty(process, name, property);
    else Reflect.deleteProperty(process, name);
  }
});
/** @param send the channel to a parent, which a test's process may have */
function begin(send?: () => boolean): void {
  Object.defineProperty(process, "send", { value: send, configurable: true, writable: true });
  Object.defineProperty(process, "execve", { value: execve, configurable: true });
  beginAgainWithMallocLimits();
}

it.runIf(process.platform === "linux")(
  "a program begins again as it was begun, with the limits, but for those that it was given others of",
  () => {
    vi.stubEnv("MALLOC_ARENA_MAX", "7");
    begin();
    const [file, args, env] = execve.mock.calls[0];
    expect(file).toBe(process.execPath);
    expect(args).toEqual([process.argv0, ...process.execArgv, ...process.argv.slice(1)]);
    expect(env).toEqual({ ...process.env, ...MALLOC_LIMITS, MALLOC_ARENA_MAX: "7" });
  },
);

it("a program that has limits goes on", () => {
  for (const name of Object.keys(MALLOC_LIMITS)) vi.stubEnv(name, "1000000");
  begin();
  expect(execve).not.toHaveBeenCalled();
});

it("a program with a channel to its parent goes on", () => {
  begin(() => true);
  expect(execve).not.toHaveBeenCalled();
});
