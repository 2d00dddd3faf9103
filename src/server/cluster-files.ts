/** Uploaded files, for the workers of the installation: what was uploaded to this server lies in its data folder. No part of the contract. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { Express } from "express";
import { fileRoute } from "../cluster/files.js";
import { isBearerOf } from "../cluster/secret.js";
import { ProblemError } from "./problem.js";
import type { Service } from "./service.js";

export function clusterFiles(app: Express, { blobs, clusterSecret }: Service): void {
  app.get(fileRoute, async (request, response) => {
    if (!isBearerOf(clusterSecret, request.headers.authorization)) throw new ProblemError("unauthorized");
    const sha256 = String(request.params.sha256);
    if (!/^[0-9a-f]{64}$/.test(sha256) || !(await blobs.has(sha256))) throw new ProblemError("not_found", "This server has no such file");
    const path = blobs.path(sha256);
    const { size } = await stat(path);
    response.set({ "Content-Type": "application/octet-stream", "Content-Length": String(size) });
    // A worker that goes while it reads is its own affair.
    await pipeline(createReadStream(path), response).catch(() => response.destroy());
  });
}
