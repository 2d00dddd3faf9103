import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApiServer } from "../../src/server/server.js";
import { deleteImage } from "../../src/store/images.js";
import { elf32, multibootKernel } from "../images/synthetic-multiboot.js";
import { adminToken, type Installation, startInstallation } from "./http-installation.js";
import { until } from "./served.js";

const limit = 100_000;
let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation({
    maxUploads: 2,
    maxFileBytes: { kernel: limit, initrd: limit, module: limit },
  });
});
afterAll(() => installation?.close());

/** The least that passes for a bzImage: boot protocol 2.15, loaded high, 32-bit; `code` makes the file one of its own. */
function bzImage(code = "", paragraphs = 100): Buffer {
  const setupSectors = 1;
  const file = Buffer.alloc((setupSectors + 1) * 512 + paragraphs * 16);
  file[0x1f1] = setupSectors;
  file.writeUInt32LE(paragraphs, 0x1f4);
  file.writeUInt16LE(0xaa55, 0x1fe);
  file.writeUInt16LE(0x66eb, 0x200);
  file.write("HdrS", 0x202, "latin1");
  file.writeUInt16LE(0x20f, 0x206);
  file[0x211] = 1;
  file.writeUInt32LE(0x100000, 0x214);
  file.writeUInt32LE(0x7fffffff, 0x22c);
  file.writeUInt32LE(2047, 0x238);
  file.writeUInt32LE(0x1000000, 0x258);
  file.writeUInt32LE(paragraphs * 16, 0x260);
  file.write(code, (setupSectors + 1) * 512, "latin1");
  return file;
}

const initrd = (content = "") => Buffer.from(`070701${content}`);
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const contentDigest = (bytes: Buffer) => `sha-256=:${createHash("sha256").update(bytes).digest("base64")}:`;

let count = 0;
async function announce(fields: object = {}): Promise<{ id: string; files: object[] }> {
  return (await installation.admin.post("/v1/images", { name: `image-${count++}`, kind: "linux", ...fields }).expect(201)).body;
}

const put = (id: string, role: string, bytes: Buffer) => installation.admin.put(`/v1/images/${id}/files/${role}`, bytes);

