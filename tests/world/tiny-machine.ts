import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MachineSpec } from "../../src/vmx/spec.js";
import { Vmx, type VmxEvent } from "../../src/vmx/vmx.js";
import { tinyGuest } from "../guests/tiny-guest.js";

/** A real machine (thread and all) with a small guest; remembers everything that it reports. */
export class TinyMachine {
  readonly vmx: Vmx;
  readonly events: VmxEvent[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), "worldswitch-test-"));
  private waiting: (() => void)[] = [];
  private text = "";

  constructor(spec: Partial<MachineSpec> = {}, kernel: Uint8Array = tinyGuest()) {
    const file = join(this.folder, "kernel");
    writeFileSync(file, kernel);
    const boot = { kind: "linux", kernel: file, cmdline: "" } as const;
    this.vmx = new Vmx({ memoryMiB: 32, boot, engine: "auto", clock: "host", ...spec }, (event) => {
      if (event.type === "output" && event.port === 0) this.text += Buffer.from(event.data).toString("latin1");
      else this.events.push(event);
      for (const look of this.waiting.splice(0)) look();
    });
    this.vmx.start();
  }

  /** All that came from COM1. */
  get output(): string {
    return this.text;
  }

  type(text: string): void {
    this.vmx.write(0, Buffer.from(text, "latin1"));
  }

  /** Resolves when `true_` is, which is looked at after each report. */
  async until(true_: () => boolean): Promise<void> {
    while (!true_()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
  untilOutput(text: string): Promise<void> {
    return this.until(() => this.text.includes(text));
  }
  async untilEvent<T extends VmxEvent["type"]>(type: T): Promise<Extract<VmxEvent, { type: T }>> {
    const found = () => this.events.find((event): event is Extract<VmxEvent, { type: T }> => event.type === type);
    await this.until(() => found() !== undefined);
    return found() as Extract<VmxEvent, { type: T }>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.vmx.stop();
    await this.untilEvent("stopped");
    rmSync(this.folder, { recursive: true });
  }
}
