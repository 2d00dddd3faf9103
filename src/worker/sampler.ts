import type { Logger } from "pino";
import type { Database } from "../store/database.js";
import type { StatsHistory } from "./stats-history.js";
import type { Supervisor } from "./supervisor.js";

interface Parts {
  db: Database;
  supervisor: Supervisor;
  history: StatsHistory;
  log: Logger;
}

/** Asks every running machine for a sample at the history's pace. Answers how to stop. */
export function beginSampling({ db, supervisor, history, log }: Parts): () => Promise<void> {
  let sampling: Promise<void> | null = null;

  async function sampleAll(): Promise<void> {
    const machines = supervisor.all();
    const rows = await db.vm.findMany({ where: { id: { in: machines.map(({ vmId }) => vmId) } }, select: { id: true, state: true } });
    const states = new Map(rows.map(({ id, state }) => [id, state]));
    await Promise.all(
      machines.map(async (machine) => {
        const { vmId, generation } = machine;
        const stats = await machine.stats();
        const state = states.get(vmId);
        if (stats && state) history.add(vmId, { time: new Date().toISOString(), state, generation, stats });
      }),
    );
    history.tidy(Date.now());
  }

  const timer = setInterval(() => {
    sampling ??= sampleAll()
      .catch((error) => log.warn({ err: error }, "no samples for the history"))
      .finally(() => {
        sampling = null;
      });
  }, history.intervalMs);
  return async () => {
    clearInterval(timer);
    await sampling;
  };
}