/** Every file under the store's folder. */
async function stored(): Promise<string[]> {
  const entries = await readdir(join(installation.folder, "blobs"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

describe("uploading an image", () => {
  it("goes from pending to ready with the last file it waits for", async () => {
    const { admin } = installation;
    const created = await admin.post("/v1/images", { name: "own", kind: "linux", cmdline: "quiet", memoryMiB: 64 }).expect(201);
    expect(created.headers.location).toBe(`/v1/images/${created.body.id}`);
    expect(created.body).toMatchObject({
      name: "own",
      state: "pending",
      catalog: false,
      cmdline: "quiet",
      memoryMiB: 64,
      files: [
        { role: "kernel", sizeBytes: null, sha256: null },
        { role: "initrd", sizeBytes: null, sha256: null },
      ],
    });
    const kernel = bzImage("own");
    const half = await put("own", "kernel", kernel).expect(200);
    expect(half.body.state).toBe("pending");
    const whole = await put("own", "initrd", initrd("own")).expect(200);
    expect(whole.body).toMatchObject({
      state: "ready",
      files: [{ role: "kernel", sizeBytes: kernel.length, sha256: sha256(kernel) }, { role: "initrd" }],
    });
    expect(await readFile(installation.service.blobs.path(sha256(kernel)))).toEqual(kernel);
    await admin.get("/v1/images/own").expect(200, whole.body);
  });

  it("waits for no initrd where none is announced", async () => {
    const { id } = await announce({ files: ["kernel"] });
    expect((await put(id, "kernel", bzImage("alone")).expect(200)).body.state).toBe("ready");
  });

  it("takes a file again while it is pending, and keeps only the last", async () => {
    const { id } = await announce();
    await put(id, "initrd", initrd("first")).expect(200);
    const again = await put(id, "initrd", initrd("second")).expect(200);
    expect(again.body.files[1].sha256).toBe(sha256(initrd("second")));
    expect(await stored()).not.toContain(sha256(initrd("first")));
  });

  it("checks a digest that is announced", async () => {
    const { id } = await announce({ files: ["kernel"] });
    const bytes = bzImage("digest");
    await put(id, "kernel", bytes)
      .set("Content-Digest", `md5=:AAAA:, ${contentDigest(bytes)}`)
      .expect(200);
  });

  it("never changes what is ready, but recognises the same file sent again", async () => {
    const { id } = await announce({ files: ["kernel"] });
    const bytes = bzImage("immutable");
    const ready = await put(id, "kernel", bytes).expect(200);
    expect((await put(id, "kernel", bzImage("other")).expect(409)).body.code).toBe("image_state_conflict");
    await put(id, "kernel", bytes).set("Content-Digest", contentDigest(bytes)).expect(200, ready.body);
  });

  it("needs no body parser for its type, and no Content-Length", async () => {
    const { id } = await announce({ files: ["kernel"] });
    const answer = await fetch(`${installation.url}/v1/images/${id}/files/kernel`, {
      method: "PUT",
      headers: { Authorization: `Bearer ${adminToken}`, "Content-Type": "application/json" },
      body: new Blob([bzImage("streamed")]).stream(),
      duplex: "half",
    } as RequestInit);
    expect(answer.status).toBe(200);
  });
});

describe("an image of kind multiboot", () => {
  it("waits for its kernel alone, where nothing is said", async () => {
    const { id, files } = await announce({ kind: "multiboot" });
    expect(files).toMatchObject([{ role: "kernel" }]);
    expect((await put(id, "kernel", Buffer.from(multibootKernel())).expect(200)).body).toMatchObject({ kind: "multiboot", state: "ready" });
  });

  it("may have modules, of any bytes, each told something of its own", async () => {
    const { id } = await announce({ kind: "multiboot", modules: ["first", "second with words"] });
    const [first, second] = [Buffer.from("anything"), Buffer.alloc(0)];
    expect((await put(id, "module?index=1", second).expect(200)).body.state).toBe("pending");
    expect((await put(id, "kernel", gzipSync(multibootKernel())).expect(200)).body.state).toBe("pending");
    expect((await put(id, "module?index=0", first).expect(200)).body).toMatchObject({
      state: "ready",
      modules: ["first", "second with words"],
      files: [
        { role: "kernel" },
        { role: "module", index: 0, sizeBytes: 8, sha256: sha256(first) },
        { role: "module", index: 1, sizeBytes: 0, sha256: sha256(second) },
      ],
    });
  });

  it("has one module where its files say so", async () => {
    const { id, files } = await announce({ kind: "multiboot", files: ["kernel", "module"] });
    expect(files).toMatchObject([{ role: "kernel" }, { role: "module", index: 0 }]);
    await put(id, "kernel", Buffer.from(multibootKernel())).expect(200);
    const refused = await installation.admin.post("/v1/vms", { image: id });
    expect([refused.status, refused.body.code, refused.body.detail]).toEqual([
      409,
      "image_state_conflict",
      expect.stringContaining("module 0"),
    ]);
    expect((await put(id, "module", Buffer.from("anything")).expect(200)).body).toMatchObject({ state: "ready", modules: ["module"] });
  });

  it.each([
    ["module?index=1", 409],
    ["kernel?index=1", 409],
    ["module?index=16", 400],
    ["initrd", 409],
  ])("waits for no file %s where it has one module", async (role, status) => {
    const { id } = await announce({ kind: "multiboot", modules: ["only"] });
    await put(id, role, Buffer.from(multibootKernel())).expect(status);
  });

  it.each([
    { kind: "linux", modules: ["a"] },
    { kind: "multiboot", modules: Array.from({ length: 17 }, () => "a") },
    { kind: "multiboot", modules: ["a\nb"] },
  ])("cannot be announced with %j", async (fields) => {
    const answer = await installation.admin.post("/v1/images", { name: "wrong", ...fields });
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_request"]);
  });

  it.each([
    ["a bzImage", () => bzImage()],
    [
      "an ELF file without a Multiboot header",
      () => Buffer.from(elf32({ segments: [{ address: 0x100000, data: new Uint8Array(99) }], entry: 0x100000 })),
    ],
    ["a 64-bit ELF file", () => Buffer.from(multibootKernel()).fill(2, 4, 5)],
    ["a packed file of something else", () => gzipSync("something else")],
    ["a damaged packed file", () => gzipSync(multibootKernel()).fill(0xff, 10, 30)],
  ])("refuses for its kernel %s, and keeps nothing", async (_what, bytes) => {
    const { id } = await announce({ kind: "multiboot" });
    const before = await stored();
    const answer = await put(id, "kernel", bytes());
    expect([answer.status, answer.body.code]).toEqual([422, "image_file_invalid"]);
    expect(await stored()).toEqual(before);
  });

  it.each([
    ["linux", ["kernel", "module"]],
    ["multiboot", ["kernel", "initrd"]],
    ["multiboot", ["module"]],
    ["linux", []],
    ["cdrom", ["kernel"]],
  ])("kind %s cannot be announced with files %j", async (kind, files) => {
    const answer = await installation.admin.post("/v1/images", { name: "wrong", kind, files });
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_request"]);
  });
});

/** What comes before a body has been sent, or with its beginning alone. */
async function answerToHead(path: string, header: string, begun = ""): Promise<string> {
  const { hostname, port } = new URL(installation.url);
  const socket = connect(Number(port), hostname);
  socket.write(`PUT ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${adminToken}\r\n${header}\r\n\r\n${begun}`);
  const [answer] = await once(socket, "data");
  socket.destroy();
  return String(answer);
}

/** An upload that does not end. */
function slowUpload(id: string, role: string): Socket {
  const { hostname, port } = new URL(installation.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.write(
    `PUT /v1/images/${id}/files/${role} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${adminToken}\r\nContent-Length: 5000\r\n\r\nx`,
  );
  return socket;
}

const incoming = () => readdir(join(installation.folder, "blobs", "incoming"));

describe("what is refused leaves nothing", () => {
  const refusals: [title: string, role: string, bytes: () => Buffer, headers: Record<string, string>, status: number, code: string][] = [
    ["a kernel that is not a bzImage", "kernel", () => Buffer.alloc(4096), {}, 422, "image_file_invalid"],
    ["an empty kernel", "kernel", () => Buffer.alloc(0), {}, 422, "image_file_invalid"],
    ["a truncated kernel", "kernel", () => bzImage("cut").subarray(0, 1500), {}, 422, "image_file_invalid"],
    ["an initrd that no kernel can unpack", "initrd", () => Buffer.from("hello"), {}, 422, "image_file_invalid"],
    ["another digest", "kernel", () => bzImage("digest"), { "Content-Digest": contentDigest(Buffer.from("")) }, 400, "digest_mismatch"],
    ["a digest that cannot be read", "kernel", () => bzImage(), { "Content-Digest": "sha-256=abc" }, 400, "invalid_digest"],
    ["a digest of unknown kind", "kernel", () => bzImage(), { "Content-Digest": "md5=:AAAA:" }, 400, "invalid_digest"],
    ["a digest that is too short", "kernel", () => bzImage(), { "Content-Digest": "sha-256=:AAAA:" }, 400, "invalid_digest"],
    ["more than a file may have", "kernel", () => Buffer.alloc(limit + 1), {}, 413, "body_too_large"],
    ["a packed body", "kernel", () => bzImage(), { "Content-Encoding": "gzip" }, 415, "unsupported_media_type"],
    ["a role that the kind does not have", "disk", () => bzImage(), {}, 404, "not_found"],
  ];

  it.each(refusals)("%s", async (_title, role, bytes, headers, status, code) => {
    const { id } = await announce();
    const before = await stored();
    const answer = await put(id, role, bytes()).set(headers);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await stored()).toEqual(before);
    expect((await installation.admin.get(`/v1/images/${id}`)).body.files).toEqual([
      { role: "kernel", sizeBytes: null, sha256: null },
      { role: "initrd", sizeBytes: null, sha256: null },
    ]);
  });

  it("more than the project's quota", async () => {
    const { admin } = installation;
    await admin.post("/v1/projects", { name: "tight", quota: { diskMiB: 0 } }).expect(201);
    const { body: image } = await admin.post("/v1/images?project=tight", { name: "big", kind: "linux" }).expect(201);
    const before = await stored();
    const refused = await admin.put(`/v1/images/${image.id}/files/kernel?project=tight`, bzImage("quota"));
    expect([refused.status, refused.body.code]).toEqual([403, "quota_exceeded"]);
    expect(await stored()).toEqual(before);
  });

  it("more than the project's quota, before anything of it is taken in", async () => {
    const { admin } = installation;
    await admin.post("/v1/projects", { name: "asking", quota: { diskMiB: 0 } }).expect(201);
    const { body: image } = await admin.post("/v1/images?project=asking", { name: "big", kind: "linux" }).expect(201);
    const answer = await answerToHead(`/v1/images/${image.id}/files/kernel?project=asking`, "Content-Length: 5000");
    expect(answer).toContain('"code":"quota_exceeded"');
    const half = await answerToHead(`/v1/images/${image.id}/files/kernel?project=asking`, "Transfer-Encoding: chunked", "1\r\nx\r\n");
    expect(half).toContain('"code":"quota_exceeded"');
  });

  it("more files at once than a project may upload", async () => {
    const { id } = await announce();
    const one = slowUpload(id, "kernel");
    const two = slowUpload(id, "initrd");
    await until(async () => (await incoming()).length === 2);
    const refused = await put(id, "kernel", bzImage("third"));
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    one.destroy();
    two.destroy();
    await until(async () => (await incoming()).length === 0);
    await until(async () => (await put(id, "kernel", bzImage("third"))).status === 200);
  });

  it("a role that was not announced", async () => {
    const { id } = await announce({ files: ["kernel"] });
    expect((await put(id, "initrd", initrd()).expect(409)).body.code).toBe("image_state_conflict");
  });

  it("too much, sent without saying how much", async () => {
    const { id } = await announce();
    const before = await stored();
    const answer = await fetch(`${installation.url}/v1/images/${id}/files/kernel`, {
      method: "PUT",
      headers: { Authorization: `Bearer ${adminToken}` },
      body: new Blob([Buffer.alloc(limit * 3)]).stream(),
      duplex: "half",
    } as RequestInit);
    expect(answer.status).toBe(413);
    expect(await stored()).toEqual(before);
  });

  it("a connection that ends before the body does", async () => {
    const { id } = await announce();
    const before = await stored();
    const { hostname, port } = new URL(installation.url);
    const answer = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `PUT /v1/images/${id}/files/kernel HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${adminToken}\r\nContent-Length: 5000\r\n\r\n`,
        );
        socket.end(bzImage().subarray(0, 1000));
      });
      socket.on("data", (data) => {
        text += data.toString();
      });
      socket.on("close", () => resolve(text));
    });
    expect(answer).toContain('"code":"upload_truncated"');
    await expect.poll(stored, { timeout: 60_000 }).toEqual(before);
  });
});

