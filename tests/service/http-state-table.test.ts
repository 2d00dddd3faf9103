import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actionTable, decide, mayFollow, stateOnAccept, transitions, vmActions, vmStates } from "../../src/contract/vm-states.js";
import { type Installation, startInstallation } from "./http-installation.js";

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
  await installation.addImage("tiny");
});
afterAll(() => installation?.close());

let count = 0;

/** A machine in a state, with nothing under way. */
async function machineIn(state: (typeof vmStates)[number]) {
  const fields = { projectId: "proj_default", imageId: "img_tiny", memoryMiB: 64, desiredState: "running" as const };
  return installation.db.vm.create({ data: { id: `vm_${count++}`, name: "m", state, ...fields } });
}

function act(action: string, id: string) {
  const { admin } = installation;
  return action === "delete" ? admin.delete(`/v1/vms/${id}`) : admin.post(`/v1/vms/${id}/${action}`);
}

const edges = vmActions.flatMap((action) => vmStates.map((state) => [action, state, actionTable[action][state]] as const));

describe("every edge of the table, with nothing under way", () => {
  it.each(edges)("%s of a machine that is %s: %s", async (action, state, rule) => {
    const vm = await machineIn(state);
    const answer = await act(action, vm.id);
    const after = await installation.db.vm.findUniqueOrThrow({ where: { id: vm.id } });
    switch (rule) {
      case "accept":
        expect(answer.status).toBe(202);
        expect(answer.body).toMatchObject({ kind: `vm.${action}`, state: "queued", resources: { vm: vm.id } });
        expect(after.state).toBe(stateOnAccept[action] ?? state);
        break;
      case "holds":
        expect(answer.status).toBe(202);
        expect(answer.body).toMatchObject({ kind: `vm.${action}`, state: "succeeded", progress: 1 });
        expect(after.state).toBe(state);
        break;
      case "conflict":
        expect(answer.status).toBe(409);
        expect(answer.body).toMatchObject({ code: "vm_state_conflict", detail: `Cannot ${action}: the machine is ${state}` });
        expect(after.state).toBe(state);
    }
  });
});

describe("while an operation is under way", () => {
  it("the same action is answered by the same operation", async () => {
    const vm = await machineIn("running");
    const first = await act("pause", vm.id).expect(202);
    const second = await act("pause", vm.id).expect(202);
    expect(second.body.id).toBe(first.body.id);
  });

  it("requests at the same moment share one operation", async () => {
    const vm = await machineIn("stopped");
    const answers = await Promise.all([1, 2, 3, 4].map(() => act("start", vm.id)));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await installation.db.operation.count({ where: { vmId: vm.id } })).toBe(1);
  });

  it("another action conflicts", async () => {
    const vm = await machineIn("running");
    await act("reset", vm.id).expect(202);
    expect((await act("pause", vm.id).expect(409)).body.code).toBe("vm_state_conflict");
  });

  it("a create that starts is joined by start, one that does not is not", async () => {
    const create = async (start: boolean) => (await installation.admin.post("/v1/vms", { image: "tiny", start }).expect(202)).body;
    const starting = await create(true);
    expect((await act("start", starting.resources.vm).expect(202)).body.id).toBe(starting.id);
    const resting = await create(false);
    await act("start", resting.resources.vm).expect(409);
  });

  it.each(["stop", "delete"])("%s overrules it", async (action) => {
    const vm = await machineIn("running");
    const shutdown = await act("shutdown", vm.id).expect(202);
    const overruling = await act(action, vm.id).expect(202);
    expect(overruling.body.id).not.toBe(shutdown.body.id);
    const overruled = await installation.admin.get(`/v1/operations/${shutdown.body.id}`).expect(200);
    expect(overruled.body).toMatchObject({ state: "cancelled", error: { code: "superseded" } });
  });
});

describe("the table itself", () => {
  it("never leaves deleting, and lets everything else be deleted or fail", () => {
    expect(transitions.deleting).toEqual([]);
    for (const state of vmStates.filter((each) => each !== "deleting")) {
      expect(mayFollow(state, "deleting")).toBe(true);
      if (state !== "error") expect(mayFollow(state, "error")).toBe(true);
      expect(decide("delete", state, null)).toBe("accept");
    }
  });

  it("takes no action into a state that may not follow", () => {
    for (const [action, state, rule] of edges) {
      const next = stateOnAccept[action] ?? state;
      if (rule === "accept" && next !== state) expect(mayFollow(state, next), `${action} of ${state}`).toBe(true);
    }
  });
});
