/** One attempt to post an event to a webhook's target, whatever that is: it may hang, redirect, answer without end, or not be there. */
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import type { Duplex } from "node:stream";
import type { AttemptResult } from "../../store/webhook-work.js";
import { linkedTo } from "../linked-signal.js";
import type { Address, AddressRules } from "./address-rules.js";
import { addressesOf, TargetRefused } from "./target.js";

/** From the first question to a name server to the end of the answer. */
const deadlineMs = 10_000;

/** So much of an answer's body is read, and dropped, that a target can end its answer in peace. */
const mostAnswerBytes = 64 * 1024;

export interface Post {
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface AttemptOptions {
  rules: AddressRules;
  /** Who is asked for names. */
  nameServers?: string[];
  deadlineMs?: number;
}

/** @throws only when `interrupted`: nothing is known of the attempt then */
export async function attempt(post: Post, options: AttemptOptions, interrupted: AbortSignal): Promise<AttemptResult> {
  const patienceMs = options.deadlineMs ?? deadlineMs;
  const over = linkedTo(interrupted);
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    over.abort();
  }, patienceMs);
  try {
    return await exchange(post, options, over.signal);
  } catch (error) {
    interrupted.throwIfAborted();
    return { status: null, error: late ? `no answer within ${patienceMs / 1000} seconds` : inWords(error) };
  } finally {
    clearTimeout(deadline);
    over.abort();
  }
}

async function exchange({ url, headers, body }: Post, { rules, nameServers }: AttemptOptions, signal: AbortSignal): Promise<AttemptResult> {
  const target = new URL(url);
  const addresses = await resolved(target, rules, nameServers, signal);
  const send = target.protocol === "https:" ? requestHttps : requestHttp;
  const request = send(target, {
    method: "POST",
    headers: { "Content-Type": "application/json", "User-Agent": "Worldswitch", "Content-Length": Buffer.byteLength(body), ...headers },
    // A connection of its own for each attempt: none is left open to, or taken over from, somebody else's target.
    agent: false,
    lookup: only(addresses),
    signal,
  });
  // One that comes after the answer has nobody else to listen to it.
  request.on("error", () => {});
  request.end(body);
  const status = await answered(request, signal);
  return { status, error: verdict(status) };
}

/** The status of the answer, whose body has been dropped. */
async function answered(request: ClientRequest, signal: AbortSignal): Promise<number> {
  // Without somebody to take it, an upgrade ends neither as an answer nor as an error.
  const upgraded = once(request, "upgrade", { signal }) as Promise<[IncomingMessage, Duplex]>;
  const plain = once(request, "response", { signal }) as Promise<[IncomingMessage]>;
  const [response, socket] = await Promise.race([plain, upgraded]);
  socket?.destroy();
  await drop(response);
  return response.statusCode ?? 0;
}

async function resolved(target: URL, rules: AddressRules, nameServers: string[] | undefined, signal: AbortSignal): Promise<Address[]> {
  const resolver = new Resolver();
  if (nameServers) resolver.setServers(nameServers);
  const cancel = () => resolver.cancel();
  signal.addEventListener("abort", cancel);
  try {
    const addresses = await addressesOf(target, rules, resolver);
    signal.throwIfAborted();
    return addresses;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/** Answers whoever connects with the addresses that have been looked at. */
function only(addresses: Address[]): LookupFunction {
  return (_host, { all }, found) => {
    if (all) found(null, addresses);
    else found(null, addresses[0].address, addresses[0].family);
  };
}

/** Reads a body to its end or its bound, whichever comes first; nothing of it is kept. The status counts, however the body ends. */
async function drop(response: IncomingMessage): Promise<void> {
  let bytes = 0;
  try {
    for await (const part of response) {
      bytes += (part as Buffer).length;
      if (bytes > mostAnswerBytes) return;
    }
  } catch {
    // Cut off, or the deadline came: the answer had been given.
  }
}

/** What is wrong with an answer; null: nothing. */
function verdict(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  return status >= 300 && status < 400 ? `it answered ${status}, a redirect, which is not followed` : `it answered ${status}`;
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was cut before there was an answer",
  EHOSTUNREACH: "there is no way to its address",
  ENETUNREACH: "there is no way to its address",
  EPIPE: "the connection was cut before there was an answer",
  HPE_HEADER_OVERFLOW: "the header of its answer is too large",
};

function inWords(error: unknown): string {
  if (error instanceof TargetRefused) return error.message;
  const { code, message } = causeOf(error) as NodeJS.ErrnoException;
  const known = words[code ?? ""];
  if (known) return known;
  if (code?.startsWith("HPE_")) return "its answer is not HTTP";
  // Of TLS, above all. Parts of a message may come from the target.
  return message.replace(/\p{Cc}|\p{Cs}/gu, " ").slice(0, 300);
}

/** Where several addresses have been tried, what was wrong with the first. */
function causeOf(error: unknown): unknown {
  return error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
}
