/**
 * What glibc's malloc keeps for later, as variables of a process's environment (mallopt(3); others ignore them): blocks from 1 MiB on are the system's again when
 * they are freed, and so is the end of a pool above half of one; two pools do for all threads. Left to itself it goes by the largest block ever freed. That is 5 to
 * 16 MiB of a compiler's graph, and each of the threads that compile keeps twice as much in a pool of its own: 25 to 70 MiB of a process's 250 to 350.
 */
export const MALLOC_LIMITS: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: `${2 ** 20}`,
  MALLOC_TRIM_THRESHOLD_: `${2 ** 19}`,
  MALLOC_ARENA_MAX: "2",
};

type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never;

/**
 * For a program that is a VM process itself: begins it again with these limits, in the place of this one. Before Node 22.15, elsewhere, and where a parent has a
 * channel to it (whose number Node has taken out of the environment), it goes on without.
 */
export function beginAgainWithMallocLimits(): void {
  const { platform, execPath, argv0, execArgv, argv, env } = process;
  const { execve } = process as { execve?: Execve };
  if (platform !== "linux" || !execve || process.send || Object.keys(MALLOC_LIMITS).every((name) => name in env)) return;
  execve(execPath, [argv0, ...execArgv, ...argv.slice(1)], { ...MALLOC_LIMITS, ...env });
}
