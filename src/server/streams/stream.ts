import type { WebSocket } from "ws";

/** A stream about to be opened: all that can be refused has been. */
export interface Opening {
  /** Serves the accepted socket until `signal`: it has closed, or been told to because its token or the server is at its end. */
  run(socket: WebSocket, signal: AbortSignal): Promise<void>;
  /** The upgrade did not come about after all. */
  abandon(): void;
}

/** Close codes (RFC 6455, 7.4.1) as they are used here; those from 4000 on are an application's own. */
export const closeCodes = { done: 1000, goingAway: 1001, failed: 1011, restarting: 1012, unauthorized: 4401 } as const;
