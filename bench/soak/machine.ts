/** A machine under load: what it says is checked, what it uses is sampled. */
import { byLine, ConsoleProcess } from "../console-process.js";
import type { Boot, Engine } from "../engine.js";
import type { ResourceUse } from "../resource-use.js";
import type { Row } from "../suite/row.js";
import { table } from "../table.js";
import { Listener } from "./listener.js";

/** Everything that a machine needs once is there by its second sample: growth is counted from there on. */
const WARM = 1;
const DIFFERENCES_SHOWN = 20;

interface Sample extends ResourceUse {
  minutes: number;
  rows: number;
  said: number;
  heard: number;
}

export class SoakingMachine {
  readonly listener: Listener;
  private readonly process: ConsoleProcess;
  private readonly samples: Sample[] = [];
  private told = false;
  private endedByItself = false;

  private constructor(
    argv: ConstructorParameters<typeof ConsoleProcess>[0],
    expected: readonly Row[],
    private readonly readStats: () => Promise<unknown>,
  ) {
    this.listener = new Listener(expected, (text) => this.process.type(text));
    this.process = new ConsoleProcess(
      argv,
      byLine((line) => this.listener.hear(line)),
    );
    void this.process.ended.then(() => {
      this.endedByItself = !this.told;
    });
  }

  /** @param expected the rows as the host's own processor ran them */
  static async start(engine: Engine, boot: Boot, expected: readonly Row[]): Promise<SoakingMachine> {
    const { argv, stats } = await engine.command(boot);
    return new SoakingMachine(argv, expected, async () => stats?.());
  }

  sample(minutes: number): void {
    const { rows, said, heard } = this.listener;
    this.samples.push({ minutes, rows, said, heard, ...this.process.use });
  }

  /** Whether all that it said was right, and it ran until it was told to end. */
  get sound(): boolean {
    return !this.endedByItself && this.listener.differences.length === 0;
  }

  /** Ends the machine. @returns what there is to say about it */
  async end(): Promise<string> {
    this.told = true;
    await this.process.end();
    await this.readStats().catch(() => undefined);
    const end = this.endedByItself ? `IT ENDED BY ITSELF; the console ended with:\n${this.process.tail}\n` : "";
    return [this.sampleTable(), this.growth(), end, this.differenceList()].join("");
  }

  private sampleTable(): string {
    const lines = this.samples.map(({ minutes, rows, said, heard, residentMiB, memoryMaps, cpuSeconds }) => [
      minutes.toFixed(1),
      ...[rows, said, heard, residentMiB, memoryMaps, cpuSeconds].map((figure) => figure.toFixed(0)),
    ]);
    return table([["minute", "rows", "lines said", "lines heard", "RSS MiB", "memory maps", "CPU seconds"], ...lines]);
  }

  private growth(): string {
    const [warm, last] = [this.samples[WARM], this.samples.at(-1)];
    if (!warm || !last) return "";
    const signed = (value: number) => `${value < 0 ? "" : "+"}${value.toFixed(0)}`;
    const [resident, maps] = [signed(last.residentMiB - warm.residentMiB), signed(last.memoryMaps - warm.memoryMaps)];
    return `from minute ${warm.minutes.toFixed(1)} on: ${resident} MiB resident, ${maps} memory maps\n`;
  }

  private differenceList(): string {
    const { differences } = this.listener;
    const shown = differences.slice(0, DIFFERENCES_SHOWN).map((difference) => `  ${difference}\n`);
    return `${differences.length} differences\n${shown.join("")}`;
  }
}
