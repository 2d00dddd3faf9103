/** The SDK's console: the tiny guest prints "ready", and echoes what is typed. */
import { ConsoleError, type Vm, type VmConsole } from "@worldswitch/client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { FLOOD_BYTES, READY } from "../guests/tiny-guest.js";
import { type Installation, startInstallation } from "./installation.js";

let installation: Installation;
let vm: Vm;
beforeAll(async () => {
  installation = await startInstallation();
  vm = await installation.tiny();
});
afterAll(() => installation?.close());

const consoles: VmConsole[] = [];
afterEach(async () => {
  installation.proxy.refuse(false);
  for (const opened of consoles.splice(0)) opened.close();
});

function open(...args: Parameters<Vm["console"]>): VmConsole {
  const opened = vm.console(...args);
  consoles.push(opened);
  return opened;
}

function once<Name extends Parameters<VmConsole["on"]>[0]>(opened: VmConsole, name: Name) {
  return new Promise<unknown>((resolve) => {
    const stop = opened.on(name, (event) => {
      stop();
      resolve(event);
    });
  });
}

describe("a console", () => {
  it("replays what is kept, and carries keys", async () => {
    const opened = open();
    expect(await opened.expect(READY)).toEqual({ before: "", match: READY, groups: [] });
    await opened.write("kx1");
    expect(await opened.expect(/k(x)(\d)/)).toEqual({ before: "", match: "kx1", groups: ["x", "1"] });
    expect(opened).toMatchObject({ role: "writer", viewers: 1, position: READY.length + 3 });
  });

  it("is opened by tickets that somebody else makes, without a token, again and again", async () => {
    const role = "writer" as const;
    let asked = 0;
    const ticket = async () => {
      asked++;
      return (await vm.ticket({ stream: "console", role })).path;
    };
    const opened = installation.client({ token: "wst_none" }).console(vm.id, { ticket });
    consoles.push(opened);
    await opened.expect(READY);
    installation.proxy.cut();
    await once(opened, "hello");
    expect(asked).toBe(2);
  });

  it("begins where it is asked to", async () => {
    const opened = open({ from: 2 });
    await opened.expect("ady");
    expect(opened.text.slice(0, 2)).toBe("\r\n");
    expect(await once(open({ from: "end" }), "hello")).toMatchObject({ seq: opened.position });
  });

  it("is a pair of web streams, and an iterator", async () => {
    const opened = open({ from: "end" });
    const [reader, writer] = [opened.readable.getReader(), opened.writable.getWriter()];
    await writer.write("a");
    expect(await reader.read()).toEqual({ done: false, value: new TextEncoder().encode("a") });
    await writer.write(new Uint8Array([0x62]));
    for await (const bytes of opened) {
      expect(bytes).toEqual(new TextEncoder().encode("b"));
      break;
    }
    opened.close();
    expect(await opened.closed).toBeUndefined();
    expect((await reader.read()).value).toEqual(new TextEncoder().encode("b"));
    expect((await reader.read()).done).toBe(true);
    await expect(writer.write("c")).rejects.toThrow("the console was closed");
  });

  it("has one writer, until another takes over", async () => {
    const [first, second] = [open({ from: "end" }), open({ from: "end", role: "viewer" })];
    await once(first, "hello");
    await expect(second.write("x")).rejects.toThrow("this connection may only watch");
    const third = open({ from: "end" });
    await once(third, "hello");
    await expect(third.write("x")).rejects.toThrow(ConsoleError);
    await expect(third.write("x")).rejects.toThrow("somebody else writes on this console");
    const told = once(first, "role");
    await third.takeOver();
    expect(await told).toMatchObject({ role: "viewer", writer: true });
    await third.write("mine");
    await first.expect("mine");
  });

  it("is watched by a token that may do no more", async () => {
    const watcher = installation.client({ token: await installation.token("viewer") });
    const watched = (await watcher.vms.get(vm.id)).console();
    consoles.push(watched);
    await watched.expect(READY);
    expect(watched.role).toBe("viewer");
    await expect(watched.takeOver()).rejects.toThrow("this connection may only watch");
    const wanted = (await watcher.vms.get(vm.id)).console({ role: "writer" });
    await expect(wanted.closed).rejects.toMatchObject({ code: "forbidden" });
  });

  it("is watched by a ticket that allows no more, whoever made it", async () => {
    const ticket = async () => (await vm.ticket({ stream: "console", role: "viewer" })).path;
    const watched = installation.client({ token: "wst_none" }).console(vm.id, { ticket });
    consoles.push(watched);
    expect(await once(watched, "hello")).toMatchObject({ mayWrite: false });
    await expect(watched.takeOver()).rejects.toThrow("this connection may only watch");
    await expect(watched.write("x")).rejects.toThrow("this connection may only watch");
  });

  it("says what it waited for in vain, and what came instead", async () => {
    const opened = open();
    await opened.expect("re");
    await expect(opened.expect("login:", { timeoutMs: 1 })).rejects.toThrow(
      /^login: did not come within 0.001 s; the console ends with "ady/,
    );
  });
});

