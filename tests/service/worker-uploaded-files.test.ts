import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BlobStore } from "../../src/images/blobs.js";
import { heardOfApiServer, retireApiServer } from "../../src/store/api-servers.js";
import { UploadedFiles } from "../../src/worker/uploaded-files.js";
import { tinyGuest } from "../guests/tiny-guest.js";
import { clusterSecret, type Installation, startInstallation } from "./http-installation.js";
import { deferred } from "./worker-installation.js";

/** An API server that a kernel was uploaded to, and workers' folders on other hosts. */
let installation: Installation;
const kernel = Buffer.from(tinyGuest());
const file = { name: "kernel of image tiny", sha256: createHash("sha256").update(kernel).digest("hex"), sizeBytes: kernel.length };
let imageId: string;
beforeAll(async () => {
  installation = await startInstallation();
  const { body } = await installation.admin.post("/v1/images", { name: "tiny", kind: "linux", files: ["kernel"] });
  imageId = body.id;
  await installation.admin.put(`/v1/images/${imageId}/files/kernel`, kernel).expect(200);
});
afterAll(() => installation?.close());

let workers = 0;
async function workerFiles(given: { clusterSecret?: string; folder?: string; silenceMs?: number } = {}) {
  const folder = given.folder ?? join(installation.folder, `worker-${workers++}`);
  const store = (name: string) => new BlobStore(join(folder, name));
  const { db } = installation;
  const { log } = installation.service;
  const fetched = store("fetched");
  const parts = { db, uploaded: store("images"), fetched, clusterSecret, log, patienceMs: 0, ...given };
  const files = new UploadedFiles(parts);
  await files.open();
  return { folder, fetched, files };
}

/** Something at an API server's place. */
async function impostor(answer: RequestListener) {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  await heardOfApiServer(installation.db, "an impostor", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    async close() {
      await retireApiServer(installation.db, "an impostor");
      server.close();
    },
  };
}

/** Answers with these bytes. */
async function liar(bytes: Buffer) {
  let asked = 0;
  const { close } = await impostor((_request, response) => {
    asked++;
    response.end(bytes);
  });
  return { times: () => asked, close };
}

/** Begins to answer, and goes no further. */
async function staller() {
  const asked = deferred<void>();
  const left = deferred<void>();
  const { close } = await impostor((_request, response) => {
    response.write(kernel.subarray(0, 10));
    response.on("close", left.resolve);
    asked.resolve();
  });
  return { asked: asked.promise, left: left.promise, close };
}

const options = { signal: new AbortController().signal, onProgress: () => {} };

it("are fetched from the API server that has them, once, and with progress", async () => {
  await heardOfApiServer(installation.db, "the server", installation.url);
  const { files } = await workerFiles();
  const told: number[] = [];
  const onProgress = ({ fraction }: { fraction: number }) => told.push(fraction);
  const paths = await Promise.all([1, 2].map(() => files.path(file, { ...options, onProgress })));
  expect(paths[0]).toBe(paths[1]);
  expect(await readFile(paths[0])).toEqual(kernel);
  expect(told.at(-1)).toBe(1);
  await retireApiServer(installation.db, "the server");
  expect(await files.path(file, options)).toBe(paths[0]);
});

it("that are not what their digest says are not taken, and the next server is asked", async () => {
  const other = await liar(Buffer.alloc(kernel.length, 1));
  const { files, fetched } = await workerFiles();
  await expect(files.path(file, options)).rejects.toMatchObject({ code: "file_unavailable" });
  expect(other.times()).toBe(1);
  expect(await fetched.has(file.sha256)).toBe(false);
  await heardOfApiServer(installation.db, "the server", installation.url);
  expect(await readFile(await files.path(file, options))).toEqual(kernel);
  await other.close();
});

it("are not read past the size that they have", async () => {
  await retireApiServer(installation.db, "the server");
  const other = await liar(Buffer.alloc(kernel.length + 1, 1));
  const { files } = await workerFiles();
  await expect(files.path(file, options)).rejects.toMatchObject({ code: "file_unavailable" });
  await other.close();
});

it("are given to nobody without the cluster secret", async () => {
  await heardOfApiServer(installation.db, "the server", installation.url);
  const { files } = await workerFiles({ clusterSecret: "another secret" });
  await expect(files.path(file, options)).rejects.toMatchObject({ code: "file_unavailable" });
  await installation.anonymous.get(`/internal/files/${file.sha256}`).expect(401);
  await installation.admin.get(`/internal/files/${file.sha256}`).expect(401);
  const withSecret = () => ({ Authorization: `Bearer ${clusterSecret}` });
  await installation.agent
    .get(`/internal/files/${"0".repeat(64)}`)
    .set(withSecret())
    .expect(404);
  await installation.agent.get("/internal/files/..%2f..%2fadmin-token").set(withSecret()).expect(404);
});

it("stop being fetched when the operation is cancelled", async () => {
  await retireApiServer(installation.db, "the server");
  const { asked, left, close } = await staller();
  const { files } = await workerFiles();
  const controller = new AbortController();
  const fetching = files.path(file, { ...options, signal: controller.signal });
  await asked;
  const reason = new Error("cancelled");
  controller.abort(reason);
  await expect(fetching).rejects.toBe(reason);
  await left;
  await close();
});

it("are not waited for by a cancelled operation while another fetches them", async () => {
  const { asked, close } = await staller();
  const { files } = await workerFiles();
  const [first, second] = [new AbortController(), new AbortController()];
  const fetching = files.path(file, { ...options, signal: first.signal });
  await asked;
  const waiting = files.path(file, { ...options, signal: second.signal });
  second.abort(new Error("the second"));
  await expect(waiting).rejects.toThrow("the second");
  first.abort(new Error("the first"));
  await expect(fetching).rejects.toThrow("the first");
  await close();
});

it("are not waited for where nothing more comes", async () => {
  const { left, close } = await staller();
  const { files } = await workerFiles({ silenceMs: 100 });
  await expect(files.path(file, options)).rejects.toMatchObject({ code: "file_unavailable" });
  await left;
  await close();
});

it("go when no image has them any more", async () => {
  await heardOfApiServer(installation.db, "the server", installation.url);
  const { folder, files, fetched } = await workerFiles();
  await files.path(file, options);
  expect(await fetched.has(file.sha256)).toBe(true);
  await installation.admin.delete(`/v1/images/${imageId}`).expect(204);
  const again = await workerFiles({ folder });
  expect(await again.fetched.has(file.sha256)).toBe(false);
});
