/** Machines by the SDK, on the real server. */
import { createHash } from "node:crypto";
import { ProblemError, TimeoutError, VmStateError, type Worldswitch } from "@worldswitch/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinyGuest } from "../guests/tiny-guest.js";
import { type Installation, startInstallation } from "./installation.js";

let installation: Installation;
let client: Worldswitch;
beforeAll(async () => {
  installation = await startInstallation();
  client = installation.client();
});
afterAll(() => installation?.close());

describe("a machine", () => {
  it("runs once it is created, and is done with each thing before the next", async () => {
    const steps: string[] = [];
    const onProgress = ({ state }: { state: string }) => steps.push(state);
    const vm = await client.vms.create({ image: "tiny", memoryMiB: 32, name: "worker", labels: { team: "lab" } }, { onProgress });
    expect(steps.at(-1)).toBe("succeeded");
    expect(vm).toMatchObject({ name: "worker", state: "running", data: { labels: { team: "lab" }, generation: 1 } });
    await vm.pause();
    expect(vm.state).toBe("paused");
    await vm.resume();
    expect(vm.state).toBe("running");
    await vm.reset();
    await vm.stop();
    expect(vm.state).toBe("stopped");
    await vm.start();
    expect(vm.data).toMatchObject({ state: "running", generation: 2 });
    await vm.delete();
    await expect(vm.refresh()).rejects.toMatchObject({ code: "not_found" });
  });

  it("can be left to come by itself, and waited for", async () => {
    const vm = await client.vms.create({ image: "tiny", memoryMiB: 32 }, { wait: false });
    expect(await vm.wait("running")).toBe("running");
    const operation = await vm.stop({ wait: false });
    expect(operation).toMatchObject({ kind: "vm.stop" });
    expect(await vm.wait(["stopped", "deleted"])).toBe("stopped");
    await vm.delete({ wait: false });
    expect(await vm.wait("deleted")).toBe("deleted");
    await expect(vm.wait("running")).rejects.toThrow(VmStateError);
  });

  it("that does not come to a state in time says in which it is", async () => {
    const vm = await client.vms.create({ image: "tiny", memoryMiB: 32, name: "idle", start: false });
    const late = vm.wait("running", { timeoutMs: 1 });
    await expect(late).rejects.toThrow(TimeoutError);
    await expect(late).rejects.toThrow("idle is still stopped, and not running");
    await expect(vm.sh("true")).rejects.toThrow("idle is stopped: a command needs a running machine");
  });

  it("is found by its name, unless several have it", async () => {
    const one = await client.vms.create({ image: "tiny", name: "twin", start: false });
    expect((await client.vms.find("twin")).id).toBe(one.id);
    expect((await client.vms.find(one.id)).name).toBe("twin");
    const two = await client.vms.create({ image: "tiny", name: "twin", start: false });
    await expect(client.vms.find("twin")).rejects.toThrow(`2 machines are named twin: ${two.id}, ${one.id}`);
    await expect(client.vms.find("nobody")).rejects.toMatchObject({ code: "not_found" });
  });

  it("is renamed only as it was seen, if that is wanted", async () => {
    const vm = await client.vms.create({ image: "tiny", name: "old", start: false });
    const same = await client.vms.get(vm.id);
    await same.update({ name: "new" });
    await expect(vm.update({ name: "newer" }, { ifUnchanged: true })).rejects.toMatchObject({ code: "precondition_failed" });
    await vm.refresh();
    expect((await vm.update({ name: "newer" }, { ifUnchanged: true })).name).toBe("newer");
  });
});

describe("a request whose answer gets lost", () => {
  it("makes one machine, and no second", async () => {
    const swallowed = installation.proxy.swallowNextAnswer();
    const creating = client.vms.create({ image: "tiny", name: "only-one", start: false });
    await swallowed;
    const vm = await creating;
    const named: string[] = [];
    for await (const { id, name } of client.vms.all()) if (name === "only-one") named.push(id);
    expect(named).toEqual([vm.id]);
  });

  it("for a secret is told, and no second token is made", async () => {
    const swallowed = installation.proxy.swallowNextAnswer();
    const creating = client.tokens.create({ name: "secret", role: "viewer" });
    await swallowed;
    await expect(creating).rejects.toMatchObject({ code: "idempotency_not_replayable" });
    const names: string[] = [];
    for await (const { name } of client.tokens.all()) names.push(name);
    expect(names.filter((name) => name === "secret")).toHaveLength(1);
  });
});

describe("an image", () => {
  const kernel = tinyGuest();
  const blob = new Blob([new Uint8Array(kernel)]);
  const sha256 = createHash("sha256").update(kernel).digest("hex");

  it("is uploaded with its progress, and boots", async () => {
    await client.images.create({ name: "mine", kind: "linux", files: ["kernel"] });
    const sent: number[] = [];
    const image = await client.images.upload("mine", "kernel", blob, { sha256, onProgress: (bytes) => sent.push(bytes) });
    expect(image).toMatchObject({ state: "ready", files: [{ role: "kernel", sha256 }] });
    expect(sent.at(-1)).toBe(kernel.length);
    const vm = await client.vms.create({ image: "mine", memoryMiB: 32 });
    expect(vm.state).toBe("running");
    await expect(client.images.delete("mine")).rejects.toMatchObject({ code: "image_in_use" });
  });

  it("whose upload breaks off is sent again from the start", async () => {
    await client.images.create({ name: "cut", kind: "linux", files: ["kernel"] });
    let streams = 0;
    const source = {
      size: kernel.length,
      stream: () =>
        ++streams > 1
          ? blob.stream()
          : new ReadableStream<Uint8Array<ArrayBuffer>>({
              start: (controller) => controller.enqueue(new Uint8Array(kernel.subarray(0, 100))),
              // Asked for more when the first piece is on its way.
              pull: () => installation.proxy.cut(),
            }),
    };
    expect(await client.images.upload("cut", "kernel", source)).toMatchObject({ state: "ready", files: [{ sha256 }] });
    expect(streams).toBe(2);
  });

  it("that arrives otherwise than it was sent is refused", async () => {
    await client.images.create({ name: "wrong", kind: "linux", files: ["kernel"] });
    const upload = client.images.upload("wrong", "kernel", blob, { sha256: "00".repeat(32) });
    await expect(upload).rejects.toMatchObject({ code: "digest_mismatch" });
    await client.images.delete("wrong");
    await expect(client.images.get("wrong")).rejects.toThrow(ProblemError);
  });
});

describe("a token", () => {
  it("without the role is told so", async () => {
    const viewer = installation.client({ token: await installation.token("viewer") });
    await expect(viewer.vms.create({ image: "tiny" })).rejects.toMatchObject({ code: "forbidden", status: 403 });
  });

  it("that is revoked opens nothing any more", async () => {
    const { id, secret } = await client.tokens.create({ name: "brief", role: "viewer" });
    const brief = installation.client({ token: secret });
    await brief.images.get("tiny");
    await client.tokens.revoke(id);
    await expect(brief.images.get("tiny")).rejects.toMatchObject({ code: "unauthorized" });
  });
});

it("an administrator works in the project that is selected", async () => {
  const { id } = await client.projects.create({ name: "elsewhere" });
  const elsewhere = installation.client({ project: "elsewhere" });
  await elsewhere.images.create({ name: "theirs", kind: "linux" });
  await expect(client.images.get("theirs")).rejects.toMatchObject({ code: "not_found" });
  await expect(client.projects.delete(id)).rejects.toMatchObject({ code: "project_not_empty" });
  await elsewhere.images.delete("theirs");
  await client.projects.delete(id);
});
