import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { Console, type InputSink } from "./console.js";

/** 0 = COM1, 1 = COM2 */
export type SerialPort = 0 | 1;
export const serialPorts: readonly SerialPort[] = [0, 1];

/** The consoles of all vms of this host. Opened when first used, closed when their vm is deleted or the worker ends. */
export class ConsoleHub {
  private readonly consoles = new Map<string, Console>();

  /** @param folder holds a folder for each vm */
  constructor(
    private readonly folder: string,
    private readonly log: Logger,
  ) {}

  console(vmId: string, port: SerialPort): Console {
    const key = `${vmId}/${port}`;
    let console = this.consoles.get(key);
    if (!console) {
      console = new Console(join(this.folder, vmId, `com${port + 1}`), this.log.child({ vm: vmId, port }));
      this.consoles.set(key, console);
    }
    return console;
  }

  connect(vmId: string, sink: (port: SerialPort) => InputSink): void {
    for (const port of serialPorts) this.console(vmId, port).connect(sink(port));
  }

  /** The machine ended. Consoles that nobody looks at are let go of: what they hold is on disk. */
  disconnect(vmId: string, reason: string): void {
    for (const port of serialPorts) {
      const key = `${vmId}/${port}`;
      const console = this.consoles.get(key);
      console?.disconnect(reason);
      if (console?.disposable) {
        console.close();
        this.consoles.delete(key);
      }
    }
  }

  /** The vm is deleted: its viewers are told, its scrollback is removed. */
  async remove(vmId: string): Promise<void> {
    for (const port of serialPorts) {
      const key = `${vmId}/${port}`;
      const console = this.consoles.get(key);
      console?.disconnect("deleted");
      console?.close();
      this.consoles.delete(key);
    }
    const folder = join(this.folder, vmId);
    if (existsSync(folder)) await rm(folder, { recursive: true, force: true });
  }

  /** Ids of the vms whose scrollback is on disk. */
  async kept(): Promise<string[]> {
    return existsSync(this.folder) ? readdir(this.folder) : [];
  }

  close(): void {
    for (const console of this.consoles.values()) console.close();
    this.consoles.clear();
  }
}
