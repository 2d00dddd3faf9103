import type { SerialPort } from "../console/hub.js";

export type StreamRequest =
  | { stream: "console"; vmId: string; port: SerialPort; mayWrite: boolean; from: number | "end" | undefined; eol: boolean }
  | { stream: "log"; vmId: string; port: SerialPort; from: number | undefined }
  | { stream: "stats"; vmId: string; intervalMs: number }
  | { stream: "history"; vmId: string }
  | { stream: "host" }
  | { stream: "usage" };

/** Why a stream isn't given, as the HTTP answer says it. */
export class Refusal extends Error {
  constructor(
    readonly status: 400 | 401 | 404 | 426,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const interval = { least: 100, most: 60_000, usual: 1000 };

/** @throws Refusal */
export function parseStreamRequest(target: string): StreamRequest {
  if (!URL.canParse(target, "http://worker")) throw new Refusal(400, "invalid_request", "not a URL");
  const { pathname, searchParams } = new URL(target, "http://worker");
  if (pathname === "/stats") return { stream: "host" };
  if (pathname === "/usage") return { stream: "usage" };
  const path = /^\/vms\/([A-Za-z0-9_]+)\/(console\/log|console|stats\/history|stats)$/.exec(pathname);
  if (!path) throw new Refusal(404, "not_found", "no such path");
  const [, vmId, stream] = path;
  if (stream === "stats/history") return { stream: "history", vmId };
  if (stream === "stats") {
    const intervalMs = wholeNumber(searchParams, "interval") ?? interval.usual;
    if (intervalMs < interval.least || intervalMs > interval.most) throw new Refusal(400, "invalid_request", "interval is out of range");
    return { stream, vmId, intervalMs };
  }
  const port = searchParams.get("port") ?? "0";
  if (port !== "0" && port !== "1") throw new Refusal(400, "invalid_request", "port must be 0 or 1");
  const serialPort = Number(port) as SerialPort;
  if (stream === "console/log") return { stream: "log", vmId, port: serialPort, from: wholeNumber(searchParams, "from") };
  const from = searchParams.get("from") === "end" ? "end" : wholeNumber(searchParams, "from");
  const mayWrite = searchParams.get("role") === "writer";
  return { stream: "console", vmId, port: serialPort, mayWrite, from, eol: searchParams.get("eol") === "1" };
}

function wholeNumber(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === null || text === "") return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new Refusal(400, "invalid_request", `${name} must be a whole number`);
  return value;
}
