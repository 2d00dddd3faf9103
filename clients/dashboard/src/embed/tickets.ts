/**
 * A ticket opens a console once. After the connection broke the embedding page is asked for another one, by a message
 * `{type: "worldswitch.ticket-wanted"}`, and answers `{type: "worldswitch.ticket", path}`.
 */
import { PassingFailure } from "../session/explain.js";
import { type ConsoleTicket, ticketOf } from "./ticket-path.js";

const WAIT_MS = 15_000;

/** Each call answers a ticket's path that was not given before. @throws where the embedding page has none */
export function ticketSource(first: ConsoleTicket): () => Promise<string> {
  let fresh: string | null = first.path;
  return async () => {
    const path = fresh ?? (await askParent(first.vm));
    fresh = null;
    return path;
  };
}

function askParent(vm: string): Promise<string> {
  const usedUp = new PassingFailure("This console's ticket is used up. Load the page around it again.");
  return new Promise((resolve, reject) => {
    if (parent === window) return reject(usedUp);
    const stop = () => {
      clearTimeout(timer);
      removeEventListener("message", take);
    };
    const take = ({ source, data }: MessageEvent<unknown>) => {
      if (source !== parent || typeof data !== "object" || data === null) return;
      const { type, path } = data as { type?: unknown; path?: unknown };
      const ticket = type === "worldswitch.ticket" && typeof path === "string" ? ticketOf(path) : null;
      if (ticket?.vm !== vm) return;
      stop();
      resolve(ticket.path);
    };
    const timer = setTimeout(() => {
      stop();
      reject(usedUp);
    }, WAIT_MS);
    addEventListener("message", take);
    // It holds no secret, so any page may hear it; only one that this server allows frames this page at all.
    parent.postMessage({ type: "worldswitch.ticket-wanted", vm }, "*");
  });
}
