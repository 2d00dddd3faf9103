/** Requests a minute, counted for each token, or for the address of whoever brings none; told in `RateLimit-*` fields. */
import type { Request, Response } from "express";
import { ipKeyGenerator, rateLimit } from "express-rate-limit";
import type { Caller } from "./caller.js";
import { ProblemError } from "./problem.js";

/** @throws ProblemError `rate_limited` */
export type RateLimit = (request: Request, response: Response, caller: Caller | null) => Promise<void>;

export function createRateLimit(perMinute: number): RateLimit {
  if (perMinute === 0) return async () => {};
  const count = rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: "draft-6",
    legacyHeaders: false,
    keyGenerator: (_request, response) => response.locals.countFor as string,
    handler: () => {
      throw new ProblemError("rate_limited");
    },
  });
  return async (request, response, caller) => {
    response.locals.countFor = caller?.tokenId ?? ipKeyGenerator(request.socket.remoteAddress ?? "");
    await new Promise<void>((resolve, reject) => {
      Promise.resolve(count(request, response, (error?: unknown) => (error ? reject(error) : resolve()))).catch(reject);
    });
  };
}
