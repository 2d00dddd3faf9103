import { expect, it } from "vitest";
import { actionsIn } from "../../clients/dashboard/src/machines/states.js";
import { actionTable, vmStates } from "../../src/contract/vm-states.js";

it.each(vmStates)("in state %s only what the service would do is offered", (state) => {
  for (const { name } of actionsIn(state)) expect(actionTable[name][state]).toBe("accept");
});

it.each(vmStates.filter((state) => state !== "creating" && state !== "deleting"))("in state %s something is", (state) => {
  expect(actionsIn(state)).not.toEqual([]);
});
