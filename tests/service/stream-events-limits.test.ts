/** What followers of events may cost: none is waited for, each is counted, and silence is kept alive. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adminToken, type Installation, startInstallation } from "./http-installation.js";
import { until } from "./served.js";
import { SseClient } from "./sse-client.js";
import { refusedUpgrade, StreamClient } from "./stream-client.js";

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation({ commentMs: 10, stalledMs: 100, maxStreams: 1 });
});
afterAll(() => installation?.close());

const url = () => `${installation.url}/v1/events?from=0`;
const openSse = () => SseClient.open(url(), { Authorization: `Bearer ${adminToken}` });
const openSocket = () => StreamClient.open(url(), { token: adminToken });

const openStreams = async (): Promise<number> => {
  const { text } = await installation.admin.get("/metrics").expect(200);
  return Number(/^worldswitch_streams\{stream="events"\} (\d+)$/m.exec(text)?.[1] ?? 0);
};

describe("server-sent events", () => {
  it("are kept alive by comments while nothing happens", async () => {
    const client = await openSse();
    await client.until((text) => text.endsWith(":\n\n:\n\n"));
    client.close();
    await until(async () => (await openStreams()) === 0);
  });

  it("count among the project's open streams, until they close", async () => {
    const client = await openSse();
    expect(await openStreams()).toBe(1);
    expect((await refusedUpgrade(url(), { token: adminToken })).body.code).toBe("rate_limited");
    expect((await installation.admin.get("/v1/events")).body.code).toBe("rate_limited");
    client.close();
    await until(async () => (await openStreams()) === 0);
    (await openSocket()).close();
    await until(async () => (await openStreams()) === 0);
  });
});

describe("who follows and takes nothing is cut off", () => {
  beforeAll(async () => {
    // More than the buffers of two sockets hold.
    const event = { projectId: "proj_default", type: "vm.updated", subject: "vm_1", data: { filling: "x".repeat(1024 * 1024) } };
    await installation.db.event.createMany({ data: Array.from({ length: 24 }, (_, i) => ({ ...event, id: `evt_${i}` })) });
  });

  it("by server-sent events", async () => {
    const client = await openSse();
    client.response.pause();
    await until(async () => (await openStreams()) === 0);
    client.close();
  });

  it("by WebSocket", async () => {
    const client = await openSocket();
    client.socket.pause();
    await until(async () => (await openStreams()) === 0);
    client.socket.terminate();
  });
});
