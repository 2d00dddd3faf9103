import { expect, it } from "vitest";
import { openRedisQueue } from "../../src/queue/redis.js";
import { noRedis, ownRedis, startRedis } from "./redis-server.js";
import { deferred, startInstallation } from "./worker-installation.js";

it.each([
  [
    "nobody listens",
    "redis://user:not-to-be-told@127.0.0.1:1/2",
    /no Redis that can be used at redis:\/\/127\.0\.0\.1:1\/2: .*ECONNREFUSED/,
  ],
  ["there is no such socket", "/nonexistent/redis.sock?password=not-to-be-told", /at \/nonexistent\/redis\.sock: .*ENOENT/],
])("says at the start that %s, and no password", async (_case, url, message) => {
  const error = await openRedisQueue(url, "none", () => {}).catch((reason: Error) => reason);
  expect(error).toMatchObject({ name: "RedisUnavailable", message: expect.stringMatching(message) });
  expect((error as Error).message).not.toContain("not-to-be-told");
});

it.each([
  "redis://:not/to-be-told@127.0.0.1:1",
  "redis://:not?to-be-told@127.0.0.1:1",
  "redis://user:12/to-be-told@127.0.0.1:1",
  "redis://user:12#to-be-told@127.0.0.1:1",
])("says that a password has to be encoded, and not what it is: %s", async (url) => {
  const error = await openRedisQueue(url, "none", () => {}).catch((reason: Error) => reason);
  expect(error).toMatchObject({
    name: "RedisUnavailable",
    message: expect.stringMatching(/^REDIS_URL cannot be read: .*percent-encoded$/),
  });
});

const unkillable = noRedis ?? (ownRedis ? null : "TEST_REDIS_URL's is not ours to kill");

it.skipIf(unkillable !== null)("does not wait for a Redis that is away, says so, and goes on with an empty one", async () => {
  const redis = await startRedis();
  const errors: Error[] = [];
  const queue = await openRedisQueue(redis.url, "survivor", (error) => errors.push(error));
  const given: string[] = [];
  let taken = deferred<void>();
  const consuming = await queue.consume("host", 1, async (id) => {
    given.push(id);
    taken.resolve();
  });
  await queue.submit("host", "op_1");
  await taken.promise;

  const startAgain = await redis.kill();
  await expect(queue.submit("host", "op_2")).rejects.toThrow();
  await expect(queue.submit("host", "op_2")).rejects.toThrow();
  taken = deferred<void>();
  await startAgain();
  // As the sweeper does.
  const submit = (): Promise<void> =>
    queue.submit("host", "op_2").catch(() => new Promise((resolve) => setImmediate(() => resolve(submit()))));
  await submit();
  await taken.promise;
  expect(given).toEqual(["op_1", "op_2"]);
  expect(errors.length).toBeGreaterThan(0);

  await consuming.close();
  await queue.close();
  await redis.close();
});

it.skipIf(unkillable !== null)("refuses a Redis that may evict a part of what it holds", async () => {
  const redis = await startRedis({ "maxmemory-policy": "allkeys-lru" });
  const refused = openRedisQueue(redis.url, "evicted", () => {});
  await expect(refused).rejects.toThrow("its maxmemory-policy must be noeviction, and it is allkeys-lru");
  await redis.close();
});

it.skipIf(unkillable !== null)("is closed while Redis is away", async () => {
  const redis = await startRedis();
  const queue = await openRedisQueue(redis.url, "closed", () => {});
  const consuming = await queue.consume("host", 1, async () => {});
  await queue.submit("host", "op_1");
  await redis.kill();
  await consuming.close();
  await queue.close();
  await redis.close();
});

it.skipIf(unkillable !== null)("is closed when Redis goes away while a consumer is closing", async () => {
  const redis = await startRedis();
  const queue = await openRedisQueue(redis.url, "closing", () => {});
  const [taken, work] = [deferred<void>(), deferred<void>()];
  const consuming = await queue.consume("host", 1, () => {
    taken.resolve();
    return work.promise;
  });
  await queue.submit("host", "op_1");
  await taken.promise;
  redis.freeze();
  const closed = consuming.close();
  work.resolve();
  await redis.kill();
  await closed;
  await queue.close();
  await redis.close();
});

it.skipIf(unkillable !== null)(
  "an operation is carried out that was accepted while Redis was away, and all that was in it is gone",
  async () => {
    const redis = await startRedis();
    const installation = await startInstallation({}, async () => ({
      env: {},
      open: (onError) => openRedisQueue(redis.url, "lost", onError),
      lose: () => Promise.reject(new Error("it is killed")),
      close: () => redis.close(),
    }));
    const startAgain = await redis.kill();
    const { operation } = await installation.create();
    await expect(installation.queue.submit(operation.hostId, operation.id)).rejects.toThrow();
    await startAgain();
    expect(await installation.ended(operation.id)).toMatchObject({ state: "succeeded" });
    await installation.close();
  },
);

it.skipIf(noRedis !== null)("keeps installations apart that share a Redis", async () => {
  const redis = await startRedis();
  const [one, other] = await Promise.all(["one", "other"].map((name) => openRedisQueue(redis.url, `apart-${name}`, () => {})));
  const given: string[] = [];
  const both = deferred<void>();
  const note = (name: string) => async (id: string) => {
    if (given.push(`${name} ${id}`) === 2) both.resolve();
  };
  const consuming = await Promise.all([one.consume(null, 1, note("one")), other.consume(null, 1, note("other"))]);
  await one.submit(null, "op_1");
  await other.submit(null, "op_2");
  await both.promise;
  expect(given.sort()).toEqual(["one op_1", "other op_2"]);
  for (const consumer of consuming) await consumer.close();
  for (const queue of [one, other]) await queue.close();
  await redis.close();
});
