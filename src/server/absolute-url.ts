import type { Request } from "express";

/** An absolute WebSocket URL of this service, as the client can reach it: by the configured public URL, else by the Host it used. */
export function webSocketUrl(publicUrl: string | null, request: Request, path: string): string {
  const base = publicUrl ?? `${request.protocol}://${request.headers.host ?? "localhost"}`;
  return base.replace(/^http/, "ws") + path;
}