describe("a connection that is cut", () => {
  it("is opened again, and nothing is missing or comes twice", async () => {
    const opened = open({ from: "end" });
    let seen = "";
    opened.on("data", (bytes) => {
      seen += new TextDecoder().decode(bytes);
    });
    const other = open({ from: "end", role: "viewer" });
    await once(other, "hello");
    let typed = "";
    for (const word of ["ab.", "cd.", "eg.", "hi."]) {
      await opened.write(word);
      typed += word;
      await other.expect(word);
      const lost = once(opened, "lost");
      installation.proxy.cut();
      await lost;
      await once(opened, "hello");
    }
    await opened.write("jk.");
    await opened.expect("jk.");
    expect(seen).toBe(`${typed}jk.`);
  });

  it("goes on with what came meanwhile, however long nobody answers", async () => {
    const [opened, direct] = [open({ from: "end" }), installation.client({ url: installation.served.url })];
    await once(opened, "hello");
    installation.proxy.refuse(true);
    installation.proxy.cut();
    await once(opened, "lost");
    await once(opened, "lost");
    const beside = (await direct.vms.get(vm.id)).console({ from: "end", takeOver: true });
    consoles.push(beside);
    await beside.write("meanwhile");
    await beside.expect("meanwhile");
    beside.close();
    const typed = opened.write("!?".slice(1));
    installation.proxy.refuse(false);
    await opened.expect("meanwhile");
    await typed;
    await opened.expect("?");
  });

  it("that was never open is no reason to wait for ever", async () => {
    const client = installation.client({ retries: 0 });
    const same = await client.vms.get(vm.id);
    installation.proxy.refuse(true);
    installation.proxy.cut();
    await expect(same.console().closed).rejects.toMatchObject({ name: "UnreachableError" });
  });
});

describe("a slow reader", () => {
  it("gets every byte that is still kept, and is told of the rest", async () => {
    const opened = open({ from: "end" });
    const { seq } = (await once(opened, "hello")) as { seq: number };
    let skipped = 0;
    opened.on("skip", ({ from, to }) => {
      skipped += to - from;
    });
    const reader = opened.readable.getReader();
    const keys = open({ from: "end", takeOver: true });
    await keys.write("ff.");
    // Two floods, and a dot behind them.
    await keys.expect("\n.");
    let read = 0;
    let last = 0;
    while (last !== ".".charCodeAt(0)) {
      const { value = new Uint8Array() } = await reader.read();
      read += value.length;
      last = value.at(-1) ?? last;
    }
    expect(seq + read + skipped).toBe(opened.position);
    expect(read + skipped).toBe(2 * (FLOOD_BYTES + 1) + 1);
  });
});

describe("the end of a machine", () => {
  it("is told, and its console goes on with the next start; that of a deleted one is over", async () => {
    vm = await installation.tiny();
    const opened = open();
    await opened.expect(READY);
    const exit = once(opened, "exit");
    await opened.write("!");
    expect(await exit).toMatchObject({ reason: "halted" });
    await vm.wait("stopped");
    await vm.start();
    await opened.expect(READY);
    const over = expect(opened.expect("anything else")).rejects.toThrow("the console is over: the machine is deleted");
    await vm.delete();
    expect(await opened.closed).toBeUndefined();
    await over;
    await expect(open().closed).rejects.toMatchObject({ code: "not_found" });
  });

  it("that comes while the connection is broken is told when it would be back", async () => {
    const lonely = await installation.tiny();
    const opened = lonely.console();
    consoles.push(opened);
    await opened.expect(READY);
    const exit = once(opened, "exit");
    installation.proxy.refuse(true);
    installation.proxy.cut();
    const direct = installation.client({ url: installation.served.url });
    await (await direct.vms.get(lonely.id)).delete();
    installation.proxy.refuse(false);
    expect(await exit).toEqual({ reason: "deleted" });
    expect(await opened.closed).toBeUndefined();
  });
});

describe("a server that is killed and started again", () => {
  it("finds its consoles open, where they were", async () => {
    const { served, proxy } = installation;
    vm = await installation.tiny();
    const opened = open();
    await opened.expect(READY);
    const typed = once(opened, "data");
    await opened.write("abc");
    await typed;
    await served.kill("SIGKILL");
    proxy.cut();
    await served.start();
    proxy.target = new URL(served.url);
    // What ran on the host that was lost is started anew.
    await opened.expect(READY);
    await opened.write("ghi");
    await opened.expect("ghi");
    expect(await vm.wait("running")).toBe("running");
    expect((await vm.refresh()).data.generation).toBe(2);
  });
});
