/** What waits between a stream and whoever takes from it. */
import { expect, it } from "vitest";
import { Queue } from "../../clients/typescript/src/queue.js";

it("whoever waits until all is taken is told when it is", async () => {
  const queue = new Queue<string>();
  const { signal } = new AbortController();
  await queue.untilEmpty(signal);
  queue.put("a");
  queue.put("b");
  const empty = queue.untilEmpty(signal);
  const taken = queue[Symbol.asyncIterator]();
  expect([await taken.next(), await taken.next()].map(({ value }) => value)).toEqual(["a", "b"]);
  await empty;
});

it("whoever waits until all is taken is let go when nobody takes any more", async () => {
  const queue = new Queue<string>();
  const own = new AbortController();
  const reason = new Error("the consumer has left");
  queue.put("a");
  const empty = queue.untilEmpty(own.signal);
  own.abort(reason);
  await expect(empty).rejects.toBe(reason);
});
