import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { linkedTo } from "../../src/server/linked-signal.js";

it("is aborted with the longer-lived signal, for its reason", () => {
  const longer = new AbortController();
  const linked = linkedTo(longer.signal);
  expect(linked.signal.aborted).toBe(false);
  longer.abort("closing");
  expect([linked.signal.aborted, linked.signal.reason]).toEqual([true, "closing"]);
  expect(linkedTo(longer.signal).signal.reason).toBe("closing");
});

it("leaves nothing behind on the longer-lived signal when it is aborted itself", () => {
  const longer = new AbortController();
  for (let i = 0; i < 20; i++) linkedTo(longer.signal).abort();
  expect(getEventListeners(longer.signal, "abort")).toEqual([]);
  expect(longer.signal.aborted).toBe(false);
});
