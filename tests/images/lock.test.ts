import { stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { withLock } from "../../src/images/lock.js";
import { scratchFolder } from "./scratch-folder.js";

/** Something to wait for, and the means to let it happen. */
function signal() {
  let fire: () => void = () => undefined;
  const fired = new Promise<void>((resolve) => {
    fire = resolve;
  });
  return { fire, fired };
}

it("lets one in at a time, the next when the first is done, and tells who waits", async () => {
  const file = join(await scratchFolder(), "deep", "lock");
  const [inside, release, waiting] = [signal(), signal(), signal()];
  const order: string[] = [];
  const first = withLock(file, async () => {
    inside.fire();
    await release.fired;
    order.push("first");
  });
  await inside.fired;
  const second = withLock(file, async () => order.push("second"), { onWait: waiting.fire });
  await waiting.fired;
  expect(order).toEqual([]);
  release.fire();
  await Promise.all([first, second]);
  expect(order).toEqual(["first", "second"]);
  await expect(stat(file)).rejects.toThrow("ENOENT");
});

it("is released when the work fails, with its error", async () => {
  const file = join(await scratchFolder(), "lock");
  await expect(withLock(file, () => Promise.reject(new Error("no luck")))).rejects.toThrow("no luck");
  expect(await withLock(file, async () => "in")).toBe("in");
});

it("takes over from a holder that no longer renews it", async () => {
  const file = join(await scratchFolder(), "lock");
  const [inside, release] = [signal(), signal()];
  const dead = withLock(file, async () => {
    const longAgo = new Date(Date.now() - 3600_000);
    await utimes(file, longAgo, longAgo);
    inside.fire();
    await release.fired;
  });
  await inside.fired;
  expect(await withLock(file, async () => "in")).toBe("in");
  release.fire();
  await dead;
});

it("stops waiting when it is aborted", async () => {
  const file = join(await scratchFolder(), "lock");
  const [inside, release] = [signal(), signal()];
  const first = withLock(file, async () => {
    inside.fire();
    await release.fired;
  });
  await inside.fired;
  const abort = new AbortController();
  const second = withLock(file, async () => "in", { signal: abort.signal, onWait: () => abort.abort() });
  await expect(second).rejects.toMatchObject({ name: "AbortError" });
  release.fire();
  await first;
});
