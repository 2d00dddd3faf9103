/** A console in a page of somebody else's: api/embed-example.html and its server, as they are. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Vm } from "@worldswitch/client";
import type { Browser, Frame } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Installation, startInstallation } from "../clients/installation.js";
import { until } from "../service/served.js";
import { seriousFaults } from "./axe.js";
import { launch, noBrowser } from "./chromium.js";
import { Seat } from "./seat.js";

const example = fileURLToPath(new URL("../../api/embed-example.mjs", import.meta.url));

/** The origin has to be known to the service before the example listens there. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe.skipIf(noBrowser)(`an embedded console${noBrowser ? `, which cannot be tried: ${noBrowser}` : ""}`, () => {
  let installation: Installation;
  let browser: Browser;
  let vm: Vm;
  let server: ChildProcess;
  let address: string;
  let seat: Seat;
  let frame: Frame;

  beforeAll(async () => {
    const port = await freePort();
    installation = await startInstallation({ WORLDSWITCH_EMBED_ORIGINS: `http://127.0.0.1:${port}` });
    browser = await launch();
    vm = await installation.tiny();
    const env = { WORLDSWITCH_URL: installation.proxy.url, WORLDSWITCH_TOKEN: installation.served.token, VM: vm.id, PORT: String(port) };
    server = spawn(process.execPath, [example], { env, stdio: ["ignore", "pipe", "inherit"] });
    if (!server.stdout) throw new Error("no pipe");
    [address] = (await once(createInterface({ input: server.stdout }), "line")) as [string];
    seat = await Seat.take(browser);
    await seat.page.goto(address);
    const own = () => seat.page.frames().find((each) => each.url().startsWith(installation.proxy.url));
    await until(async () => own() !== undefined);
    frame = own() as Frame;
  });

  afterAll(async () => {
    await browser?.close();
    server?.kill();
    await installation?.close();
  });

  it("shows what the machine says and takes keys, by a ticket that leaves the address", async () => {
    await seat.inConsole("ready", frame);
    await seat.type("hello", frame);
    await seat.inConsole("hello", frame);
    expect(frame.url()).not.toContain("ticket");
    expect(await seriousFaults(seat.page)).toEqual([]);
    await seat.shoot("embedded");
  });

  it("goes on by another ticket when its connection broke", async () => {
    installation.proxy.refuse(true);
    installation.proxy.cut();
    await frame.getByText("Connection lost, trying again").waitFor();
    installation.proxy.refuse(false);
    await frame.getByText("You type here").waitFor();
    await seat.type(" again", frame);
    await seat.inConsole("hello again", frame);
  });

  it("says so when the machine is deleted", async () => {
    await vm.delete();
    await frame.getByText("The machine is deleted; this is what it said last").waitFor();
    expect(seat.complaints.filter((complaint) => !complaint.includes("WebSocket"))).toEqual([]);
  });

  it("opens nothing but a console of its own server", async () => {
    const other = await Seat.take(browser);
    for (const path of [
      "",
      "/v1/vms/vm_1/stats?ticket=x",
      "//other.example/v1/vms/vm_1/console?ticket=x",
      "/v1/vms/vm_1/console?ticket=x&from=0",
    ]) {
      await other.page.goto("about:blank");
      await other.page.goto(`${installation.served.url}/embed.html#${path}`);
      await other.text("This address has no ticket behind its #");
    }
    await other.leave();
  });

  it("offers only to watch by a ticket for no more, and says that it is used up where nobody gives another", async () => {
    const machine = await installation.tiny();
    const { path } = await machine.ticket({ stream: "console", role: "viewer" });
    const other = await Seat.take(browser);
    const open = async () => {
      await other.page.goto("about:blank");
      await other.page.goto(`${installation.served.url}/embed.html#${path}`);
    };
    await open();
    await other.inConsole("ready");
    await other.consoleSays("You watch: you may not type here");
    expect(await other.page.getByRole("button", { name: "Take over" }).count()).toBe(0);
    await open();
    await other.text("This console's ticket is used up. Load the page around it again.");
    await other.leave();
  });
});
