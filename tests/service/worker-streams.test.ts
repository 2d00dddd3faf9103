import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { clusterSecret, startInstallation, type WorkerInstallation } from "./worker-installation.js";

let installation: WorkerInstallation;
const sockets: Viewer[] = [];
beforeAll(async () => {
  installation = await startInstallation();
});
afterAll(() => installation?.close());
afterEach(() => {
  for (const { socket } of sockets.splice(0)) socket.terminate();
});

const headers = { Authorization: `Bearer ${clusterSecret}` };
const url = (path: string) => installation.worker.streamUrl + path;

/** A WebSocket that remembers what came. */
class Viewer {
  readonly socket: WebSocket;
  bytes = Buffer.alloc(0);
  readonly control: Record<string, unknown>[] = [];
  private stir: () => void = () => {};

  constructor(path: string, subprotocol: string | null = "console.v1") {
    this.socket = new WebSocket(url(path).replace("http", "ws"), subprotocol ?? [], { headers });
    this.socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) this.bytes = Buffer.concat([this.bytes, data]);
      else this.control.push(JSON.parse(data.toString()));
      this.stir();
    });
    sockets.push(this);
  }

  async until(seen: () => boolean): Promise<void> {
    while (!seen()) {
      await new Promise<void>((resolve) => {
        this.stir = resolve;
      });
    }
  }

  async opened(): Promise<this> {
    await this.until(() => this.control.length > 0);
    return this;
  }

  says(text: string): Promise<void> {
    return this.until(() => this.bytes.toString().includes(text));
  }

  hears(fields: Record<string, unknown>): Promise<void> {
    return this.until(() => this.control.some((message) => Object.entries(fields).every(([name, value]) => message[name] === value)));
  }
}

async function refused(path: string, options: { headers?: Record<string, string>; subprotocol?: string } = {}): Promise<number> {
  const socket = new WebSocket(url(path).replace("http", "ws"), options.subprotocol ?? "console.v1", {
    headers: options.headers ?? headers,
  });
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  response.destroy();
  return response.statusCode;
}

const consoleOf = (vm: { id: string }, query = "role=writer") => `/vms/${vm.id}/console?${query}`;

describe("a console", () => {
  it("greets, replays the scrollback, and carries keys and output", async () => {
    const { vm } = await installation.created("greets=hello echoes");
    const viewer = await new Viewer(consoleOf(vm)).opened();
    expect(viewer.control[0]).toEqual({ type: "hello", seq: 0, mayWrite: true, role: "writer", writer: true, viewers: 1 });
    await viewer.says("hello");
    viewer.socket.send(Buffer.from(" typed"));
    await viewer.says("hello typed");
    const late = await new Viewer(consoleOf(vm, "role=viewer")).opened();
    await late.says("hello typed");
    expect(late.control[0]).toEqual({ type: "hello", seq: 0, mayWrite: false, role: "viewer", writer: true, viewers: 2 });
  });

  it("begins where it is told to", async () => {
    const { vm } = await installation.created("greets=0123456789 echoes");
    const first = await new Viewer(consoleOf(vm)).opened();
    await first.says("0123456789");
    const middle = await new Viewer(consoleOf(vm, "from=4")).opened();
    const end = await new Viewer(consoleOf(vm, "from=end")).opened();
    expect([middle.control[0].seq, end.control[0].seq]).toEqual([4, 10]);
    first.socket.send(Buffer.from("x"));
    await Promise.all([middle.says("x"), end.says("x")]);
    expect([middle.bytes.toString(), end.bytes.toString()]).toEqual(["456789x", "x"]);
  });

  it("hands the writing over on request, and tells everybody", async () => {
    const { vm } = await installation.created("echoes");
    const first = await new Viewer(consoleOf(vm)).opened();
    const second = await new Viewer(consoleOf(vm)).opened();
    expect(second.control[0]).toMatchObject({ role: "viewer", viewers: 2 });
    second.socket.send(Buffer.from("ignored"));
    second.socket.send(JSON.stringify({ type: "take_over" }));
    await second.hears({ type: "role", role: "writer" });
    await first.hears({ type: "role", role: "viewer" });
    second.socket.send(Buffer.from("taken over"));
    await first.says("taken over");
    expect(first.bytes.toString()).toBe("taken over");
    second.socket.close();
    await first.hears({ type: "role", role: "writer", viewers: 1 });
  });

  it("never lets a viewer without the role take over", async () => {
    const { vm } = await installation.created("echoes");
    const viewer = await new Viewer(consoleOf(vm, "role=viewer")).opened();
    viewer.socket.send(JSON.stringify({ type: "take_over" }));
    viewer.socket.send(Buffer.from("nothing"));
    const writer = await new Viewer(consoleOf(vm)).opened();
    expect(writer.control[0]).toMatchObject({ role: "writer" });
    writer.socket.send(Buffer.from("mine"));
    await viewer.says("mine");
    expect(viewer.bytes.toString()).toBe("mine");
  });

  it("stays open across a stop and a start, with offsets that go on, until the vm is deleted", async () => {
    const { vm } = await installation.created("greets=boot.");
    const viewer = await new Viewer(consoleOf(vm)).opened();
    await viewer.says("boot.");
    await installation.run(vm.id, "stop");
    await viewer.hears({ type: "exit", reason: "stopped" });
    await installation.run(vm.id, "start");
    await viewer.says("boot.boot.");
    const closed = once(viewer.socket, "close");
    await installation.run(vm.id, "delete");
    await viewer.hears({ type: "exit", reason: "deleted" });
    expect((await closed)[0]).toBe(1000);
  });

  it("skips a viewer forward that doesn't read, tells it so, and slows nobody", async () => {
    const { vm } = await installation.created("echoes");
    const slow = await new Viewer(consoleOf(vm, "role=viewer")).opened();
    slow.socket.pause();
    const quick = await new Viewer(consoleOf(vm)).opened();
    const block = Buffer.alloc(60 * 1024, "y");
    const total = 400 * block.length;
    for (let sent = 0; sent < total; sent += block.length) quick.socket.send(block);
    await quick.until(() => quick.bytes.length === total);
    slow.socket.resume();
    await slow.hears({ type: "skip" });
    const skipped = () =>
      slow.control.filter(({ type }) => type === "skip").reduce((sum, { from, to }) => sum + (to as number) - (from as number), 0);
    await slow.until(() => slow.bytes.length + skipped() === total);
    expect(skipped()).toBeGreaterThan(0);
  });

  it("loses no key of a large paste into a guest that takes its time", async () => {
    const { vm } = await installation.created("echoes slow-reader");
    const writer = await new Viewer(consoleOf(vm)).opened();
    const paste = Buffer.from(Array.from({ length: 300_000 }, (_, i) => 32 + (i % 90)));
    for (let at = 0; at < paste.length; at += 50_000) writer.socket.send(paste.subarray(at, at + 50_000));
    // The guest takes input only when it is asked for statistics.
    while (writer.bytes.length < paste.length) await installation.worker.supervisor.get(vm.id)?.stats();
    expect(writer.bytes.equals(paste)).toBe(true);
  });

  it("is a bare terminal without a subprotocol", async () => {
    const { vm } = await installation.created("greets=hello echoes");
    const viewer = new Viewer(consoleOf(vm, "role=writer&eol=1"), null);
    await viewer.says("hello");
    viewer.socket.send("text");
    await viewer.says("text\n");
    expect(viewer.control).toEqual([]);
  });

  it("of the second port is another one", async () => {
    const { vm } = await installation.created("greets=hello echoes");
    const viewer = await new Viewer(consoleOf(vm, "role=writer&port=1")).opened();
    viewer.socket.send(Buffer.from("two"));
    await viewer.says("two");
    expect(viewer.bytes.toString()).toBe("two");
  });

  it("can be read as a log, also when the machine has stopped", async () => {
    const { vm } = await installation.created("greets=hello");
    await installation.run(vm.id, "stop");
    const response = await fetch(url(`/vms/${vm.id}/console/log?from=2`), { headers });
    expect([response.status, response.headers.get("console-offset"), await response.text()]).toEqual([200, "2", "llo"]);
  });

  it("ends a connection that sends rubbish, and no other", async () => {
    const { vm } = await installation.created("echoes");
    const good = await new Viewer(consoleOf(vm)).opened();
    const bad = await new Viewer(consoleOf(vm)).opened();
    const closed = once(bad.socket, "close");
    bad.socket.send("rubbish");
    expect((await closed)[0]).toBe(1008);
    good.socket.send(Buffer.from("fine"));
    await good.says("fine");
  });
});

