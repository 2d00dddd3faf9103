import { spawnSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { image, inBatches, results } from "./batch.js";
import type { Case, Outcome, Side } from "./case.js";
import { EXIT_PANIC, PORT_EXIT, RAM_SIZE } from "./layout.js";
import { resetRom } from "./monitor/program.js";

const QEMU = "qemu-system-i386";
/** For a batch; a case that hangs QEMU itself, or that the watchdog can't end, costs as much. */
const TIMEOUT_MS = 60_000;

/** Our CPUID's features (src/vmm/cpu/identity.ts), as far as QEMU's translator knows them: it has no virtual-8086 mode extensions. */
const PROCESSOR =
  "486,family=6,model=28,stepping=10,+fpu,+de,+pse,+tsc,+msr,+pae,+cx8,+sep,+pge,+cmov,+pse36,+clflush,+mmx,+fxsr,+sse,+sse2,-apic";

/** Why there is no second opinion here. */
export class NoEmulator extends Error {}

/**
 * QEMU's PC, which starts from our ROM with RAM that is a file: cases are in it before, results after. Virtual time goes by retired instructions
 * and jumps ahead when the processor halts, so the watchdog is deterministic.
 */
export class SystemEmulator implements Side {
  readonly name = "qemu";
  readonly version: string;
  readonly #folder: string;

  constructor() {
    const asked = spawnSync(QEMU, ["--version"], { encoding: "utf8" });
    if (asked.error || asked.status !== 0)
      throw new NoEmulator(`${QEMU} is not installed (Debian: apt-get install qemu-system-x86; it is only needed for this comparison)`);
    this.version = asked.stdout.split("\n")[0];
    this.#folder = mkdtempSync(join(tmpdir(), "second-opinion-"));
    writeFileSync(join(this.#folder, "rom"), resetRom());
  }

  run(cases: readonly Case[]): Outcome[] {
    return inBatches(cases, (batch) => this.#run(batch));
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #run(cases: readonly Case[]): Outcome[] {
    const ram = join(this.#folder, "ram");
    const file = openSync(ram, "w+");
    try {
      ftruncateSync(file, RAM_SIZE);
      for (const { address, bytes } of image(cases)) writeSync(file, bytes, 0, bytes.length, address);
      const ended = spawnSync(
        QEMU,
        [
          ...["-machine", "pc,memory-backend=ram", "-accel", "tcg", "-cpu", PROCESSOR, "-m", `${RAM_SIZE >> 20}`],
          ...["-object", `memory-backend-file,id=ram,size=${RAM_SIZE},mem-path=${ram},share=on`],
          ...[
            "-bios",
            join(this.#folder, "rom"),
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-serial",
            "none",
            "-monitor",
            "none",
          ],
          ...["-icount", "shift=10,sleep=off", "-device", "ib700", "-action", "watchdog=inject-nmi"],
          ...["-device", `isa-debug-exit,iobase=${PORT_EXIT},iosize=1`],
        ],
        { encoding: "utf8", timeout: TIMEOUT_MS, killSignal: "SIGKILL" },
      );
      // isa-debug-exit: (value << 1) | 1.
      if (ended.status === ((EXIT_PANIC << 1) | 1)) throw new Error("an exception in the program itself");
      if (ended.status !== 1 && ended.signal === null) throw new Error(`${QEMU} ended with ${ended.status}: ${ended.stderr}`);
      return results(readFileSync(ram));
    } finally {
      closeSync(file);
    }
  }
}
