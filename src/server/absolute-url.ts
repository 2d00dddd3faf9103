import type { Request } from "express";

/** An absolute URL of this service, as the client can reach it: by the configured public URL, else by the Host it used. */
export function absoluteUrl(publicUrl: string | null, request: Request, path: string): string {
  return (publicUrl ?? `${request.protocol}://${request.headers.host ?? "localhost"}`) + path;
}

export function webSocketUrl(publicUrl: string | null, request: Request, path: string): string {
  return absoluteUrl(publicUrl, request, path).replace(/^http/, "ws");
}