describe("statistics", () => {
  it("are sampled, with the state of the vm", async () => {
    const { vm } = await installation.created();
    const running = await (await fetch(url(`/vms/${vm.id}/stats`), { headers })).json();
    expect(running).toMatchObject({ state: "running", generation: 1, stats: { guestTimeMs: 1 } });
    await installation.run(vm.id, "stop");
    const stopped = await (await fetch(url(`/vms/${vm.id}/stats`), { headers })).json();
    expect(stopped).toMatchObject({ state: "stopped", stats: null });
  });

  it("are streamed until the vm is deleted", async () => {
    const { vm } = await installation.created();
    const viewer = new Viewer(`/vms/${vm.id}/stats?interval=100`, "stats.v1");
    await viewer.until(() => viewer.control.length >= 2);
    expect(viewer.control[1]).toMatchObject({ state: "running", stats: { guestTimeMs: 1 } });
    const closed = once(viewer.socket, "close");
    await installation.run(vm.id, "delete");
    expect((await closed)[0]).toBe(1000);
  });
});

describe("refuses", () => {
  it("whoever doesn't know the secret", async () => {
    const { vm } = await installation.created();
    expect(await refused(consoleOf(vm), { headers: {} })).toBe(401);
    expect(await refused(consoleOf(vm), { headers: { Authorization: "Bearer wrong" } })).toBe(401);
    expect((await fetch(url(`/vms/${vm.id}/stats`))).status).toBe(401);
  });

  it("a vm that isn't here", async () => {
    expect(await refused("/vms/vm_none/console")).toBe(404);
    expect((await fetch(url("/vms/vm_none/stats"), { headers })).status).toBe(404);
    expect((await fetch(url("/elsewhere"), { headers })).status).toBe(404);
  });

  it.each(["port=2", "from=x", "from=-1"])("%s", async (query) => {
    const { vm } = await installation.created("", { start: false });
    expect(await refused(consoleOf(vm, query))).toBe(400);
  });

  it("a subprotocol that it doesn't speak, and a console without an upgrade", async () => {
    const { vm } = await installation.created("", { start: false });
    expect(await refused(consoleOf(vm), { subprotocol: "other" })).toBe(400);
    expect((await fetch(url(consoleOf(vm)), { headers })).status).toBe(426);
  });
});
