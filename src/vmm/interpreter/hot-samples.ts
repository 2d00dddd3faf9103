import * as at from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import type { FetchedFrom } from "../translator/remaking.js";
import type { TranslationCache } from "../translator/translation-cache.js";
import type { JumpCaches } from "./jump-cache.js";
import type { CodeMode } from "./predecoder.js";

/** Tells the translator where execution is seen: some thousand times a second, so a record is only counted until it is met often enough to be described. */
export class HotSamples {
  constructor(
    private readonly state: CpuState,
    private readonly jumps: JumpCaches,
    private readonly translations: TranslationCache,
    private readonly fetchedFrom: FetchedFrom,
  ) {}

  /**
   * Execution has got to EIP, where this record is. Where regions alternate with runs of a few instructions, that is nearly always the head of
   * the next region; what stands between them began where a region was left last.
   */
  take(record: number, eip: number, codeBase: number, mode: CodeMode): void {
    const { state } = this;
    this.seen(record, eip + codeBase, mode);
    const landing = state.get(at.LANDING_EIP);
    if (state.get(at.LANDING_VIEW) === state.get(at.VIEW_JUMP_CACHE) && landing !== eip) {
      const there = this.jumps.find(landing);
      if (there !== 0) this.seen(there, landing + codeBase, mode);
    }
    state.set(at.LANDING_VIEW, 0);
  }

  private seen(record: number, linear: number, mode: CodeMode): void {
    const page = this.fetchedFrom(linear);
    if (page === 0) return;
    const address = page + (linear & 0xfff);
    if (this.translations.seen(record, address, mode)) this.describe(record, address, linear >>> 0, mode);
  }

  /** A record has been looked up. What was translated before can be had at once; and where nothing waits until it is hot, it is translated now. */
  found(record: number, address: number, linear: number, mode: CodeMode): void {
    const { translations } = this;
    if (translations.eager) {
      if (translations.seen(record, address, mode)) this.describe(record, address, linear, mode);
      translations.exchange();
    } else if (translations.mayRecall(record, address, mode)) this.describe(record, address, linear, mode);
  }

  private describe(record: number, address: number, linear: number, mode: CodeMode): void {
    const { state } = this;
    const x87 = { top: state.get(at.X87_TOP), tags: state.get(at.X87_TAGS) };
    this.translations.propose({ record, address, linear, mode, x87, mxcsr: state.get(at.MXCSR) });
  }
}
