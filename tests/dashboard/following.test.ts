/** What a project holds, followed by its events: also if the server is not there at first. */
import type { EventsOptions, RouteId, Worldswitch } from "@worldswitch/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Following } from "../../clients/dashboard/src/live/following.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("what cannot be listed at first is listed later, and followed from there", async () => {
  const followed: (number | undefined)[] = [];
  let away = true;
  const client = {
    async request(route: RouteId) {
      if (away) throw new Error("nobody is there");
      return { items: [{ id: `one of ${route}` }], nextCursor: null, eventSeq: 41 };
    },
    events({ from, onOpened }: EventsOptions) {
      followed.push(from);
      onOpened?.();
      return (async function* () {})();
    },
  } as unknown as Worldswitch;
  const following = new Following(client);
  const started = following.start();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(following.machines.failure.value).toEqual(new Error("nobody is there"));
  expect(followed).toEqual([]);
  away = false;
  await vi.advanceTimersByTimeAsync(10_000);
  await started;
  expect(followed).toEqual([41]);
  expect(following.connection.value).toEqual({ state: "live" });
  for (const collection of [following.machines, following.operations, following.images]) expect(collection.items.value).toHaveLength(1);
  following.end();
});

it("nothing is asked for any more once nobody looks", async () => {
  let asked = 0;
  const client = {
    async request() {
      asked++;
      throw new Error("nobody is there");
    },
  } as unknown as Worldswitch;
  const following = new Following(client);
  void following.start();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toBeGreaterThan(2);
  following.end();
  const often = asked;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(often);
});
