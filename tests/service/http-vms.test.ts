import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addImage, type Installation, startInstallation } from "./http-installation.js";

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
  await addImage(installation, "tiny");
}, 120_000);
afterAll(() => installation?.close());

describe("creating a machine", () => {
  it("answers 202 with the operation, and a machine that is there at once", async () => {
    const { admin } = installation;
    const created = await admin.post("/v1/vms", { image: "tiny", name: "first", labels: { team: "lab" } }).expect(202);
    expect(created.headers.location).toBe(`/v1/operations/${created.body.id}`);
    expect(created.body).toMatchObject({ kind: "vm.create", state: "queued", mayCancel: true, error: null, projectId: "proj_default" });
    const vm = await admin.get(`/v1/vms/${created.body.resources.vm}`).expect(200);
    expect(vm.body).toMatchObject({
      name: "first",
      state: "creating",
      desiredState: "running",
      image: "img_tiny",
      memoryMiB: 128,
      labels: { team: "lab" },
      generation: 0,
      fault: null,
    });
    await admin.get(created.headers.location).expect(200, created.body);
  });
});
