import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { DeliveryRound } from "../../src/worker/console/delivery-round.js";

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => vi.useRealTimers());

/** Rounds that take so many milliseconds each. */
function rounds(tookMs: number) {
  const served: number[] = [];
  const round = new DeliveryRound(() => {
    served.push(performance.now());
    vi.advanceTimersByTime(tookMs);
  });
  return { round, served };
}

it("serves at once where that takes no time, each time", () => {
  const { round, served } = rounds(0);
  for (let i = 0; i < 3; i++) round.request(1);
  expect(served).toHaveLength(3);
});

it("waits for three times what the last round took, and serves once for all that was asked meanwhile", () => {
  const { round, served } = rounds(10);
  round.request(1);
  for (let i = 0; i < 5; i++) round.request(1);
  expect(served).toHaveLength(1);
  vi.advanceTimersByTime(29);
  expect(served).toHaveLength(1);
  vi.advanceTimersByTime(2);
  expect(served).toHaveLength(2);
  vi.advanceTimersByTime(1000);
  expect(served).toHaveLength(2);
});

it("does not wait with so much that a viewer might be overtaken", () => {
  const { round, served } = rounds(10);
  round.request(1);
  for (let i = 0; i < 4; i++) round.request(64 * 1024);
  expect(served).toHaveLength(5);
  vi.advanceTimersByTime(1000);
  expect(served).toHaveLength(5);
});

it("serves what is due when it is closed, and nothing where nothing is", () => {
  const { round, served } = rounds(10);
  round.request(1);
  round.request(1);
  round.close();
  round.close();
  vi.advanceTimersByTime(1000);
  expect(served).toHaveLength(2);
});
