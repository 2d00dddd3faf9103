/** The dashboard lives longer than its server's process, and than its network. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Served } from "../service/served.js";
import { launch, noBrowser } from "./chromium.js";
import { Seat } from "./seat.js";

describe.skipIf(noBrowser)(`the dashboard${noBrowser ? `, which cannot be tried: ${noBrowser}` : ""}`, () => {
  let served: Served;
  let browser: Browser;
  let seat: Seat;
  let id: string;

  beforeAll(async () => {
    served = new Served(await mkdtemp(join(tmpdir(), "worldswitch-restart-")));
    await served.start();
    browser = await launch();
    await served.addImage();
    ({ id } = await served.running());
    seat = await Seat.signedIn(browser, served.url, served.token);
    await seat.visit(`machines/${id}`);
    await seat.inConsole("ready");
    await seat.type("hello");
    await seat.inConsole("hello");
  });

  afterAll(async () => {
    await browser?.close();
    try {
      // A guest that does not listen would be waited for.
      await served.act(await served.vm(id), "stop");
    } finally {
      await served.kill("SIGTERM");
      await rm(served.folder, { recursive: true, force: true });
    }
  });

  it("says so when its server is gone, and still shows what was there", async () => {
    await served.kill("SIGKILL");
    await seat.text("The connection to the server is lost; trying again.");
    await seat.consoleSays("Connection lost, trying again");
    await seat.inConsole("hello");
    await seat.shoot("server-gone");
  });

  it("is connected again when the server is back: the console goes on where it was, and takes keys", async () => {
    await served.start();
    await seat.text("Connected again.");
    await seat.consoleSays("You type here");
    await seat.state("running");
    // The machine was started anew by the server: its scrollback is what was there, and the second boot.
    await seat.inConsole("helloready");
    await seat.type("again");
    await seat.inConsole("again");
    await seat.page.getByText("Started", { exact: true }).locator("xpath=..").getByText("2 times").waitFor();
  });

  it("knows after a lost network what has happened meanwhile", async () => {
    await seat.context.setOffline(true);
    // What is open stays open in a browser that is offline; what is asked for fails.
    await seat.press("Pause");
    await seat.text("The server cannot be reached.");
    await served.act(await served.vm(id), "pause");
    await seat.context.setOffline(false);
    await seat.state("paused");
    expect(seat.complaints.filter((complaint) => !complaint.includes("WebSocket"))).toEqual([]);
  });
});
