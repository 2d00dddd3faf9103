/** Requests a minute, counted for each token, or for the address of whoever brings no valid one; told in `RateLimit-*` fields. */
import type { IncomingMessage } from "node:http";
import { ipKeyGenerator, MemoryStore, type Options } from "express-rate-limit";
import type { Caller } from "./caller.js";
import type { ClientAddress } from "./client-address.js";
import { ProblemError } from "./problem.js";

const windowMs = 60_000;

export class RateLimit {
  private readonly store = new MemoryStore();

  /** @param perMinute 0: no limit */
  constructor(
    private readonly perMinute: number,
    private readonly addressOf: ClientAddress,
  ) {
    this.store.init({ windowMs } as Options);
  }

  /**
   * Counts a request, and answers what its answer has to tell of that.
   * @throws ProblemError `rate_limited` with the same fields
   */
  async count(request: IncomingMessage, caller: Caller | null): Promise<Record<string, string>> {
    if (this.perMinute === 0) return {};
    const { totalHits, resetTime } = await this.store.increment(caller?.tokenId ?? ipKeyGenerator(this.addressOf(request)));
    const seconds = String(Math.max(1, Math.ceil(((resetTime?.getTime() ?? 0) - Date.now()) / 1000)));
    const fields = {
      "RateLimit-Policy": `${this.perMinute};w=${windowMs / 1000}`,
      "RateLimit-Limit": String(this.perMinute),
      "RateLimit-Remaining": String(Math.max(0, this.perMinute - totalHits)),
      "RateLimit-Reset": seconds,
    };
    if (totalHits <= this.perMinute) return fields;
    throw new ProblemError("rate_limited", `${this.perMinute} a minute are allowed`, { headers: { ...fields, "Retry-After": seconds } });
  }
}
