/** `console.v1` of api/streams.md: what the server says beside the console's bytes. */
export type ConsoleRole = "viewer" | "writer";

export interface Hello {
  /** Offset of the first byte that follows. */
  seq: number;
  role: ConsoleRole;
  /** Whether this connection may ever type. */
  mayWrite: boolean;
  /** Whether anybody may type now. */
  writer: boolean;
  viewers: number;
}

export interface RoleChange {
  role: ConsoleRole;
  /** Whether anybody may type now. */
  writer: boolean;
  viewers: number;
}

/** The bytes from `from` up to `to` do not come. */
export interface Skip {
  from: number;
  to: number;
}

/** The machine ended; with reason `deleted` the console does too. */
export interface Exit {
  reason: string;
}

export type Control = ({ type: "hello" } & Hello) | ({ type: "role" } & RoleChange) | ({ type: "skip" } & Skip) | ({ type: "exit" } & Exit);

export const consoleProtocol = "console.v1";
export const takeOverFrame = JSON.stringify({ type: "take_over" });
/** Keys in a frame; the service takes 64 KiB. */
export const keysPerFrame = 16 * 1024;
