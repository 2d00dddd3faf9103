import type { WebSocket } from "ws";

/** A stream about to be opened: all that can be refused has been. */
export interface Opening {
  /** Serves the accepted socket until it closes, or until `signal` says that the server does. */
  run(socket: WebSocket, signal: AbortSignal): Promise<void>;
  /** The upgrade did not come about after all. */
  abandon(): void;
}

/** Close codes (RFC 6455, 7.4.1) as they are used here. */
export const closeCodes = { done: 1000, goingAway: 1001, failed: 1011, restarting: 1012 } as const;