describe("deleting", () => {
  it("at another server removes files here too, soon", async () => {
    const { service } = installation;
    const sweeping = await createApiServer({ ...service, settings: { ...service.settings, sweepFilesMs: 20 } });
    await sweeping.listen();
    const { id } = await announce({ files: ["kernel"] });
    const bytes = bzImage("elsewhere");
    await put(id, "kernel", bytes).expect(200);
    await deleteImage(service.db, id);
    await until(async () => !(await stored()).includes(sha256(bytes)));
    await sweeping.close();
  });

  it("removes files that no other image has", async () => {
    const [a, b] = [await announce({ files: ["kernel"] }), await announce({ files: ["kernel"] })];
    const bytes = bzImage("twins");
    await put(a.id, "kernel", bytes).expect(200);
    await put(b.id, "kernel", bytes).expect(200);
    await installation.admin.delete(`/v1/images/${a.id}`).expect(204);
    expect(await stored()).toContain(sha256(bytes));
    await installation.admin.delete(`/v1/images/${b.id}`).expect(204);
    expect(await stored()).not.toContain(sha256(bytes));
    await installation.admin.get(`/v1/images/${b.id}`).expect(404);
  });

  it("is refused while a machine uses it", async () => {
    const { id } = await announce({ files: ["kernel"] });
    await put(id, "kernel", bzImage("used")).expect(200);
    const { body } = await installation.admin.post("/v1/vms", { image: id }).expect(202);
    const refused = await installation.admin.delete(`/v1/images/${id}`).expect(409);
    expect(refused.body).toMatchObject({ code: "image_in_use", detail: `${body.resources.vm} uses it` });
  });
});

it("lists the catalog's and the project's images", async () => {
  await installation.addImage("debian", { projectId: "proj_system", catalog: true, state: "available" });
  const { body } = await installation.admin.get("/v1/images?limit=100").expect(200);
  expect(body.items.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(["debian", "own"]));
});
