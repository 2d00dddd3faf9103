import { tokensThatOpen } from "../../store/tokens.js";
import type { Service } from "../service.js";

/** Tells streams when their tokens open nothing any more, having been revoked or expired: one question to the database for all that are open on this server. */
export class TokenWatch {
  /** What ends each stream, with its token's id. */
  private readonly watched = new Map<() => void, string>();
  private timer: NodeJS.Timeout | undefined;
  private looking = false;

  constructor(private readonly service: Pick<Service, "db" | "log" | "settings">) {}

  /** Calls `end` when the token is at its end, unless what this answers is called before. */
  watch(tokenId: string, end: () => void): () => void {
    this.watched.set(end, tokenId);
    this.timer ??= setInterval(() => void this.look(), this.service.settings.tokenCheckMs);
    return () => this.leave(end);
  }

  private leave(end: () => void): void {
    this.watched.delete(end);
    if (this.watched.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    const asked = [...this.watched];
    try {
      const open = await tokensThatOpen(this.service.db, [...new Set(asked.map(([, tokenId]) => tokenId))]);
      for (const [end, tokenId] of asked) {
        if (open.has(tokenId) || !this.watched.has(end)) continue;
        this.leave(end);
        end();
      }
    } catch (error) {
      this.service.log.warn({ err: error }, "tokens of open streams were not looked at");
    } finally {
      this.looking = false;
    }
  }
}
