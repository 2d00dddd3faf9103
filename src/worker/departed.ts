import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Database } from "../store/database.js";
import { type CommandParts, unplugged } from "./commands/command.js";

/** What is left of them counts nowhere meanwhile, in milliseconds. */
const paceMs = 15_000;

export type DepartedParts = Pick<CommandParts, "supervisor" | "consoles" | "history" | "translations"> & { db: Database; log: Logger };

/**
 * Vms that this host still has something of, and that have no row any more: their deletion was settled while the host was not heard of
 * (src/store/lost-hosts.ts), or the database is an older one by now.
 */
export class Departed {
  private timer: NodeJS.Timeout | null = null;
  private ending: Promise<void> | null = null;

  constructor(private readonly parts: DepartedParts) {}

  start(): void {
    this.timer = setInterval(() => {
      this.ending ??= this.end()
        .catch((error) => this.parts.log.warn({ err: error }, "machines without a row not looked for"))
        .finally(() => {
          this.ending = null;
        });
    }, paceMs);
  }

  async close(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.ending;
  }

  /** Ends their processes, and removes what is kept of them; and what is kept of projects that are gone. */
  async end(): Promise<void> {
    await this.endMachines();
    await this.removeTranslations();
  }

  private async removeTranslations(): Promise<void> {
    const { db, translations } = this.parts;
    if (translations === undefined) return;
    // Before the rows are read, as above.
    const here = new Set(await readdir(translations).catch(() => []));
    if (here.size === 0) return;
    const rows = await db.project.findMany({ where: { id: { in: [...here] } }, select: { id: true } });
    for (const { id } of rows) here.delete(id);
    for (const name of here) await rm(join(translations, name), { recursive: true, force: true });
  }

  private async endMachines(): Promise<void> {
    const { db, supervisor, consoles, history, log } = this.parts;
    // Before the rows are read: a vm has its row before it has anything here.
    const here = new Set([...supervisor.all().map(({ vmId }) => vmId), ...(await consoles.kept())]);
    const rows = await db.vm.findMany({ where: { id: { in: [...here] } }, select: { id: true } });
    for (const { id } of rows) here.delete(id);
    for (const vmId of here) {
      const machine = supervisor.get(vmId);
      if (machine) log.warn({ vm: vmId }, "a machine without a row: ended");
      machine?.pullPlug(unplugged);
      await machine?.ended;
      history.forget(vmId);
      await consoles.remove(vmId);
    }
  }
}
