/** Samples of the last hour of each machine of this host, in bounded memory: the text of each is kept deflated, a kilobyte or so. */
import { promisify } from "node:util";
import { deflateRawSync, inflateRaw } from "node:zlib";
import type { VmStats } from "../contract/stats.js";

const inflate = promisify(inflateRaw);

const most = 360;
/** A VM process that a guest has got the better of may say anything: a sample has some four thousand characters. */
const longestText = 32 * 1024;

/** Answers that are kept for those who ask the same: of a whole hour, one has 1.4 MB. */
const mostAnswers = 8;

interface Kept {
  atMs: number;
  deflated: Buffer;
}

interface Answer {
  first: Kept | undefined;
  last: Kept | undefined;
  text: Promise<string>;
}

export class StatsHistory {
  private readonly kept = new Map<string, Kept[]>();
  /** In the order in which they were made. */
  private readonly answers = new Map<string, Answer>();

  /** @param intervalMs between samples */
  constructor(readonly intervalMs: number) {}

  add(vmId: string, sample: VmStats): void {
    const text = JSON.stringify(sample);
    if (text.length > longestText) return;
    const samples = this.kept.get(vmId) ?? [];
    this.kept.set(vmId, samples);
    samples.push({ atMs: Date.parse(sample.time), deflated: deflateRawSync(text) });
    if (samples.length > most) samples.shift();
  }

  /** The JSON text of a `VmStatsHistory`. Made once for all who ask between two samples. */
  read(vmId: string, now: number): Promise<string> {
    const samples = (this.kept.get(vmId) ?? []).filter((sample) => this.isRecent(sample, now));
    const [first, last] = [samples.at(0), samples.at(-1)];
    const before = this.answers.get(vmId);
    if (before && before.first === first && before.last === last) return before.text;
    const text = this.write(samples);
    this.answers.delete(vmId);
    this.answers.set(vmId, { first, last, text });
    for (const oldest of this.answers.keys()) if (this.answers.size > mostAnswers) this.answers.delete(oldest);
    return text;
  }

  /** The vm is deleted. */
  forget(vmId: string): void {
    this.kept.delete(vmId);
    this.answers.delete(vmId);
  }

  /** Drops what is older than the history reaches: machines that have stopped lose theirs within the hour. */
  tidy(now: number): void {
    for (const [vmId, samples] of this.kept) {
      const recent = samples.filter((sample) => this.isRecent(sample, now));
      if (recent.length > 0) this.kept.set(vmId, recent);
      else this.forget(vmId);
    }
  }

  private async write(samples: Kept[]): Promise<string> {
    const texts = await Promise.all(samples.map(({ deflated }) => inflate(deflated)));
    return `{"intervalSeconds":${this.intervalMs / 1000},"items":[${texts.map(String).join(",")}]}`;
  }

  private isRecent({ atMs }: Kept, now: number): boolean {
    return atMs > now - most * this.intervalMs;
  }
}
